import { goOn, json, page, seeOther } from '../answers';
import { randomText } from '../crypto/random';
import type { Deps } from '../deps';
import { asGateError, RequestError } from '../errors';
import { confirmLogoutPage } from '../pages/confirm-logout';
import { hopPage } from '../pages/hop';
import { isNavigation, requestKind } from '../policy/request-kind';
import { isSameOrigin } from '../policy/same-origin';
import { endSessionUrl, revokeQuietly } from '../protocol/sign-out';
import { clearCookie, cookieNames } from '../session/cookies';
import { clearAllFlows, openFlows } from '../session/flow';
import { openSession } from '../session/session';
import { clearTrips } from '../session/trips';
import type { Session, SessionRecord, Visit } from '../types';
import { limitRate } from './limit';

const REVOKE_BUDGET_MS = 2_000;

/** Asks to go on to the provider after a sign-out that a script made; its value is a reference to the ID token. */
const CONTINUE = 'continue';
/** In place of a reference, when there is no ID token to hint at, or Redis cannot keep it. */
const WITHOUT_HINT = 'without-hint';

/** `GET /auth/logout`: a page with a button, because a prefetch or an `<img>` must not sign anybody out. */
export async function confirmLogout(visit: Visit, deps: Deps): Promise<Response> {
  const reference = visit.url.searchParams.get(CONTINUE);
  if (reference !== null && visit.request.method !== 'HEAD') return goToProvider(reference, visit, deps);
  const { session } = await openSession(visit.request.headers.get('cookie'), deps);
  const name = session?.claims.name;
  return page((nonce) =>
    confirmLogoutPage({ nonce, basePath: visit.basePath, ...(typeof name === 'string' && { name }) }),
  );
}

/** A reference is good once; one that is over leads to the page after the logout. */
async function goToProvider(reference: string, visit: Visit, deps: Deps): Promise<Response> {
  if (!isNavigation(visit.request.headers)) throw new RequestError('UNAUTHENTICATED');
  if (reference === WITHOUT_HINT) return seeOther(await afterLogout(undefined, visit, deps));
  const hint = await deps.hints.take(reference).catch(() => undefined); // without Redis the provider asks the person
  return seeOther(hint === null ? new URL(deps.config.postLogoutUri) : await afterLogout(hint, visit, deps));
}

/**
 * `POST /auth/logout`: the record first, so that nothing running elsewhere can use or bring back the session; then the
 * refresh token at the provider, the cookies, and the way to the provider's own logout. Whatever of that fails, the
 * person is signed out here.
 */
export async function logout(visit: Visit, deps: Deps): Promise<Response> {
  const { config } = deps;
  const { headers } = visit.request;
  if (!isSameOrigin(headers, config.canonicalOrigin)) throw new RequestError('CSRF_REJECTED');
  const cookieHeader = headers.get('cookie');
  const { session } = await openSession(cookieHeader, deps);
  if (!session) await limitRate('/auth/logout', visit, deps); // a sign-out that has something to end is never refused
  const ended = await endSessions(session, cookieHeader, visit, deps);
  const provider = await revokeWithin(ended, visit, deps);
  deps.log({ event: 'signed_out', ref: visit.ref, hadRecord: ended.length > 0 });
  const cookies = [
    clearCookie(config, cookieNames(config).session),
    clearTrips(deps),
    ...clearAllFlows(cookieHeader, deps),
  ];
  // The browser would only meet an error there.
  if (provider === 'unreachable') return stayHere(visit, deps, cookies);
  return goOnFrom(ended[0]?.tokens.idToken, visit, deps, cookies);
}

/**
 * The way to the provider, as the request's kind can take it. A script cannot follow a redirect to another origin, so it
 * gets a path of this site, to which it sends the browser; a page that goes on by itself does the same.
 */
async function goOnFrom(
  idToken: string | undefined,
  visit: Visit,
  deps: Deps,
  cookies: readonly string[],
): Promise<Response> {
  const isData = requestKind(visit.request) === 'data';
  if (!isData && deps.config.formRedirects === 'redirect')
    return seeOther(await afterLogout(idToken, visit, deps), cookies);
  const reference = (idToken && (await deps.hints.keep(idToken).catch(() => null))) || WITHOUT_HINT;
  const location = `${visit.basePath}/auth/logout?${CONTINUE}=${reference}`;
  if (isData) return json({ location }, cookies);
  const target = new URL(location, deps.config.canonicalOrigin);
  const sentence = 'You are signed out here. Now the sign-in service signs you out too.';
  return goOn(target, (nonce) => hopPage({ nonce, url: target.href, sentence }), cookies);
}

/** The site's own page after a logout, as the request's kind can take it. */
function stayHere({ request }: Visit, { config }: Deps, cookies: readonly string[]): Response {
  const page = new URL(config.postLogoutUri);
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
  visit: Visit,
  deps: Deps,
): Promise<readonly SessionRecord[]> {
  if (session) deps.liveness.ended(session.sid);
  const [own, begun] = await Promise.allSettled([
    session && deps.records.remove(session.sid),
    endFlows(session, cookieHeader, deps),
  ]);
  const unread = begun.status === 'fulfilled' ? begun.value : [];
  const removals = await Promise.allSettled(unread.map((key) => deps.records.removeKey(key)));
  const failed = [own, begun, ...removals].find((result) => result.status === 'rejected');
  if (failed) {
    const { reason } = asGateError(failed.reason).details;
    deps.log({ event: 'record_not_removed', ref: visit.ref, reason });
  }
  const others = removals.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []));
  for (const { sid } of others) deps.liveness.ended(sid);
  const record = own.status === 'fulfilled' ? own.value : null;
  return [...(record ? [record] : []), ...others.map((held) => held.record)];
}

/** The keys of records whose session has not reached the browser yet. */
async function endFlows(session: Session | null, cookieHeader: string | null, deps: Deps): Promise<readonly string[]> {
  const flows = await openFlows(cookieHeader, deps);
  const browser = session?.browser ?? flows[0]?.browser;
  return browser === undefined ? [] : deps.flows.end(browser, flows);
}

/** The person waits for the provider two seconds at most; what is not done by then goes on after the response. */
async function revokeWithin(
  ended: readonly SessionRecord[],
  visit: Visit,
  deps: Deps,
): Promise<'reached' | 'unreachable'> {
  const tokens = ended.flatMap(({ tokens: { refreshToken } }) => (refreshToken ? [refreshToken] : []));
  if (tokens.length === 0) return 'reached';
  const revocation = Promise.all(
    tokens.map((refreshToken) => revokeQuietly({ refreshToken }, 'signed_out', visit.ref, deps)),
  );
  visit.waitUntil(revocation);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const budget = new Promise<readonly 'reached'[]>((resolve) => {
    timer = setTimeout(resolve, REVOKE_BUDGET_MS, ['reached']); // not known to be unreachable
  });
  const outcomes = await Promise.race([revocation, budget]);
  clearTimeout(timer);
  return outcomes.some((outcome) => outcome === 'unreachable') ? 'unreachable' : 'reached';
}

/** The provider's end-session endpoint; straight to the site's own page when it has none or does not answer. */
async function afterLogout(idTokenHint: string | undefined, { waitUntil }: Visit, deps: Deps): Promise<URL> {
  const metadata = await deps.metadata(waitUntil).catch(() => null);
  const url = metadata && endSessionUrl(metadata, deps.config, { idTokenHint, state: randomText() });
  return url ?? new URL(deps.config.postLogoutUri);
}
