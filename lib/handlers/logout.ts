import type { Deps } from '../context.ts';
import { randomText } from '../crypto/random.ts';
import { asGateError, RequestError } from '../errors.ts';
import { isNavigation, requestKind } from '../next/request-kind.ts';
import { confirmLogoutPage } from '../pages/confirm-logout.ts';
import { hopPage } from '../pages/redirect.ts';
import { type Revoked, revokeAndLog } from '../provider/revocation.ts';
import { goOn, json, page, seeOther } from '../responses.ts';
import { clearCookie, cookieNames } from '../session/cookies.ts';
import { clearAllFlows, openFlows } from '../session/login-flow.ts';
import { clearTrips } from '../session/loop-guard.ts';
import { openSession } from '../session/session-cookie.ts';
import { withDeadline } from '../timers.ts';
import type { RequestContext, Session, SessionRecord } from '../types.ts';
import { limitRate } from './limit-rate.ts';

const REVOKE_BUDGET_MS = 2_000;

/** Asks to go on to the provider after a sign-out that a script made; its value is a reference to the ID token. */
const CONTINUE = 'continue';
/** In place of a reference, when there is no ID token to hint at, or Redis cannot keep it. */
const WITHOUT_HINT = 'without-hint';

/** `GET /auth/logout`: a page with a button, because a prefetch or an `<img>` must not sign anybody out. */
export async function confirmLogout(context: RequestContext, deps: Deps): Promise<Response> {
  const reference = context.url.searchParams.get(CONTINUE);
  if (reference !== null && context.request.method !== 'HEAD') return goToProvider(reference, context, deps);
  const { session } = await openSession(context.request.headers.get('cookie'), deps);
  const name = session?.claims.name;
  return page((nonce) =>
    confirmLogoutPage({ nonce, basePath: context.basePath, ...(typeof name === 'string' && { name }) }),
  );
}

/** A reference is good once; one that is over leads to the page after the logout. */
async function goToProvider(reference: string, context: RequestContext, deps: Deps): Promise<Response> {
  if (!isNavigation(context.request.headers)) throw new RequestError('UNAUTHENTICATED');
  if (reference === WITHOUT_HINT) return seeOther(await afterLogout(undefined, context, deps));
  const hint = await deps.hints.take(reference).catch(() => undefined); // without Redis the provider asks the person
  return seeOther(
    hint === null ? new URL(deps.settings.provider.postLogoutUri) : await afterLogout(hint, context, deps),
  );
}

/**
 * `POST /auth/logout`: the record first, so that nothing running elsewhere can use or bring back the session; then the
 * refresh token at the provider, the cookies, and the way to the provider's own logout. Whatever of that fails, the
 * person is signed out here.
 */
export async function logout(context: RequestContext, deps: Deps): Promise<Response> {
  const { settings } = deps;
  const cookieHeader = context.request.headers.get('cookie');
  const { session } = await openSession(cookieHeader, deps);
  if (!session) await limitRate('/auth/logout', context, deps); // a sign-out that has something to end is never refused
  const ended = await endSessions(session, cookieHeader, context, deps);
  const isUnreachable = await revokeWithin(ended, context, deps);
  deps.log({ event: 'signed_out', ref: context.ref, hadRecord: ended.length > 0 });
  const cookies = [
    clearCookie(settings, cookieNames(settings).session),
    clearTrips(deps),
    ...clearAllFlows(cookieHeader, deps),
  ];
  // The browser would only meet an error there.
  if (isUnreachable) return stayHere(context, deps, cookies);
  return goOnFrom(ended[0]?.tokens.idToken, context, deps, cookies);
}

/**
 * The way to the provider, as the request's kind can take it. A script cannot follow a redirect to another origin, so it
 * gets a path of this site, to which it sends the browser; a page that goes on by itself does the same.
 */
