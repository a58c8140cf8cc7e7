import { addCookies, seeOther } from '../answers';
import type { Deps } from '../deps';
import { RequestError } from '../errors';
import { prolongedIdleEnd } from '../policy/freshness';
import { isPrefetch, requestKind } from '../policy/request-kind';
import { isFresh, openness, rulesFor, type StepUp, stepUpOf, verdict } from '../policy/rules';
import { cookieNames, withoutCookie } from '../session/cookies';
import { sealSession } from '../session/session';
import { isLooping } from '../session/trips';
import type { Answer, Continue, Rule, Session, Visit } from '../types';
import { loginUrl, startLogin } from './login';
import { type Resolved, resolveSession } from './renew';

/**
 * Everything that is not below `/auth/`: lets a request through to the site, or answers in the way that its kind
 * understands (contract section 2).
 *
 * @param readings the canonical readings of the path
 */
export async function protect(visit: Visit, readings: readonly string[], deps: Deps): Promise<Answer> {
  const applicable = rulesFor(deps.rules, readings, visit.request.method);
  const open = openness(applicable);
  if (open === 'public') return letThrough(visit, nobody(visit, deps));
  if (open === 'optional') return letThrough(visit, await resolveSession(visit, deps).catch(() => nobody(visit, deps)));
  const resolved = await resolveSession(visit, deps, { fresh: isFresh(applicable) });
  const { session } = resolved;
  const stepUp = stepUpOf(applicable);
  if (session === null) {
    refused('no_session', applicable[0], visit, deps);
    return askToSignIn(visit, resolved, stepUp, deps, new RequestError('UNAUTHENTICATED'));
  }
  const now = Math.floor(deps.now() / 1000);
  const unmet = (wanted: string) => applicable.find((rule) => verdict(rule, session, now) === wanted);
  const forbidding = unmet('forbidden');
  if (forbidding) {
    refused('not_met', forbidding, visit, deps);
    throw new RequestError('FORBIDDEN').with({ cookies: writable(visit, resolved) });
  }
  const demanding = unmet('step-up');
  if (demanding) {
    refused('step_up', demanding, visit, deps);
    const challenge = stepUpChallenge(stepUp);
    return askToSignIn(visit, resolved, stepUp, deps, new RequestError('STEP_UP_REQUIRED', { challenge }));
  }
  const { cookies } = resolved;
  return letThrough(visit, {
    ...resolved,
    cookies: cookies.length > 0 ? cookies : await prolonged(session, visit, deps),
  });
}

const refused = (why: 'no_session' | 'not_met' | 'step_up', rule: Rule | undefined, { ref }: Visit, { log }: Deps) =>
  log({ event: 'access_refused', ref, rule: rule?.path ?? '/*', why });

/** RFC 9470 §3: what a program has to ask of the authorization server before it comes back. */
const stepUpChallenge = (stepUp: StepUp): string =>
  Object.entries({ error: 'insufficient_user_authentication', ...stepUp }).reduce(
    (challenge, [name, value], place) => `${challenge}${place ? ',' : ''} ${name}="${value}"`,
    'Bearer',
  );

const PERSONAL = [
  ['cache-control', 'private, no-store'],
  ['vary', 'Cookie'],
] as const;

/**
 * Through to the site. What depends on the session is nobody else's: no cache may keep it, prerendered pages included.
 * An anonymous visitor's public page stays as cacheable as the site made it.
 */
function letThrough(visit: Visit, resolved: Resolved): Continue {
  const { session, requestCookie } = resolved;
  const written = writable(visit, resolved);
  const headers = [
    ...(session || written.length > 0 ? PERSONAL : []),
    ...written.map((cookie) => ['set-cookie', cookie] as const),
  ];
  return { continue: true, headers, ...(requestCookie !== undefined && { requestCookie }) };
}

/**
 * The cookies that an answer may carry: none on a prefetch, which is nobody's wish, and none below `/_next/`, where
 * Next's image optimizer writes a `Cache-Control` of its own over ours and a cache would give them to everybody. A
 * cookie that is over is not deleted by the answer to a script: Next hides whether that is its own prefetch, and the
 * next document does it.
 */
function writable({ request, pathname }: Visit, { session, cookies }: Resolved): readonly string[] {
  const byScript = request.headers.get('sec-fetch-dest') === 'empty' && !request.headers.has('next-action');
  if (isPrefetch(request.headers) || pathname.startsWith('/_next/') || (session === null && byScript)) return [];
  return cookies;
}

/**
 * Nobody, whatever the cookies say: on a public path, whose answer shall be the same for all, and on an optional one when
 * nobody can say now whether the session goes on.
 */
function nobody({ request }: Visit, { config }: Deps): Resolved {
  const sent = request.headers.get('cookie');
  const { session: name } = cookieNames(config);
  const hidden = sent?.includes(`${name}=`) ? { requestCookie: withoutCookie(sent, name) } : {};
  return { session: null, cookies: [], ...hidden };
}

/**
 * Nobody is signed in, or not well enough: each kind of request is told so in the way that ends at the sign-in page and
 * not in an error.
 */
async function askToSignIn(
  visit: Visit,
  resolved: Resolved,
  stepUp: StepUp,
  deps: Deps,
  problem: RequestError,
): Promise<Response> {
  const { request, url } = visit;
  const cookies = writable(visit, resolved);
  const kind = requestKind(request);
  const here = url.pathname + url.search;
  if (kind === 'document') {
    const cookieHeader = request.headers.get('cookie');
    if (await isLooping(cookieHeader, Math.floor(deps.now() / 1000), deps))
      throw new RequestError('LOGIN_LOOP').with({ cookies, loginUrl: loginUrl(here, visit, deps, stepUp) });
    return addCookies(await startLogin(visit, here, stepUp, deps), cookies);
  }
  if (kind === 'action') {
    const redirect = `${loginUrl(here, visit, deps, stepUp)};push`;
    return addCookies(new Response(null, { status: 303, headers: { 'x-action-redirect': redirect } }), cookies);
  }
  const fromPage = loginUrl(request.headers.get('referer'), visit, deps, stepUp);
  if (kind === 'form') return seeOther(new URL(fromPage, deps.config.canonicalOrigin), cookies);
  throw problem.with({ cookies, loginUrl: fromPage });
}

/** A new session cookie when activity has moved the idle end far enough; never on a prefetch, which is no activity. */
async function prolonged(session: Session, { request }: Visit, deps: Deps): Promise<readonly string[]> {
  if (isPrefetch(request.headers)) return [];
  const now = Math.floor(deps.now() / 1000);
  const idleEndsAt = prolongedIdleEnd(session, deps.config.idleSeconds, now);
  return idleEndsAt === null ? [] : [(await sealSession({ ...session, idleEndsAt }, now, deps)).setCookie];
}
