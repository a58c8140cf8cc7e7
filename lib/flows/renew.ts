import { randomText } from '../crypto/random';
import type { Deps } from '../deps';
import { asGateError, ProviderError, StoreError } from '../errors';
import { freshness } from '../policy/freshness';
import { isByScript, isPrefetch, isSubresource } from '../policy/request-kind';
import { clearCookie, cookieNames, withoutCookie } from '../session/cookies';
import { openSession, type SealedSession, sealSession } from '../session/session';
import type { Attempt, Checkout } from '../store/records';
import type { Session, SessionRecord, Visit } from '../types';
import { type Outcome, renew } from './attempt';

/** Who sends a request, after everything that can end or renew a session was looked at. */
export interface Resolved {
  readonly session: Session | null;
  /** `Set-Cookie` values that the answer should carry. */
  readonly cookies: readonly string[];
  /** The `Cookie` header for the site, when it must not see the one that was sent. */
  readonly requestCookie?: string;
}

/**
 * The cookies that an answer may carry: none on a prefetch, which is nobody's wish; none on what a page is made of
 * (images, styles, scripts); and none below `/_next/`, where Next's image optimizer writes a `Cache-Control` of its own
 * over ours and a cache would give them to everybody. A cookie that is over is not deleted by the answer to a script: Next
 * hides whether that is its own prefetch, it may come after the cookie of a new session, and the next document does it.
 */
export function writable({ request, pathname }: Visit, { session, cookies }: Resolved): readonly string[] {
  if (cookies.length === 0) return cookies; // as nearly always, and headers are slow to read on the Edge
  const { headers } = request;
  const byScript = isByScript(headers);
  if (isPrefetch(headers) || pathname.startsWith('/_next/') || (isSubresource(headers) && !byScript)) return [];
  if (session === null && byScript && !headers.has('next-action')) return [];
  return cookies;
}

/** Longer than a renewal usually takes. One that takes longer can still commit; until then others take its token for lost. */
const LEASE_MS = 15_000;
/** An expired session waits so long for somebody else's renewal; the answer is there within ten seconds. */
const WAIT_MS = 9_000;
const FIRST_POLL_MS = 100;
const LAST_POLL_MS = 1_000;
/** How often a waiter looks at what its isolate knows. */
const LOOK_MS = 60;

interface Asked {
  readonly fresh?: boolean;
  readonly renews?: boolean;
}

/**
 * The session of a request, or null, renewed when its access token is over.
 *
 * A session is over when its cookie is not one of ours, its idle or absolute end has come, its record was removed, or
 * the provider does not renew it any more. While Redis or the provider does not answer, it lives on as long as its
 * access token does.
 *
 * @param asked `fresh`: ask Redis in any case, and take no silence for an answer. `renews: false`: leave the tokens as they
 *   are, and the provider alone
 * @throws {StoreError | ProviderError} 503, when the access token is over and nobody can say what comes next
 */
export async function resolveSession(visit: Visit, deps: Deps, asked: Asked = {}): Promise<Resolved> {
  const { fresh = false, renews = true } = asked;
  const cookieHeader = visit.request.headers.get('cookie');
  const { session, stale } = await openSession(cookieHeader, deps);
  if (stale) return forget(visit, deps);
  if (session === null) return { session, cookies: [] };
  const worth = freshness(session, Math.floor(deps.now() / 1000));
  if (worth === 'ended') return forget(visit, deps);
  const { sid } = session;
  if (deps.liveness.hasEnded(sid)) return forget(visit, deps);
  const isEnough = worth === 'fresh' || !renews;
  if (isEnough && !fresh && deps.liveness.isKnown(sid)) return { session, cookies: [] };
  if (isEnough) return checkLiveness(session, visit, deps, fresh);
  if (worth === 'due') return renewAside(session, visit, deps, fresh);
  return renewNow(session, visit, deps);
}

