/**
 * The renewal record as a pure state machine: what the scripts of `lib/store/scripts.ts` do, without Redis and without
 * a clock of its own. `machine.test.ts` explores it exhaustively, `traces.test.ts` holds the Lua against it.
 */
export interface Live {
  readonly state: 'idle' | 'refreshing' | 'uncertain';
  readonly generation: number;
  /** Stands for the sealed token set. */
  readonly token: string;
  readonly attempt: string;
  readonly since: number;
  /** It was presented before, and what became of that is not known. */
  readonly doubt: boolean;
  readonly lease: number;
  readonly retry: number;
  readonly strikes: number;
  readonly rotates: 'yes' | 'no' | '';
}
export interface Tombstone {
  readonly state: 'removed';
  readonly attempt: string;
  readonly token: string;
}
export type Rec = Live | Tombstone | null;

/** The circuit breaker of a deployment; null is closed. */
export interface Open {
  readonly until: number;
  readonly probe: string;
  readonly lease: number;
}
export type Breaker = Open | null;

export type Reply = readonly [word: string, ...rest: (string | number)[]];
type Step = readonly [record: Rec, reply: Reply];
/** A step that may move the breaker too. */
type Move = readonly [record: Rec, reply: Reply, breaker: Breaker];

/** No wait that a provider asks for counts for longer. */
export const MAX_WAIT = 60_000;

const NO_ATTEMPT = { since: 0, lease: 0, doubt: false } as const;

export function put(record: Rec, attempt: string, token: string): Step {
  if (record && (record.state === 'removed' || record.attempt !== attempt)) return [record, ['refused']];
  const fresh: Live = {
    state: 'idle',
    generation: 1,
    token,
    attempt,
    ...NO_ATTEMPT,
    retry: 0,
    strikes: 0,
    rotates: '',
  };
  return [record ?? fresh, ['ok', 'gone']];
}

export function remove(record: Rec, attempt: string): Step {
  if (!record) return [record, ['gone']];
  if (record.state === 'removed') return [record, record.attempt === attempt ? ['held', record.token, 'no'] : ['gone']];
  return [{ state: 'removed', attempt, token: record.token }, ['held', record.token, 'no']];
}

interface CheckoutArgs {
  readonly attempt: string;
  readonly seen: number;
  readonly leaseMs: number;
  readonly overlapMs: number;
  readonly breaker: Breaker;
  readonly now: number;
}

/** Milliseconds to wait, or 0; then the attempt is the probe, when there must be one. */
function passBreaker(breaker: Breaker, attempt: string, leaseMs: number, now: number): readonly [number, Breaker] {
  if (!breaker) return [0, breaker];
  if (breaker.until > now) return [breaker.until - now, breaker];
  if (breaker.probe && breaker.lease > now) return [breaker.lease - now, breaker];
  return [0, { ...breaker, probe: attempt, lease: now + leaseMs }];
}

export function checkout(record: Rec, args: CheckoutArgs): Move {
  const { attempt, seen, leaseMs, overlapMs, breaker, now } = args;
  if (!record || record.state === 'removed') return [record, ['gone'], breaker];
  let held = record;
  if (held.generation > seen) return [held, ['fresh', held.generation, held.token], breaker];
  if (held.generation < seen) return [held, ['uncertain'], breaker];
  if (held.state === 'refreshing') {
    if (held.attempt === attempt) return [held, ['yours', held.generation, held.token], breaker];
    if (held.lease > now) return [held, ['busy', held.lease - now], breaker];
    held = { ...held, state: 'uncertain' };
  }
  if (held.state === 'uncertain' && held.rotates !== 'no' && now >= held.since + overlapMs)
    return [held, ['uncertain'], breaker];
  if (held.retry > now) return [held, ['backoff', held.retry - now], breaker];
  const [wait, passed] = passBreaker(breaker, attempt, leaseMs, now);
  if (wait > 0) return [held, ['backoff', wait], breaker];
  const doubt = held.state === 'uncertain';
  const since = doubt ? held.since : now;
  held = { ...held, state: 'refreshing', attempt, since, doubt, lease: now + leaseMs };
  return [held, ['yours', held.generation, held.token], passed];
}

/** What an attempt has heard of the provider: a pause in ms, 0 for an answer without one, -1 for no answer. */
export function settle(breaker: Breaker, attempt: string, pauseMs: number, now: number): Breaker {
  if (pauseMs > 0)
    return { until: Math.max(now + Math.min(pauseMs, MAX_WAIT), breaker?.until ?? 0), probe: '', lease: 0 };
  if (breaker?.probe !== attempt) return breaker;
  return pauseMs === 0 ? null : { ...breaker, probe: '', lease: 0 };
}

/** The breaker's part is `settle(breaker, attempt, 0, now)`, whatever becomes of the record. */
export function commit(record: Rec, attempt: string, renewed: number, token: string, rotates: 'yes' | 'no'): Step {
  if (!record || record.state === 'removed') return [record, ['gone']];
  if (record.attempt !== attempt) return [record, ['superseded']];
  if (record.state === 'idle') return [record, [record.generation === renewed + 1 ? 'ok' : 'superseded']];
  const next: Live = {
    ...record,
    ...NO_ATTEMPT,
    state: 'idle',
    generation: renewed + 1,
    token,
    rotates,
    retry: 0,
    strikes: 0,
  };
  return [next, ['ok']];
}

export type Class = 'unused' | 'broken' | 'unknown';

interface AbandonArgs {
  readonly attempt: string;
  readonly kind: Class;
  readonly backoffMs: number;
  readonly pauseMs: number;
  readonly breaker: Breaker;
  readonly now: number;
}

export function abandon(record: Rec, args: AbandonArgs): Move {
  const { attempt, kind, backoffMs, pauseMs, breaker, now } = args;
  if (record?.state === 'idle' && record.attempt === attempt) return [record, ['idle'], breaker];
  const after = settle(breaker, attempt, pauseMs, now);
  if (!record || record.state === 'removed') return [record, ['gone'], after];
  if (record.attempt !== attempt) return [record, ['superseded'], after];
  const strikes = record.strikes + (kind === 'broken' ? 1 : 0);
  if (kind === 'unknown' || strikes > 1) return [{ ...record, state: 'uncertain' }, ['uncertain'], after];
  const retry = now + Math.min(backoffMs, MAX_WAIT);
  if (record.doubt) return [{ ...record, state: 'uncertain', retry, strikes }, ['uncertain'], after];
  return [{ ...record, ...NO_ATTEMPT, state: 'idle', retry, strikes }, ['idle'], after];
}
