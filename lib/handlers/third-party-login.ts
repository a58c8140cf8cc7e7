import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { viewOf } from '../pages/look.ts';
import { otherAccountPage } from '../pages/other-account.ts';
import { hintsAt } from '../policy/login-hint.ts';
import { pathOnSite } from '../policy/return-to.ts';
import { see } from '../protocol/failure.ts';
import { namesIssuer } from '../protocol/issuer.ts';
import { addCookies, page, seeOther } from '../responses.ts';
import type { RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';
import type { Settings } from '../types/settings.ts';

/** A session, and the `Set-Cookie` values that belong to it; none where it cannot be known now whether it lives. */
export interface KnownSession {
  readonly session: Session | null;
  readonly cookies: readonly string[];
}

/** A parameter that may be there once (RFC 6749 §3.1). */
export function once(name: string, parameters: URLSearchParams): string | null {
  const [value = null, ...more] = parameters.getAll(name);
  if (more.length > 0) throw new RequestError('BAD_REQUEST', { reason: `doubled ${name}` });
  return value;
}

/**
 * Where a third-party-initiated login leads, to be checked as `returnTo`.
 *
 * @throws {RequestError} `ISSUER_MISMATCH` when the other site names an issuer that is not this site's (OIDC Core §4)
 */
export function targetOf(iss: string, parameters: URLSearchParams, { provider, site }: Settings): string | null {
  const target = once('target_link_uri', parameters);
  if (!namesIssuer(iss, provider))
    throw new RequestError('ISSUER_MISMATCH', {
      reason: see('iss of a third-party login is another issuer', 'SSO_ISSUER, SSO_TENANTS'),
    });
  return pathOnSite(target, site.canonicalOrigin) ?? target;
}

/**
 * Another site asks for a sign-in while a session is alive: nothing starts. Where it asks for another account, a page asks
 * the person; its link is a navigation of this site, which starts the sign-in.
 *
 * @param asked the `login_hint`, and the URL that starts the sign-in with it
 */
export function answerSignedIn(
  { session, cookies }: KnownSession,
  target: string,
  { hint, url }: { readonly hint: string | undefined; readonly url: string },
  context: RequestContext,
  { settings, look }: Pick<Deps, 'settings' | 'look'>,
): Response {
  if (!session || hint === undefined || hintsAt(hint, session))
    return seeOther(new URL(target, settings.site.canonicalOrigin), cookies);
  const { name, email } = session.claims;
  const known = [name, email].find((claim): claim is string => typeof claim === 'string' && claim !== '');
  return addCookies(
    page(viewOf(context, look), (frame) => otherAccountPage({ ...frame, loginUrl: url, target, name: known })),
    cookies,
  );
}
