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
export type Reply = readonly [word: string, ...rest: (string | number)[]];
type Step = readonly [record: Rec, reply: Reply];

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
  if (record.state === 'removed') return [record, record.attempt === attempt ? ['held', record.token] : ['gone']];
  return [{ state: 'removed', attempt, token: record.token }, ['held', record.token]];
}

interface CheckoutArgs {
  readonly attempt: string;
  readonly seen: number;
  readonly leaseMs: number;
  readonly overlapMs: number;
  readonly pauseUntil: number;
  readonly now: number;
}

export function checkout(record: Rec, { attempt, seen, leaseMs, overlapMs, pauseUntil, now }: CheckoutArgs): Step {
  if (!record || record.state === 'removed') return [record, ['gone']];
  let held = record;
  if (held.generation > seen) return [held, ['fresh', held.generation, held.token]];
  if (held.generation < seen) return [held, ['uncertain']];
  if (held.state === 'refreshing') {
    if (held.attempt === attempt) return [held, ['yours', held.generation, held.token]];
    if (held.lease > now) return [held, ['busy', held.lease - now]];
    held = { ...held, state: 'uncertain' };
  }
  if (held.state === 'uncertain' && held.rotates !== 'no' && now >= held.since + overlapMs)
    return [held, ['uncertain']];
  const wait = Math.max(held.retry, pauseUntil) - now;
  if (wait > 0) return [held, ['backoff', wait]];
  const doubt = held.state === 'uncertain';
  const since = doubt ? held.since : now;
  held = { ...held, state: 'refreshing', attempt, since, doubt, lease: now + leaseMs };
  return [held, ['yours', held.generation, held.token]];
}

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

export function abandon(record: Rec, attempt: string, kind: Class, backoffMs: number, now: number): Step {
  if (!record || record.state === 'removed') return [record, ['gone']];
  if (record.attempt !== attempt) return [record, ['superseded']];
  if (record.state === 'idle') return [record, ['idle']];
  const strikes = record.strikes + (kind === 'broken' ? 1 : 0);
  if (kind === 'unknown' || strikes > 1) return [{ ...record, state: 'uncertain' }, ['uncertain']];
  if (record.doubt) return [{ ...record, state: 'uncertain', retry: now + backoffMs, strikes }, ['uncertain']];
  return [{ ...record, ...NO_ATTEMPT, state: 'idle', retry: now + backoffMs, strikes }, ['idle']];
}
