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
import type { Denial } from './denied-targets.ts';
import { furtherTarget } from './further-tokens.ts';
import type { Held } from './record-memory.ts';
import { withTokens } from './renewed-session.ts';
import { isGood, type TokenDemand, tokenOf } from './wanted-token.ts';

/** What a renewal needs of a request. */
export type RenewalContext = Pick<RequestContext, 'ref' | 'startedAt' | 'waitUntil'>;

/** What came of it. `held`: a record with the wanted token, or with what comes nearest to it. The others as in `Access`. */
export type Renewal =
  | ({ readonly kind: 'held' } & Held)
  | { readonly kind: 'gone' }
  | { readonly kind: 'withheld' }
  | Denial;

/**
 * Gets a record of a session that has the wanted token, which the record of this generation has not: one request of all isolates
 * asks the provider, the others wait for its result. The waiters of one isolate take turns at asking Redis, and read each other's
 * results (single-flight).
 *
 * @throws {ProviderError | StoreError} 503, when the renewal has to wait or takes too long
 */
export async function renewedRecord(
  session: Session,
  demand: TokenDemand,
  context: RenewalContext,
  deps: Deps,
): Promise<Renewal> {
  let attempt: Attempt = { id: randomText(128), session };
  let waited = false;
  for (let poll = FIRST_POLL_MS; ; poll = Math.min(poll * 1.6, LAST_POLL_MS)) {
    const denial = demand.target && deps.deniedTargets.get(session.id, demand.target);
    if (denial) return denial;
    const last = timeLeft(context, deps) === 0;
    const answer = await ask(attempt, context, last ? 0 : poll, deps);
    if (answer?.kind === 'gone') return { kind: 'gone' };
    // A request that saw the renewal fail gets a 503 with `Retry-After`: the provider may be down. A later one is sent to sign in.
    if (answer?.kind === 'uncertain' && waited) throw unavailable('the renewal was lost', 1, context, deps);
    if (answer?.kind === 'uncertain') return { kind: 'withheld' };
    if (answer?.kind === 'yours') {
      const renewal = await awaitRenewal(attempt, answer.record, demand, context, deps);
      if (renewal) return renewal;
      attempt = { id: randomText(128), session }; // superseded: Redis has what the other attempt stored, or a tombstone
      waited = true;
      continue;
    }
    if (answer?.kind === 'backoff')
      throw unavailable('renewal has to wait', Math.ceil(answer.waitMs / 1000), context, deps);
    if (answer?.kind === 'fresh') {
      const { generation, record } = answer;
      const newer = withTokens(attempt.session, generation, record, deps);
      const now = Math.floor(deps.now() / 1000);
      if (freshness(newer, now) === 'ended') return { kind: 'gone' };
      if (isGood(tokenOf(record, demand), demand, now) || !newer.renewable) return { kind: 'held', generation, record };
      attempt = { id: randomText(128), session: newer }; // a tab from long ago, or what was renewed is another token
      continue;
    }
    if (last) throw unavailable('renewal takes too long', 2, context, deps);
    const pause = (answer ? Math.min(answer.waitMs, poll) : SINGLE_FLIGHT_LOOK_MS) * (0.5 + Math.random()); // jitter
    await sleep(Math.min(pause, timeLeft(context, deps))); // the last look is at the very end
    waited = true;
  }
}

/**
 * What is known here, or what Redis says; null when another request of this isolate is asking just now. What was seen before this
 * request arrived may have been ended by a logout meanwhile, and is asked of Redis.
 */
async function ask(
  attempt: Attempt,
  context: RenewalContext,
  pauseMs: number,
  { singleFlight, recordMemory, records, log, now }: Deps,
): Promise<Checkout | null> {
  const { id, generation } = attempt.session;
  const known = recordMemory.get(id, context.startedAt);
  if (known && known.generation > generation) return { kind: 'fresh', ...known };
  if (pauseMs > 0 && !singleFlight.mayAsk(id, pauseMs)) return null;
  const askedAt = now();
  try {
    const answer = await records.checkout(attempt, LEASE_MS, context.waitUntil);
    if (answer.kind === 'fresh') recordMemory.keep(id, answer, askedAt); // a logout may overtake the reply
    if (answer.kind === 'gone') recordMemory.forget(id);
    if (answer.kind !== 'fresh' && answer.kind !== 'busy' && answer.kind !== 'yours') singleFlight.open(id);
    return answer;
  } catch (error) {
    singleFlight.open(id);
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
  { target }: TokenDemand,
  context: RenewalContext,
  deps: Deps,
): Promise<Renewal | null> {
  const work = renew(attempt, record, context, deps, furtherTarget(target, record));
  context.waitUntil(work);
  const outcome = await withDeadline<Outcome>(work, timeLeft(context, deps), () => ({ kind: 'postponed', seconds: 2 }));
  const { id, generation } = attempt.session;
  if (outcome.kind === 'refreshed') return { kind: 'held', generation: generation + 1, record: outcome.record };
  deps.singleFlight.open(id);
  if (outcome.kind === 'ended') return { kind: 'gone' };
  if (outcome.kind === 'denied') return outcome;
  if (outcome.kind === 'superseded') return null;
  const seconds = outcome.kind === 'postponed' ? outcome.seconds : 1;
  throw unavailable(outcome.reason ?? 'the provider is slow', seconds, context, deps);
}

/** What is left of the time in which a request with expired tokens gets its answer, in ms. */
const timeLeft = (context: RenewalContext, { now }: Pick<Deps, 'now'>) =>
  Math.max(RENEWAL_WAIT_MS - (now() - context.startedAt), 0);

function unavailable(reason: string, seconds: number, context: RenewalContext, { log, now }: Deps): ProviderError {
  log({ event: 'renewal_unavailable', ref: context.ref, reason, waitedMs: now() - context.startedAt });
  return new ProviderError('PROVIDER_UNAVAILABLE', { reason, retryAfterSeconds: Math.max(seconds, 1) });
}
