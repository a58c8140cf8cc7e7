import type { Deps } from '../context.ts';
import { GateError, RequestError } from '../errors.ts';
import { isPrefetch, requestKind } from '../next/request-kind.ts';
import { actionRedirect } from '../next/server-action.ts';
import { hopPage } from '../pages/redirect.ts';
import { prolongedIdleEnd } from '../policy/freshness.ts';
import { claimsOf } from '../policy/required-claims.ts';
import { pathOf, pathOnSite } from '../policy/return-to.ts';
import type { Rule } from '../policy/rule.ts';
import { alwaysChecks, openness, rulesFor, type StepUp, stepUpOf, verdict } from '../policy/rules.ts';
import { addCookies, goOn, seeOther } from '../responses.ts';
import { cookieNames, withoutCookie, withoutGateCookies } from '../session/cookies.ts';
import { isLooping } from '../session/loop-guard.ts';
import { sealSession } from '../session/session-cookie.ts';
import { retry } from '../store/retry.ts';
import type { Answer, Continue, RequestContext, Session } from '../types.ts';
import { given, type Resolved, resolveSession, writable } from './current-session.ts';
import { loginPath, loginUrl, startLogin } from './login.ts';

/** Redis is told of a moved idle end for so long. */
const PROLONG_MS = 5_000;

/**
 * Everything that is not below `/auth/`: lets a request through to the site, or answers in the way that its kind
 * understands (contract section 2).
 *
 * @param readings the canonical readings of the path
 */
export async function protect(context: RequestContext, readings: readonly string[], deps: Deps): Promise<Answer> {
  const applicable = rulesFor(deps.rules, readings, context.request.method);
  const open = openness(applicable);
  // What is the same for all needs no cookie of the gate, and may be a rewrite to another origin.
  const hidden = open === 'public' || applicable.some(({ cookies }) => cookies === 'hidden');
  const letThrough = (resolved: Resolved, anonymous: Headers) =>
    passed(context, hidden ? withHiddenCookies(resolved, context, deps) : resolved, anonymous);
  if (open === 'public') return letThrough(nobody(context, deps), []);
  const resolved = await (open === 'optional'
    ? resolveSession(context, deps).catch((error: unknown) => {
        if (error instanceof GateError) return nobody(context, deps);
        throw error;
      })
    : resolveSession(context, deps, { alwaysCheck: alwaysChecks(applicable) }));
  const refusal = open === 'closed' ? refuse(applicable, resolved, context, deps) : null;
  if (refusal) return refusal;
  const prolonged = prolongedSession(resolved, context, deps);
  if (prolonged === null) return letThrough(resolved, VARIED);
  // In place of the cookie of a renewal, if there was one.
  const moved = given(await sealSession(prolonged, seconds(deps), deps), context, deps);
  // An idle end that the browser does not hear of has not moved. Best effort: the next renewal moves the record's end too.
  if (writable(context, moved).length > 0)
    context.waitUntil(retry(() => deps.records.prolong(prolonged), PROLONG_MS, deps.now));
  return letThrough(moved, VARIED);
}

const seconds = ({ now }: Pick<Deps, 'now'>) => Math.floor(now() / 1000);

/** The answer to whoever does not meet all of the rules; null for who does. */
function refuse(
  applicable: readonly Rule[],
  resolved: Resolved,
  context: RequestContext,
  deps: Deps,
): Promise<Response> | null {
  const { session } = resolved;
  const stepUp = stepUpOf(applicable);
  if (session === null) {
    refused('no_session', applicable[0], context, deps);
    return askToSignIn(context, resolved, stepUp ?? {}, deps, new RequestError('UNAUTHENTICATED'));
  }
  const now = seconds(deps);
  const unmet = (wanted: string) => applicable.find((rule) => verdict(rule, session, now) === wanted);
  const forbidding = unmet('forbidden');
  if (forbidding || stepUp === null) {
    const dropped = droppedOf(forbidding, session);
    refused('not_met', forbidding ?? applicable[0], context, deps, dropped);
    const details = dropped.length > 0 ? { reason: 'claims did not fit into the cookie', note: DROPPED } : {};
    throw new RequestError('FORBIDDEN', details).with({ cookies: writable(context, resolved) });
  }
  const demanding = unmet('step-up');
  if (!demanding) return null;
  refused('step_up', demanding, context, deps);
  const challenge = stepUpChallenge(stepUp);
  return askToSignIn(context, resolved, stepUp, deps, new RequestError('STEP_UP_REQUIRED', { challenge }));
}

/** The refusal may be wrong then, so it says so. */
const DROPPED =
  'Your account has more data than a session can keep here, so what this page asks for may be missing from it.';

/** What a rule looks at and the session's cookie has no room for. */
const droppedOf = (rule: Rule | undefined, { dropped = [] }: Session): readonly string[] =>
  typeof rule?.allow === 'object' ? claimsOf(rule.allow).filter((claim) => dropped.includes(claim)) : [];

