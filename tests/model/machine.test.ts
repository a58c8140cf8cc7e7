import { describe, expect, it } from 'vitest';
import { abandon, type Breaker, checkout, commit, put, type Rec, remove, settle } from './machine';

/**
 * Every schedule of two refreshers and one logout over one record, one provider with strict rotation, and a network
 * that loses replies, delivers twice and delivers late. A refresher may crash after each of its steps.
 */
interface Refresher {
  readonly at: 'start' | 'unheard' | 'yours' | 'got' | 'unknown' | 'unused' | 'paused' | 'over' | 'dead';
  readonly attempts: number;
  /** The refresh token that the provider gave it. */
  readonly token: string;
  /** A copy of its last script call that is still under way somewhere. */
  readonly stray: 'checkout' | 'commit' | 'abandon unused' | 'abandon paused' | 'abandon unknown' | '';
  readonly strayAttempt: string;
}

interface World {
  readonly record: Rec;
  readonly breaker: Breaker;
  readonly clock: 'in lease' | 'lease over';
  readonly refreshers: readonly Refresher[];
  readonly loggedOut: boolean;
  /** Tokens that the provider issued in order; only the last one is good, unless it was revoked. */
  readonly issued: number;
  readonly revoked: readonly string[];
  /** A used token came back: the one thing that must never happen. */
  readonly reused: boolean;
  /** Why a rotated token may be lost. */
  readonly excuses: readonly string[];
}

const LEASE = 10;
/** Over when a lease is. */
const PAUSE = 10;
const MAX_ATTEMPTS = 2;
const rt = (index: number) => `rt-${index}`;
const nowOf = (world: World) => (world.clock === 'in lease' ? 1 : LEASE + 1);
const attemptOf = (who: number, { attempts }: Refresher) => `r${who}.${attempts}`;

const start = (refreshers: number): World => ({
  record: put(null, 'login', rt(1))[0],
  breaker: null,
  clock: 'in lease',
  refreshers: Array.from({ length: refreshers }, () => ({
    at: 'start',
    attempts: 0,
    token: '',
    stray: '',
    strayAttempt: '',
  })),
  loggedOut: false,
  issued: 1,
  revoked: [],
  reused: false,
  excuses: [],
});

const patch = (world: World, who: number, change: Partial<Refresher>): World => ({
  ...world,
  refreshers: world.refreshers.map((one, index) => (index === who ? { ...one, ...change } : one)),
});
const excuse = (world: World, why: string): World => ({
  ...world,
  excuses: [...new Set([...world.excuses, why])].sort(),
});
const revoke = (world: World, token: string): World =>
  token ? { ...world, revoked: [...new Set([...world.revoked, token])].sort() } : world;

/** Runs a script for a refresher; the answer may be lost, and a copy of the call may stay under way. */
function call(world: World, who: number, script: Refresher['stray'], attempt: string): { world: World; word: string } {
  const [record, [word], breaker] = run(world, who, script, attempt);
  return { world: { ...world, record, breaker }, word };
}

function run(world: World, who: number, script: Refresher['stray'], attempt: string) {
  const { record, breaker } = world;
  const now = nowOf(world);
  const { token } = world.refreshers[who] as Refresher;
  if (script === 'checkout')
    return rules.checkout(record, { attempt, seen: 1, leaseMs: LEASE, overlapMs: 0, breaker, now });
  if (script === 'commit') {
    const [after, reply] = commit(record, attempt, 1, token, 'yes');
    return [after, reply, settle(breaker, attempt, 0, now)] as const;
  }
  const kind = script === 'abandon unknown' ? 'unknown' : 'unused';
  const pauseMs = script === 'abandon paused' ? PAUSE : -1;
  return abandon(record, { attempt, kind, backoffMs: 0, pauseMs, breaker, now });
}

/** Everything that may happen next. */
function* successors(world: World): Generator<World> {
  if (world.clock === 'in lease') yield { ...world, clock: 'lease over' };
  if (!world.loggedOut) {
    const [record, [, held]] = remove(world.record, 'logout');
    yield revoke({ ...world, record, loggedOut: true }, String(held ?? ''));
  }
  for (const [who, refresher] of world.refreshers.entries()) {
    if (refresher.stray) {
      const late = call(world, who, refresher.stray, refresher.strayAttempt).world;
      yield patch(late, who, { stray: '' }); // delivered late, or a second time
      yield patch(world, who, { stray: '' }); // lost
    }
    if (refresher.at === 'over' || refresher.at === 'dead') continue;
    yield* crash(world, who, refresher);
    yield* proceed(world, who, refresher);
  }
}