async function checkLiveness(session: Session, visit: Visit, deps: Deps, fresh: boolean): Promise<Resolved> {
  const liveness = await deps.liveness.check(session.sid, { fresh });
  if (liveness === 'gone') return forget(visit, deps);
  if (liveness === 'unknown') deps.log({ event: 'session_check_failed', ref: visit.ref });
  if (liveness === 'unknown' && fresh) throw new StoreError('a fresh rule needs an answer');
  // A session is believed without an answer for as long as its access token lasts, whether it can be renewed or not.
  if (liveness === 'unknown' && !session.renewable && deps.now() >= session.tokensExpireAt * 1000)
    throw new StoreError('the session cannot be checked, and its tokens are over');
  return { session, cookies: [] };
}

/** Tokens that are only due: one question to Redis, and whatever follows from it happens after the response. */
async function renewAside(session: Session, visit: Visit, deps: Deps, fresh: boolean): Promise<Resolved> {
  const attempt: Attempt = { id: randomText(128), session };
  if (!fresh && deps.liveness.isQuiet()) return { session, cookies: [] }; // the page shall not wait for a dead Redis
  const answer = await deps.records.checkout(attempt, LEASE_MS, visit.waitUntil).catch((error: unknown) => {
    deps.log({ event: 'session_check_failed', ref: visit.ref, reason: asGateError(error).details.reason });
    if (fresh) throw error;
    deps.liveness.failed();
    return null;
  });
  if (answer?.kind === 'gone' || (answer && !deps.liveness.renewed(session.sid))) return forget(visit, deps);
  if (answer?.kind === 'fresh') return adopt(withTokens(session, answer.generation, answer.record), visit, deps);
  if (answer?.kind === 'yours') visit.waitUntil(renew(attempt, answer.record, visit, deps));
  return { session, cookies: [] };
}

/**
 * Tokens that are over: one request of all isolates asks the provider, the others wait for its result. The waiters of
 * one isolate take turns at asking Redis, and read each other's news.
 */
async function renewNow(session: Session, visit: Visit, deps: Deps): Promise<Resolved> {
  let attempt: Attempt = { id: randomText(128), session };
  let waited = false;
  for (let poll = FIRST_POLL_MS; ; poll = Math.min(poll * 1.6, LAST_POLL_MS)) {
    const last = timeLeft(visit, deps) === 0;
    const answer = await ask(attempt, visit, last ? 0 : poll, deps);
    if (answer?.kind === 'gone') return forget(visit, deps);
    // Who saw it go wrong is told to try again: the provider may not be there to be sent to. Who comes later is sent.
    if (answer?.kind === 'uncertain' && waited) throw unavailable('the renewal was lost', 1, visit, deps);
    if (answer?.kind === 'uncertain') return withhold(visit, deps);
    if (answer?.kind === 'yours') return holdAndRenew(attempt, answer.record, visit, deps);
    if (answer?.kind === 'backoff')
      throw unavailable('renewal has to wait', Math.ceil(answer.waitMs / 1000), visit, deps);
    if (answer?.kind === 'fresh') {
      const newer = withTokens(attempt.session, answer.generation, answer.record);
      if (freshness(newer, Math.floor(deps.now() / 1000)) !== 'expired') return adopt(newer, visit, deps);
      attempt = { id: randomText(128), session: newer }; // a tab from long ago: what was renewed meanwhile is over too
      continue;
    }
    if (last) throw unavailable('renewal takes too long', 2, visit, deps);
    const pause = (answer ? Math.min(answer.waitMs, poll) : LOOK_MS) * (0.5 + Math.random()); // not all at once
    await sleep(Math.min(pause, timeLeft(visit, deps))); // the last look is at the very end
    waited = true;
  }
}

/** What is known here, or what Redis says; null when another request of this isolate is asking just now. */
async function ask(
  attempt: Attempt,
  visit: Visit,
  pauseMs: number,
  { board, records, log, now }: Deps,
): Promise<Checkout | null> {
  const { session } = attempt;
  const known = board.newer(session, visit.startedAt);
  if (known) return { kind: 'fresh', ...known };
  if (pauseMs > 0 && !board.mayAsk(session.sid, pauseMs)) return null;
  try {
    const answer = await records.checkout(attempt, LEASE_MS, visit.waitUntil);
    if (answer.kind === 'fresh') board.publish(session.sid, answer.generation, answer.record);
    else if (answer.kind !== 'busy' && answer.kind !== 'yours') board.open(session.sid);
    return answer;
  } catch (error) {
    board.open(session.sid);
    const { reason } = asGateError(error).details;
    log({ event: 'renewal_unavailable', ref: visit.ref, reason, waitedMs: now() - visit.startedAt });
    throw error;
  }
}