function refused(
  why: 'no_session' | 'not_met' | 'step_up',
  rule: Rule | undefined,
  { ref }: RequestContext,
  { log }: Deps,
  droppedClaims: readonly string[] = [],
): void {
  const named = rule ? [...(rule.methods ?? []), rule.path].join(' ') : '/*';
  log({ event: 'access_refused', ref, rule: named, why, ...(droppedClaims.length > 0 && { droppedClaims }) });
}

/** RFC 9470 §3: what a program has to ask of the authorization server before it comes back. */
function stepUpChallenge(stepUp: StepUp): string {
  const parameters = Object.entries({ error: 'insufficient_user_authentication', ...stepUp });
  return `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}

type Headers = Continue['headers'];

/** For whoever has no cookie; somebody who has one may see something else. */
const VARIED: Headers = [['vary', 'Cookie']];
const PERSONAL: Headers = [
  ...VARIED,
  ['cache-control', 'private, no-store'],
  // RFC 9213: a CDN goes by this one, also where a page writes a `Cache-Control` of its own over ours.
  ['cdn-cache-control', 'private, no-store'],
];

/**
 * Through to the site. What depends on the session is nobody else's: no cache may keep it, prerendered pages included.
 * An anonymous visitor's public page stays as cacheable as the site made it.
 *
 * @param anonymous headers of the answer to somebody without a session
 */
function passed(context: RequestContext, resolved: Resolved, anonymous: Headers): Continue {
  const { session, requestCookie } = resolved;
  const written = writable(context, resolved);
  const headers = [
    ...(session || written.length > 0 ? PERSONAL : anonymous),
    ...written.map((cookie) => ['set-cookie', cookie] as const),
  ];
  if (requestCookie === undefined) return { continue: true, headers };
  return { continue: true, headers, requestHeaders: [['cookie', requestCookie || null]] };
}

/**
 * Nobody, whatever the cookies say: on a public path, whose answer shall be the same for all, and on an optional one when
 * nobody can say now whether the session goes on.
 */
function nobody({ request }: RequestContext, { settings }: Deps): Resolved {
  const sent = request.headers.get('cookie');
  const { session: name } = cookieNames(settings);
  const hidden = sent?.includes(name) ? { requestCookie: withoutCookie(sent, name) } : {};
  return { session: null, cookies: [], ...hidden };
}

/** Without any of the gate's cookies, for a rule that hides them: what answers there may be another origin. */
function withHiddenCookies(resolved: Resolved, { request }: RequestContext, { settings }: Deps): Resolved {
  const sent = request.headers.get('cookie');
  const requestCookie = sent === null ? undefined : withoutGateCookies(sent, settings);
  if (requestCookie !== undefined && requestCookie !== sent) return { ...resolved, requestCookie };
  const { requestCookie: _, ...others } = resolved;
  return others;
}

/**
 * Nobody is signed in, or not well enough: each kind of request is told so in the way that ends at the sign-in page and
 * not in an error.
 */
async function askToSignIn(
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
    // Somebody with a session keeps cookies; how often they step up is theirs to decide.
    const { session } = resolved;
    if (session === null && (await isLooping(cookieHeader, seconds(deps), deps)))
      throw new RequestError('LOGIN_LOOP').with({ cookies, loginUrl: loginUrl(here, context, deps, stepUp) });
    return addCookies(await startLogin(context, here, stepUp, deps, session), cookies);
  }
  if (kind === 'action') {
    return addCookies(actionRedirect(loginPath(here, context, deps, stepUp)), cookies);
  }
  const referer = pathOnSite(request.headers.get('referer'), deps.settings.site.canonicalOrigin);
  const fromPage = loginUrl(referer, context, deps, stepUp);
  if (kind === 'form') return afterForm(new URL(fromPage, deps.settings.site.canonicalOrigin), cookies, deps);
  throw problem.with({ cookies, loginUrl: fromPage });
}

/** The form went to this site, and the redirects after it end at the provider. */
function afterForm(target: URL, cookies: readonly string[], { settings }: Deps): Response {
  if (settings.site.formRedirects === 'redirect') return seeOther(target, cookies);
  const sentence = 'You sign in before you go on.';
  return goOn(target, (nonce) => hopPage({ nonce, url: target.href, sentence }), cookies);
}

/** The session with the idle end that this activity moves, when it moves it far enough; a prefetch is no activity. */
function prolongedSession({ session }: Resolved, { request }: RequestContext, deps: Deps): Session | null {
  const idleEndsAt = session && prolongedIdleEnd(session, deps.settings.session.idleSeconds, seconds(deps));
  return idleEndsAt && !isPrefetch(request.headers) ? { ...session, idleEndsAt } : null;
}