function* crash(world: World, who: number, { at, token }: Refresher): Generator<World> {
  const dead = patch(world, who, { at: 'dead' });
  yield at === 'got' && token ? excuse(dead, 'the holder died with the new token') : dead;
}

function* proceed(world: World, who: number, refresher: Refresher): Generator<World> {
  const attempt = attemptOf(who, refresher);
  const sent = (script: Refresher['stray'], then: (word: string, after: World) => World): World[] => {
    const { world: after, word } = call(world, who, script, attempt);
    const again = call(after, who, script, attempt); // the reply was lost, and the same call is sent once more
    const stray = { stray: script, strayAttempt: attempt };
    return [then(word, after), then(again.word, again.world), then(word, patch(after, who, stray))];
  };
  if (refresher.at === 'start') {
    yield* sent('checkout', (word, after) => {
      if (word === 'yours') return patch(after, who, { at: 'yours' });
      return word === 'busy' || word === 'backoff' ? after : patch(after, who, { at: 'over' });
    });
    // Both replies lost: a 503, and what the question may have done, or may do yet, is taken back.
    yield patch(call(world, who, 'checkout', attempt).world, who, { at: 'unheard' });
    yield patch(world, who, { at: 'unheard', stray: 'checkout', strayAttempt: attempt });
  } else if (refresher.at === 'unheard') {
    const next = nextOf(refresher);
    const { world: after } = call(world, who, 'abandon unused', attempt);
    yield patch(after, who, next);
    yield patch(world, who, next); // nor does that arrive
    if (!refresher.stray) yield patch(world, who, { ...next, stray: 'abandon unused', strayAttempt: attempt });
  } else if (refresher.at === 'yours') {
    yield* present(world, who);
  } else if (refresher.at === 'got') {
    yield* sent('commit', (word, after) => {
      const done = patch(after, who, { at: 'over' });
      if (word === 'superseded') return excuse(done, 'another attempt took its place');
      return word === 'ok' ? done : revoke(done, refresher.token);
    });
    const silent = 'Redis did not answer after the provider had';
    yield excuse(patch(call(world, who, 'commit', attempt).world, who, { at: 'over' }), silent);
    yield excuse(patch(world, who, { at: 'over' }), silent);
  } else {
    const heard = { unused: 'abandon unused', paused: 'abandon paused', unknown: 'abandon unknown' } as const;
    const script = heard[refresher.at as keyof typeof heard];
    const next = refresher.at === 'unknown' ? { at: 'over' as const } : nextOf(refresher);
    yield* sent(script, (_, after) => patch(after, who, next));
    yield patch(world, who, { at: 'over' }); // never arrived
  }
}

/** Another attempt, or none. */
const nextOf = ({ attempts }: Refresher): Partial<Refresher> =>
  attempts + 1 < rules.attempts ? { at: 'start', attempts: attempts + 1 } : { at: 'over' };

/** The provider rotates strictly: the last token that it issued is good, an older one is a replay. */
function* present(world: World, who: number): Generator<World> {
  yield patch(world, who, { at: 'unused' }); // no connection: not processed, and known to be so
  yield patch(world, who, { at: 'paused' }); // 429, 503: likewise, and the whole deployment has to wait
  // `use_dpop_nonce` (RFC 9449 §8): not processed, and the same attempt presents it once more. For the record that is one
  // presentation that takes longer; that no token comes twice in another way is shown by the ledger in the story of DPoP.
  yield world;
  yield patch(world, who, { at: 'unknown' }); // never arrived, and no isolate knows
  const token = rt(1);
  if (world.revoked.includes(token)) {
    yield patch(world, who, { at: 'over' }); // invalid_grant: a logout has been here
    return;
  }
  if (world.issued > 1) {
    yield { ...patch(world, who, { at: 'over' }), reused: true };
    return;
  }
  const issued = world.issued + 1;
  yield patch({ ...world, issued }, who, { at: 'got', token: rt(issued) });
  yield excuse(patch({ ...world, issued }, who, { at: 'unknown' }), 'the answer was lost');
}

type Checkout = typeof checkout;
let rules: { readonly checkout: Checkout; readonly attempts: number };

function explore(refreshers: number, attempts = MAX_ATTEMPTS, withCheckout: Checkout = checkout) {
  rules = { checkout: withCheckout, attempts };
  const first = start(refreshers);
  const seen = new Set([keyOf(first)]);
  const queue = [first];
  const quiet: World[] = [];
  for (let world = queue.pop(); world; world = queue.pop()) {
    check(world);
    if (world.refreshers.every(({ at, stray }) => !stray && (at === 'over' || at === 'dead'))) quiet.push(world);
    for (const next of successors(world)) {
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push(next);
    }
  }
  return { states: seen.size, quiet };
}

