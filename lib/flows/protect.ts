import { addCookies, seeOther } from '../answers';
import type { Deps } from '../deps';
import { RequestError } from '../errors';
import { prolongedIdleEnd } from '../policy/freshness';
import { isPrefetch, requestKind } from '../policy/request-kind';
import { isFresh, isPublic, meets, rulesFor } from '../policy/rules';
import { cookieNames, withoutCookie } from '../session/cookies';
import { sealSession } from '../session/session';
import { isLooping } from '../session/trips';
import type { Answer, Continue, Session, Visit } from '../types';
import { loginUrl, startLogin } from './login';
import { type Resolved, resolveSession } from './renew';

/**
 * Everything that is not below `/auth/`: lets a request through to the site, or answers in the way that its kind
 * understands (contract section 2).
 *
 * @param readings the canonical readings of the path
 */
export async function protect(visit: Visit, readings: readonly string[], deps: Deps): Promise<Answer> {
  const applicable = rulesFor(deps.rules, readings);
  if (isPublic(applicable))
    return letThrough(visit, await resolveSession(visit, deps).catch(() => nobody(visit, deps)));
  const resolved = await resolveSession(visit, deps, { fresh: isFresh(applicable) });
  const { session } = resolved;
  if (session === null) return askToSignIn(visit, resolved, deps);
  const unmet = applicable.find((rule) => !meets(rule, session));
  if (unmet) {
    deps.log({ event: 'access_refused', ref: visit.ref, rule: unmet.path });
    throw new RequestError('FORBIDDEN');
  }
  const { cookies } = resolved;
  return letThrough(visit, {
    ...resolved,
    cookies: cookies.length > 0 ? cookies : await prolonged(session, visit, deps),
  });
}

/**
 * Through to the site. What depends on the session is nobody else's: no cache may keep it, prerendered pages included.
 * An anonymous visitor's public page stays as cacheable as the site made it.
 */
function letThrough(visit: Visit, { session, cookies, requestCookie }: Resolved): Continue {
  const headers = new Headers();
  const deletions = isPrefetch(visit.request.headers) ? [] : cookies;
  if (session || deletions.length > 0) {
    headers.set('cache-control', 'private, no-store');
    headers.set('vary', 'Cookie');
  }
  for (const cookie of deletions) headers.append('set-cookie', cookie);
  return { continue: true, headers, ...(requestCookie !== undefined && { requestCookie }) };
}

/** A public page is shown in any case: to a stranger, when nobody can say now whether the session goes on. */
const nobody = ({ request }: Visit, { config }: Deps): Resolved => ({
  session: null,
  cookies: [],
  requestCookie: withoutCookie(request.headers.get('cookie'), cookieNames(config).session),
});

/** Nobody is signed in: each kind of request is told so in the way that ends at the sign-in page and not in an error. */
async function askToSignIn(visit: Visit, { cookies }: Resolved, deps: Deps): Promise<Response> {
  const { request, url } = visit;
  const kind = requestKind(request);
  const here = url.pathname + url.search;
  if (kind === 'document') {
    const cookieHeader = request.headers.get('cookie');
    if (await isLooping(cookieHeader, Math.floor(deps.now() / 1000), deps))
      throw new RequestError('LOGIN_LOOP').with({ cookies, loginUrl: loginUrl(here, deps) });
    return addCookies(await startLogin(visit, here, {}, deps), cookies);
  }
  if (kind === 'action')
    return new Response(null, { status: 303, headers: { 'x-action-redirect': `${loginUrl(here, deps)};push` } });
  const fromPage = loginUrl(request.headers.get('referer'), deps);
  if (kind === 'form') return seeOther(new URL(fromPage, deps.config.canonicalOrigin), cookies);
  throw new RequestError('UNAUTHENTICATED').with({
    cookies: isPrefetch(request.headers) ? [] : cookies,
    loginUrl: fromPage,
  });
}

/** A new session cookie when activity has moved the idle end far enough; never on a prefetch, which is no activity. */
async function prolonged(session: Session, { request }: Visit, deps: Deps): Promise<readonly string[]> {
  if (isPrefetch(request.headers)) return [];
  const now = Math.floor(deps.now() / 1000);
  const idleEndsAt = prolongedIdleEnd(session, deps.config.idleSeconds, now);
  return idleEndsAt === null ? [] : [(await sealSession({ ...session, idleEndsAt }, now, deps)).setCookie];
}
