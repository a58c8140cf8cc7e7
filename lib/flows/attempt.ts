import type { Deps } from '../deps';
import { asGateError } from '../errors';
import type { RenewalOutcome } from '../events';
import type { Metadata } from '../protocol/discovery';
import { type Presented, presentRefreshToken, readRefresh } from '../protocol/refresh';
import { revokeQuietly } from '../protocol/sign-out';
import { keptClaims } from '../session/session';
import type { Attempt } from '../store/records';
import type { SessionRecord, Visit } from '../types';

/** How an attempt ended. `superseded` by another attempt, or by a logout: then there is no record any more. */
export type Outcome = { readonly reason?: string | undefined } & (
  | { readonly kind: Extract<RenewalOutcome, 'refreshed'>; readonly record: SessionRecord }
  | { readonly kind: Exclude<RenewalOutcome, 'refreshed' | 'postponed'> }
  | { readonly kind: Extract<RenewalOutcome, 'postponed'>; readonly seconds: number }
);

const RETRIES_MS = [200, 500, 1_500] as const;

/**
 * One attempt to renew, by whoever got `yours` from the record: from the presentation of the refresh token to its last
 * trace in Redis. Never throws; what goes wrong leaves the record as it is, and its lease will run out into `uncertain`.
 */
export async function renew(attempt: Attempt, record: SessionRecord, visit: Visit, deps: Deps): Promise<Outcome> {
  const startedAt = deps.now();
  const outcome = await run(attempt, record, visit, deps).catch((error: unknown): Outcome => {
    const { details, code } = asGateError(error);
    return { kind: 'postponed', seconds: 5, reason: details.reason ?? code };
  });
  const { kind, reason } = outcome;
  deps.log({ event: 'renewal', ref: visit.ref, outcome: kind, reason, ms: deps.now() - startedAt });
  return outcome;
}

async function run(attempt: Attempt, record: SessionRecord, visit: Visit, deps: Deps): Promise<Outcome> {
  const { refreshToken } = record.tokens;
  if (!refreshToken) return end(attempt, 'no refresh token', deps);
  let metadata: Metadata;
  try {
    metadata = await deps.metadata(visit.waitUntil);
  } catch (error) {
    await tell(() => deps.records.abandon(attempt, 'unused', 2_000, 0), visit); // nothing was presented
    return { kind: 'postponed', seconds: 2, reason: asGateError(error).code };
  }
  const presented = await presentRefreshToken(refreshToken, metadata, deps);
  if (presented.kind === 'ended') return end(attempt, presented.reason, deps);
  if (presented.kind !== 'granted') return giveUp(attempt, presented, visit, deps);
  try {
    const { record: next, claims, rotates } = await readRefresh(presented, record, metadata, deps);
    // Not merged: a claim that the provider does not make any more (a role, say) is one that the person has no more.
    const kept = claims ? keptClaims(claims, deps.config.sessionClaims) : record.claims;
    return await store(attempt, { ...next, claims: kept }, rotates, visit, deps);
  } catch (error) {
    // The answer is about somebody else, or nonsense: the session ends, and nobody keeps what came with it.
    const revoked = revokeQuietly(presented.granted, 'refused', visit.ref, deps);
    try {
      return await end(attempt, asGateError(error).details.reason ?? 'unusable answer', deps);
    } finally {
      await revoked;
    }
  }
}

type Failed = Exclude<Presented, { readonly kind: 'granted' | 'ended' }>;

async function giveUp(attempt: Attempt, presented: Failed, visit: Visit, deps: Deps): Promise<Outcome> {
  const { kind, reason } = presented;
  const backoffMs = kind === 'unknown' ? 0 : presented.backoffMs;
  const pauseMs = kind === 'unused' ? presented.pauseMs : 0;
  await tell(() => deps.records.abandon(attempt, kind, backoffMs, pauseMs), visit);
  return kind === 'unknown'
    ? { kind: 'uncertain', reason }
    : { kind: 'postponed', seconds: Math.ceil(backoffMs / 1000), reason };
}

/** The provider has spoken: the session is over for every isolate. */
async function end(attempt: Attempt, reason: string, deps: Deps): Promise<Outcome> {
  deps.liveness.ended(attempt.session.sid);
  await deps.records.remove(attempt.session.sid);
  return { kind: 'ended', reason };
}

/** The rotated token exists only here until it is stored, so the commit is worth more than two tries. */
async function store(
  attempt: Attempt,
  record: SessionRecord,
  rotates: boolean,
  visit: Visit,
  deps: Deps,
): Promise<Outcome> {
  const commit = () => deps.records.commit(attempt, record, rotates);
  const committed = await commit().catch(() => again(commit));
  // Not revoked: the reply may be all that was lost, and then this is the token that the record holds.
  if (!committed) return { kind: 'postponed', seconds: 5, reason: 'the result could not be stored' };
  if (committed === 'ok') return { kind: 'refreshed', record };
  const { refreshToken } = record.tokens;
  if (rotates && refreshToken) await revokeQuietly({ refreshToken }, 'too_late', visit.ref, deps);
  return { kind: committed === 'gone' ? 'ended' : 'superseded', reason: `commit answered ${committed}` };
}

/** What an attempt has to say of a token that it could not renew; as long as Redis does not know it, nobody else may try. */
async function tell(word: () => Promise<void>, { waitUntil }: Visit): Promise<void> {
  await word().catch(() => waitUntil(again(word)));
}

/** What did not get through to Redis, a few times more; undefined when that was in vain. */
async function again<Reply>(work: () => Promise<Reply>): Promise<Reply | undefined> {
  for (const pause of RETRIES_MS) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      return await work();
    } catch {} // and once more
  }
  return undefined;
}