/** Equal for equal worlds: all values in their order. `JSON.stringify`, with the names, takes most of the time that there is. */
function keyOf(part: unknown): string {
  if (typeof part !== 'object' || part === null) return `${part};`;
  let key = '(';
  if (Array.isArray(part)) for (const one of part) key += keyOf(one);
  else for (const name in part) key += keyOf((part as Record<string, unknown>)[name]);
  return `${key})`;
}

function check(world: World): void {
  const story = () => JSON.stringify(world);
  if (world.reused) throw new Error(`a used token was presented again: ${story()}`);
  if (world.loggedOut && world.record && world.record.state !== 'removed')
    throw new Error(`logout was undone: ${story()}`);
  if (!world.loggedOut && world.record && world.revoked.includes(world.record.token))
    throw new Error(`the token that the record holds was revoked: ${story()}`);
  if (world.record?.state === 'idle' && world.record.generation > 2)
    throw new Error(`one token, two renewals: ${story()}`);
}

/** The rotated token is in the record, or revoked, or there is a named reason why it is in neither. */
function accountedFor({ record, issued, revoked, excuses }: World): boolean {
  if (issued === 1) return true;
  return record?.token === rt(issued) || revoked.includes(rt(issued)) || excuses.length > 0;
}

/** A request after everything is over gets an answer that leads somewhere: never "wait" for ever. */
function hasExit({ record, breaker }: World): boolean {
  const [, [word]] = checkout(record, { attempt: 'later', seen: 1, leaseMs: LEASE, overlapMs: 0, breaker, now: 1e9 });
  return word !== 'busy' && word !== 'backoff';
}

describe('the renewal machine, explored exhaustively', () => {
  it('two refreshers and one logout: no reuse, no lost token without a name, logout wins, every state has an exit', {
    timeout: 240_000,
  }, () => {
    const { states, quiet } = explore(2);
    expect(states).toBeGreaterThan(10_000); // or the exploration has stopped exploring
    expect(quiet.filter((world) => !accountedFor(world))).toEqual([]);
    expect(quiet.filter((world) => !hasExit(world))).toEqual([]);
    expect(quiet.some(({ record }) => record?.state === 'idle' && record.generation === 2)).toBe(true);
    // Where tokens rotate strictly, no attempt takes the place of one that has brought something.
    expect(quiet.flatMap(({ excuses }) => excuses)).not.toContain('another attempt took its place');
  });

  it('three refreshers and one logout, one attempt each', { timeout: 240_000 }, () => {
    const { states, quiet } = explore(3, 1);
    expect(states).toBeGreaterThan(50_000);
    expect(quiet.filter((world) => !accountedFor(world))).toEqual([]);
    expect(quiet.filter((world) => !hasExit(world))).toEqual([]);
  });

  it('a checkout whose replies are lost costs no session: it is undone, and the next one may renew', () => {
    const args = { seen: 1, leaseMs: LEASE, overlapMs: 0, breaker: null, now: 1 };
    const [asked] = checkout(put(null, 'login', rt(1))[0], { ...args, attempt: 'a' });
    const back = { attempt: 'a', kind: 'unused', backoffMs: 0, pauseMs: -1, breaker: null, now: 2 } as const;
    const [takenBack] = abandon(asked, back);
    expect(checkout(takenBack, { ...args, attempt: 'b', now: LEASE + 2 })[1][0]).toBe('yours');
  });

  const overLease: Checkout = (record, args) => {
    const over = record?.state === 'refreshing' && record.lease <= args.now;
    return checkout(over ? { ...record, state: 'idle' } : record, args);
  };
  const optimist: Checkout = (record, args) =>
    checkout(record?.state === 'uncertain' ? { ...record, state: 'idle' } : record, args);
  const openHouse: Checkout = (record, args) => {
    const [after, reply, breaker] = checkout(record, args);
    return [after, reply[0] === 'busy' ? ['yours', 1, rt(1)] : reply, breaker];
  };
  // Each of these is a mistake that looks like an improvement. If the exploration accepted one, it would prove nothing.
  it.each([
    ['lets the next one through when a lease has run out', overLease],
    ['takes an uncertain outcome for a failed one', optimist],
    ['lets every attempt present the token', openHouse],
  ])('notices a machine that %s', (_, careless) => {
    expect(() => explore(2, MAX_ATTEMPTS, careless)).toThrow('a used token was presented again');
  });
});