async function goOnFrom(
  idToken: string | undefined,
  context: RequestContext,
  deps: Deps,
  cookies: readonly string[],
): Promise<Response> {
  const isData = requestKind(context.request) === 'data';
  if (!isData && deps.settings.site.formRedirects === 'redirect')
    return seeOther(await afterLogout(idToken, context, deps), cookies);
  const reference = (idToken && (await deps.hints.keep(idToken).catch(() => null))) || WITHOUT_HINT;
  const location = `${context.basePath}/auth/logout?${CONTINUE}=${reference}`;
  if (isData) return json({ location }, cookies);
  const target = new URL(location, deps.settings.site.canonicalOrigin);
  const sentence = 'You are signed out here. Now the sign-in service signs you out too.';
  return goOn(target, (nonce) => hopPage({ nonce, url: target.href, sentence }), cookies);
}

/** The site's own page after a logout, as the request's kind can take it. */
function stayHere({ request }: RequestContext, { settings }: Deps, cookies: readonly string[]): Response {
  const page = new URL(settings.provider.postLogoutUri);
  return requestKind(request) === 'data'
    ? json({ location: page.pathname + page.search }, cookies)
    : seeOther(page, cookies);
}

/**
 * Ends the session that the browser brings, and what its sign-ins under way would become: also a session that was stored a
 * moment ago and whose cookie has not arrived yet.
 *
 * @returns what their records held
 */
async function endSessions(
  session: Session | null,
  cookieHeader: string | null,
  context: RequestContext,
  deps: Deps,
): Promise<readonly SessionRecord[]> {
  if (session) deps.endedSessions.ended(session.sid);
  const [own, begun] = await Promise.allSettled([
    session && deps.records.remove(session.sid),
    endFlows(session, cookieHeader, deps),
  ]);
  const unread = begun.status === 'fulfilled' ? begun.value : [];
  const removals = await Promise.allSettled(unread.map((key) => deps.records.removeKey(key)));
  const failed = [own, begun, ...removals].find((result) => result.status === 'rejected');
  if (failed) {
    const { reason } = asGateError(failed.reason).details;
    deps.log({ event: 'record_not_removed', ref: context.ref, reason });
  }
  const others = removals.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []));
  for (const { sid } of others) deps.endedSessions.ended(sid);
  const record = own.status === 'fulfilled' ? own.value : null;
  return [...(record ? [record] : []), ...others.map((held) => held.record)];
}

/** The keys of records whose session has not reached the browser yet. */
async function endFlows(session: Session | null, cookieHeader: string | null, deps: Deps): Promise<readonly string[]> {
  const flows = await openFlows(cookieHeader, deps);
  const browser = session?.browser ?? flows[0]?.browser;
  return browser === undefined ? [] : deps.flows.end(browser, flows);
}

/**
 * The person waits for the provider two seconds at most; what is not done by then goes on after the response.
 *
 * @returns whether the provider is known to be unreachable
 */
async function revokeWithin(ended: readonly SessionRecord[], context: RequestContext, deps: Deps): Promise<boolean> {
  const tokens = ended.flatMap(({ tokens: { refreshToken } }) => (refreshToken ? [refreshToken] : []));
  const revocation = Promise.all(
    tokens.map((refreshToken) => revokeAndLog({ refreshToken }, 'signed_out', context.ref, deps)),
  );
  context.waitUntil(revocation);
  // A provider that takes longer may be reachable.
  const outcomes = await withDeadline<readonly Revoked[]>(revocation, REVOKE_BUDGET_MS, () => []);
  return outcomes.some((outcome) => outcome.kind === 'failed' && outcome.isUnreachable);
}

/** The provider's end-session endpoint; straight to the site's own page when it has none or does not answer. */
async function afterLogout(idTokenHint: string | undefined, { waitUntil }: RequestContext, deps: Deps): Promise<URL> {
  const url = await deps.provider.endSession({ idTokenHint, state: randomText() }, waitUntil);
  return url ?? new URL(deps.settings.provider.postLogoutUri);
}