/** The renewal belongs to the isolate, not to this request: a closed connection does not cancel it. */
async function holdAndRenew(attempt: Attempt, record: SessionRecord, visit: Visit, deps: Deps): Promise<Resolved> {
  const work = renew(attempt, record, visit, deps);
  visit.waitUntil(work);
  const late = sleep(timeLeft(visit, deps)).then((): Outcome => ({ kind: 'postponed', seconds: 2 }));
  const outcome = await Promise.race([work, late]);
  const { session } = attempt;
  if (outcome.kind === 'refreshed') deps.board.publish(session.sid, session.generation + 1, outcome.record);
  else deps.board.open(session.sid);
  if (outcome.kind === 'refreshed')
    return adopt(withTokens(session, session.generation + 1, outcome.record), visit, deps);
  if (outcome.kind === 'ended') return forget(visit, deps);
  const seconds = outcome.kind === 'postponed' ? outcome.seconds : 1;
  throw unavailable(outcome.reason ?? 'the provider is slow', seconds, visit, deps);
}

const withTokens = (
  { dropped: _, ...before }: Session, // what has room is found out anew: the record has all claims
  generation: number,
  { claims, tokens }: SessionRecord,
): Session => ({
  ...before,
  claims,
  scope: tokens.scope,
  generation,
  tokensIssuedAt: tokens.issuedAt,
  tokensExpireAt: tokens.expiresAt,
  renewable: tokens.refreshToken !== undefined,
});

/**
 * Takes over a renewed session. The site sees it in this very request: Next shows it the cookies that came, and those are
 * over.
 */
async function adopt(renewed: Session, visit: Visit, deps: Deps): Promise<Resolved> {
  if (!deps.liveness.renewed(renewed.sid)) return forget(visit, deps); // signed out while this answer was on its way
  const waitedMs = deps.now() - visit.startedAt;
  const sealed = await sealSession(renewed, Math.floor(deps.now() / 1000), deps);
  const { generation } = renewed;
  deps.log({ event: 'renewal_adopted', ref: visit.ref, generation, waitedMs, droppedClaims: sealed.dropped });
  return given(sealed, visit, deps);
}

/** A session in a new cookie: for the browser, and for the site in this very request. */
export function given({ session, setCookie }: SealedSession, visit: Visit, { config }: Pick<Deps, 'config'>): Resolved {
  const [pair = ''] = setCookie.split(';');
  const others = withoutCookie(visit.request.headers.get('cookie'), cookieNames(config).session);
  return { session, cookies: [setCookie], requestCookie: others ? `${others}; ${pair}` : pair };
}

/** What is left of the time in which a request with expired tokens gets its answer, in ms. */
const timeLeft = (visit: Visit, { now }: Pick<Deps, 'now'>) => Math.max(WAIT_MS - (now() - visit.startedAt), 0);

function unavailable(reason: string, seconds: number, visit: Visit, { log, now }: Deps): ProviderError {
  log({ event: 'renewal_unavailable', ref: visit.ref, reason, waitedMs: now() - visit.startedAt });
  return new ProviderError('PROVIDER_UNAVAILABLE', { reason, retryAfterSeconds: Math.max(seconds, 1) });
}

export const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

const withhold = (visit: Visit, { config }: Pick<Deps, 'config'>): Resolved => ({
  session: null,
  cookies: [],
  requestCookie: withoutCookie(visit.request.headers.get('cookie'), cookieNames(config).session),
});

const forget = (visit: Visit, deps: Pick<Deps, 'config'>): Resolved => ({
  ...withhold(visit, deps),
  cookies: [clearCookie(deps.config, cookieNames(deps.config).session)],
});
