import type { Deps } from '../context.ts';
import { randomText } from '../crypto/random.ts';
import { asGateError, ProviderError } from '../errors.ts';
import { freshness } from '../policy/freshness.ts';
import type { Attempt, Checkout } from '../store/records.ts';
import { sleep, withDeadline } from '../timers.ts';
import { FIRST_POLL_MS, LAST_POLL_MS, LEASE_MS, RENEWAL_WAIT_MS, SINGLE_FLIGHT_LOOK_MS } from '../timing.ts';
import type { SessionRecord } from '../types/record.ts';
import type { RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';
import { type Outcome, renew } from './attempt.ts';
import type { Tokens } from './current-tokens.ts';
import { withTokens } from './renewed-session.ts';

/**
 * Renews tokens that are over: one request of all isolates asks the provider, the others wait for its result. The waiters
 * of one isolate take turns at asking Redis, and read each other's results (single-flight).
 *
 * @throws {ProviderError | StoreError} 503, when the renewal has to wait or takes too long
 */
export async function renewExpired(session: Session, context: RequestContext, deps: Deps): Promise<Tokens> {
  let attempt: Attempt = { id: randomText(128), session };
  let waited = false;
  for (let poll = FIRST_POLL_MS; ; poll = Math.min(poll * 1.6, LAST_POLL_MS)) {
    const last = timeLeft(context, deps) === 0;
    const answer = await ask(attempt, context, last ? 0 : poll, deps);
    if (answer?.kind === 'gone') return { kind: 'gone' };
    // A request that saw the renewal fail gets a 503 with `Retry-After`: the provider may be down. A later one is sent to sign in.
    if (answer?.kind === 'uncertain' && waited) throw unavailable('the renewal was lost', 1, context, deps);
    if (answer?.kind === 'uncertain') return { kind: 'withheld' };
    if (answer?.kind === 'yours') {
      const tokens = await awaitRenewal(attempt, answer.record, context, deps);
      if (tokens) return tokens;
      attempt = { id: randomText(128), session }; // superseded: Redis has what the other attempt stored, or a tombstone
      waited = true;
      continue;
    }
    if (answer?.kind === 'backoff')
      throw unavailable('renewal has to wait', Math.ceil(answer.waitMs / 1000), context, deps);
    if (answer?.kind === 'fresh') {
      const newer = withTokens(attempt.session, answer.generation, answer.record, deps);
      const life = freshness(newer, Math.floor(deps.now() / 1000));
      if (life === 'ended') return { kind: 'gone' };
      if (life !== 'expired') return { kind: 'renewed', session: newer };
      attempt = { id: randomText(128), session: newer }; // a tab from long ago: what was renewed meanwhile is over too
      continue;
    }
    if (last) throw unavailable('renewal takes too long', 2, context, deps);
    const pause = (answer ? Math.min(answer.waitMs, poll) : SINGLE_FLIGHT_LOOK_MS) * (0.5 + Math.random()); // jitter
    await sleep(Math.min(pause, timeLeft(context, deps))); // the last look is at the very end
    waited = true;
  }
}

/** What is known here, or what Redis says; null when another request of this isolate is asking just now. */
async function ask(
  attempt: Attempt,
  context: RequestContext,
  pauseMs: number,
  { singleFlight, records, log, now }: Deps,
): Promise<Checkout | null> {
  const { session } = attempt;
  const known = singleFlight.newer(session, context.startedAt);
  if (known) return { kind: 'fresh', ...known };
  if (pauseMs > 0 && !singleFlight.mayAsk(session.sid, pauseMs)) return null;
  try {
    const answer = await records.checkout(attempt, LEASE_MS, context.waitUntil);
    if (answer.kind === 'fresh') singleFlight.publish(session.sid, answer.generation, answer.record);
    else if (answer.kind !== 'busy' && answer.kind !== 'yours') singleFlight.open(session.sid);
    return answer;
  } catch (error) {
    singleFlight.open(session.sid);
    const { reason } = asGateError(error).details;
    log({ event: 'renewal_unavailable', ref: context.ref, reason, waitedMs: now() - context.startedAt });
    throw error;
  }
}

/**
 * The renewal belongs to the isolate, not to this request: a closed connection does not cancel it.
 *
 * @returns null when another attempt, or another session in its place, has superseded this one
 */
async function awaitRenewal(
  attempt: Attempt,
  record: SessionRecord,
  context: RequestContext,
  deps: Deps,
): Promise<Tokens | null> {
  const work = renew(attempt, record, context, deps);
  context.waitUntil(work);
  const outcome = await withDeadline<Outcome>(work, timeLeft(context, deps), () => ({ kind: 'postponed', seconds: 2 }));
  const { session } = attempt;
  const generation = session.generation + 1;
  if (outcome.kind === 'refreshed') {
    deps.singleFlight.publish(session.sid, generation, outcome.record);
    return { kind: 'renewed', session: withTokens(session, generation, outcome.record, deps) };
  }
  deps.singleFlight.open(session.sid);
  if (outcome.kind === 'ended') return { kind: 'gone' };
  if (outcome.kind === 'superseded') return null;
  const seconds = outcome.kind === 'postponed' ? outcome.seconds : 1;
  throw unavailable(outcome.reason ?? 'the provider is slow', seconds, context, deps);
}

/** What is left of the time in which a request with expired tokens gets its answer, in ms. */
const timeLeft = (context: RequestContext, { now }: Pick<Deps, 'now'>) =>
  Math.max(RENEWAL_WAIT_MS - (now() - context.startedAt), 0);

function unavailable(reason: string, seconds: number, context: RequestContext, { log, now }: Deps): ProviderError {
  log({ event: 'renewal_unavailable', ref: context.ref, reason, waitedMs: now() - context.startedAt });
  return new ProviderError('PROVIDER_UNAVAILABLE', { reason, retryAfterSeconds: Math.max(seconds, 1) });
}
