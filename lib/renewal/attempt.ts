import type { Deps } from '../context.ts';
import { asGateError } from '../errors.ts';
import type { RenewalOutcome, RevokeReason } from '../events.ts';
import type { Granted } from '../protocol/tokens.ts';
import type { Refreshed } from '../provider/refresh.ts';
import { revokeAndLog } from '../provider/revocation.ts';
import { inSpan } from '../spans.ts';
import type { Attempt } from '../store/records.ts';
import { retry } from '../store/retry.ts';
import { REFRESH_TIMEOUT_MS, STORE_ROTATED_MS } from '../timing.ts';
import type { SessionRecord, Target } from '../types/record.ts';
import type { RequestContext } from '../types/request.ts';
import { type Denial, INVALID_TARGET } from './denied-targets.ts';
import { waitForPlace, withFurther, withLiving } from './further-tokens.ts';
import { withEnd } from './renewed-session.ts';
import { renewedClaims } from './session-claims.ts';
import { isYoung } from './wanted-token.ts';

/** How an attempt ended. `superseded` by another attempt, or by a session that replaced this one. */
export type Outcome = { readonly reason?: string | undefined } & (
  | { readonly kind: Extract<RenewalOutcome, 'refreshed'>; readonly record: SessionRecord }
  | Denial
  | { readonly kind: Exclude<RenewalOutcome, 'refreshed' | 'denied' | 'postponed'> }
  | { readonly kind: Extract<RenewalOutcome, 'postponed'>; readonly seconds: number }
);

interface Job {
  readonly attempt: Attempt;
  /** What a further token is wanted for; without it the token of the sign-in is renewed. */
  readonly target: Target | undefined;
  readonly ref: string;
  /** Keeps the isolate alive for documents of the provider that are renewed meanwhile. */
  readonly later: RequestContext['waitUntil'];
  /** Work that no request waits for. */
  readonly behind: (work: Promise<unknown>) => void;
  readonly deps: Deps;
}

/**
 * One attempt to renew, after the record has answered `yours`: from the presentation of the refresh token to its last
 * trace in Redis. Never throws; what goes wrong leaves the record as it is, and its lease will run out into `uncertain`.
 */
export function renew(
  attempt: Attempt,
  record: SessionRecord,
  context: Pick<RequestContext, 'ref' | 'waitUntil'>,
  deps: Deps,
  target?: Target,
): Promise<Outcome> {
  const { ref } = context;
  const rest: Promise<unknown>[] = [];
  const behind = (work: Promise<unknown>) => void rest.push(work);
  const outcome = logged({ attempt, target, ref, later: context.waitUntil, behind, deps }, record);
  // Now, and not when it begins: after the response some platforms take no further work.
  context.waitUntil(outcome.then(() => Promise.all(rest)));
  return outcome;
}

async function logged(job: Job, record: SessionRecord): Promise<Outcome> {
  const { deps, ref } = job;
  const startedAt = deps.now();
  const attempted = () =>
    run(job, record).catch((error: unknown): Outcome => {
      const { details, code } = asGateError(error);
      return { kind: 'postponed', seconds: 5, reason: details.reason ?? code };
    });
  const outcome = await inSpan('gatehouse.renew', {}, attempted, endingOf);
  const { kind, reason } = outcome;
  deps.log({ event: 'renewal', ref, outcome: kind, reason, ms: deps.now() - startedAt });
  return outcome;
}

/** Of its span. */
const endingOf = ({ kind, reason }: Outcome) => ({
  attributes: { 'gatehouse.outcome': kind, ...(reason !== undefined && { 'gatehouse.reason': reason }) },
  error: kind === 'uncertain' || kind === 'postponed' ? kind : undefined,
});

async function run(job: Job, record: SessionRecord): Promise<Outcome> {
  const { deps, target } = job;
  const startedAt = deps.now();
  const { refreshToken } = record.tokens;
  if (!refreshToken) return end('no refresh token', null, job);
  const waitSeconds = target ? waitForPlace(record, target, seconds(deps)) : 0;
  if (waitSeconds > 0) {
    await reportFailure(() => deps.records.abandon(job.attempt, 'unused', 0, null), job);
    return { kind: 'postponed', seconds: waitSeconds, reason: 'all further tokens are new' };
  }
  const refreshed = await deps.provider.refresh(refreshToken, record, job.later, target);
  if (refreshed.kind !== 'ended' || !target) return conclude(refreshed, refreshToken, record, job);
  // Of a target too some providers say `invalid_grant` (Microsoft Entra, for want of consent): a plain refresh tells.
  const denial: Denial = { kind: 'denied', reason: refreshed.reason };
  // Two slow answers would outlast the lease.
  const isLate = deps.now() - startedAt > REFRESH_TIMEOUT_MS / 2;
  if (isLate || isYoung(record.tokens, seconds(deps))) return deny(denial, job);
  remember(denial, job);
  const plain = await deps.provider.refresh(refreshToken, record, job.later);
  const outcome = await conclude(plain, refreshToken, record, { ...job, target: undefined });
  return outcome.kind === 'refreshed' ? denial : outcome;
}

