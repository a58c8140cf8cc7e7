import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { requestKind } from '../next/request-kind.ts';
import { actionRedirect } from '../next/server-action.ts';
import { viewOf } from '../pages/look.ts';
import type { OnwardPhrase } from '../pages/texts.ts';
import { pathOf, pathOnSite } from '../policy/return-to.ts';
import type { StepUp } from '../policy/rules.ts';
import { addCookies, goOn, seeOther } from '../responses.ts';
import { isLooping } from '../session/loop-guard.ts';
import type { RequestContext } from '../types/request.ts';
import { type Resolved, writable } from './current-session.ts';
import { loginPath, loginUrl, startLogin } from './login.ts';

/**
 * There is no session, or a stronger sign-in is needed: each kind of request is answered in the way that ends at the sign-in
 * page and not in an error.
 *
 * @throws {RequestError} the problem, to a request that a program made
 */
export async function askToSignIn(
  context: RequestContext,
  resolved: Resolved,
  stepUp: StepUp,
  deps: Deps,
  problem: RequestError,
): Promise<Response> {
  const { request, url } = context;
  const cookies = writable(context, resolved);
  const kind = requestKind(request);
  const here = pathOf(url);
  if (kind === 'document') {
    const cookieHeader = request.headers.get('cookie');
    // A browser with a session keeps cookies; how often a person steps up is theirs to decide.
    const { session } = resolved;
    if (session === null && (await isLooping(cookieHeader, Math.floor(deps.now() / 1000), deps)))
      throw new RequestError('LOGIN_LOOP').with({ cookies, loginUrl: loginUrl(here, context, deps, stepUp) });
    return addCookies(await startLogin(context, here, stepUp, deps, session), cookies);
  }
  if (kind === 'action') {
    return addCookies(actionRedirect(loginPath(here, context, deps, stepUp)), cookies);
  }
  const referer = pathOnSite(request.headers.get('referer'), deps.settings.site.canonicalOrigin);
  const fromPage = loginUrl(referer, context, deps, stepUp);
  if (kind === 'form')
    return afterForm(new URL(fromPage, deps.settings.site.canonicalOrigin), 'signInFirst', cookies, context, deps);
  throw problem.with({ cookies, loginUrl: fromPage });
}

/** The form went to this site, and the redirects after it end at the provider. */
export function afterForm(
  target: URL,
  why: OnwardPhrase,
  cookies: readonly string[],
  context: RequestContext,
  { settings, look }: Pick<Deps, 'settings' | 'look'>,
): Response {
  if (settings.site.formRedirects === 'redirect') return seeOther(target, cookies);
  return goOn(target, why, viewOf(context, look), cookies);
}