/** What the provider has said of a refresh token, for the record. */
async function conclude(refreshed: Refreshed, refreshToken: string, record: SessionRecord, job: Job): Promise<Outcome> {
  const { deps, target } = job;
  if (refreshed.kind === 'denied') return deny(refreshed, job);
  if (refreshed.kind === 'ended') return end(refreshed.reason, 0, job);
  if (refreshed.kind === 'refused') {
    // The session ends, and all of its tokens are revoked.
    const ended = end(refreshed.reason, 0, job);
    revokeBehind({ refreshToken, ...refreshed.granted }, 'refused', job);
    return ended;
  }
  if (refreshed.kind !== 'renewed') return giveUp(refreshed, job);
  const now = seconds(deps);
  const { accessToken } = refreshed.record.tokens;
  if (refreshed.unusable !== undefined) {
    const denial: Denial = { kind: 'denied', reason: refreshed.unusable };
    remember(denial, job);
    // The access token is dropped, not revoked: some providers end its grant with it (RFC 7009 §2.1).
    const stored = await store(refreshed.record, accessToken, refreshed.rotates, job);
    return stored.kind === 'refreshed' ? denial : stored;
  }
  if (target) {
    deps.deniedTargets.granted(target);
    return store(withFurther(record, refreshed.record, target, now), accessToken, refreshed.rotates, job);
  }
  const { claims, userinfo } = await renewedClaims(refreshed, { ref: job.ref, waitUntil: job.later }, deps);
  return store(withLiving({ ...refreshed.record, claims, userinfo }, now), accessToken, refreshed.rotates, job);
}

/**
 * The provider has refused the target. An error about a scope or about the person is an answer from before the refresh token is
 * used. `invalid_target` is none: RFC 8707 leaves the order open, and the certified library `oidc-provider` rotates first, and
 * keeps the new token to itself. So after that the refresh token may have been used.
 */
async function deny(denial: Denial, job: Job): Promise<Outcome> {
  remember(denial, job); // before the lease goes back, or the next request in line would ask the provider again
  const kind = denial.error === INVALID_TARGET ? 'unknown' : 'unused';
  await reportFailure(() => job.deps.records.abandon(job.attempt, kind, 0, 0), job);
  return denial;
}

function remember(denial: Denial, { attempt, target, deps }: Job): void {
  if (target) deps.deniedTargets.add(attempt.session.id, target, denial);
}

const seconds = ({ now }: Deps) => Math.floor(now() / 1000);

type Failed = Exclude<Refreshed, { readonly kind: 'renewed' | 'denied' | 'refused' | 'ended' }>;

async function giveUp(failed: Failed, job: Job): Promise<Outcome> {
  const { kind, reason, pauseMs } = failed;
  const { attempt, deps, ref } = job;
  if (kind === 'unused' && failed.isClient) deps.log({ event: 'client_rejected', ref, reason });
  const backoffMs = kind === 'unknown' ? 0 : failed.backoffMs;
  await reportFailure(() => deps.records.abandon(attempt, kind, backoffMs, pauseMs), job);
  if (kind !== 'unknown') return { kind: 'postponed', seconds: Math.ceil(backoffMs / 1000), reason };
  // Where the provider still accepts the token that was presented, the session can be renewed by it, and what came hangs on
  // the same grant. Elsewhere a token that is in no record would live for months.
  if (deps.settings.provider.refreshOverlapSeconds === 0) revokeBehind(failed.granted, 'refused', job);
  return { kind: 'uncertain', reason };
}

/**
 * The provider does not renew the session any more: it is over for every isolate.
 *
 * @param pauseMs null when it was not even asked; see `Records.abandon`
 */
async function end(reason: string, pauseMs: 0 | null, { attempt, deps, behind }: Job): Promise<Outcome> {
  deps.endedSessions.ended(attempt.session.id);
  await deps.records.remove(attempt.session);
  // For the circuit breaker, should this have been its probe; without it the probe's lease runs out.
  behind(deps.records.abandon(attempt, 'unused', 0, pauseMs).catch(() => {}));
  return { kind: 'ended', reason };
}

/** @param accessToken the one that was obtained */
async function store(record: SessionRecord, accessToken: string, rotates: boolean, job: Job): Promise<Outcome> {
  const { attempt, deps } = job;
  const { id, generation } = attempt.session;
  const ending = { ...attempt, session: withEnd(attempt.session, record, deps) };
  let askedAt = 0;
  const commit = () => {
    askedAt = deps.now();
    return deps.records.commit(ending, record, rotates);
  };
  const committed = await retry(commit, STORE_ROTATED_MS, deps.now);
  // Not revoked: the reply may be all that was lost, and then this is the token that the record holds.
  if (!committed) return { kind: 'postponed', seconds: 5, reason: 'the result could not be stored' };
  if (committed === 'ok') {
    deps.recordMemory.keep(id, { generation: generation + 1, record }, askedAt);
    return { kind: 'refreshed', record };
  }
  const reason = `commit answered ${committed}`;
  // Dropped, not revoked: it may share a grant with what the winner has stored.
  if (committed === 'superseded') return { kind: 'superseded', reason };
  const { refreshToken } = record.tokens;
  // A refresh token that did not rotate was in the record, and the request that removed the record has revoked it.
  revokeBehind(rotates && refreshToken ? { refreshToken } : { accessToken }, 'too_late', job);
  return { kind: 'ended', reason };
}

function revokeBehind(granted: Granted, why: RevokeReason, { ref, behind, deps }: Job): void {
  behind(revokeAndLog(granted, why, ref, deps));
}

/** Reports an attempt without success; until Redis has the report, no other attempt may present the token. */
async function reportFailure(report: () => Promise<void>, { behind, deps }: Job): Promise<void> {
  await report().catch(() => behind(retry(report, STORE_ROTATED_MS, deps.now)));
}
