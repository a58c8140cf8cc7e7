import { describe, expect, it } from 'vitest';
import { abandon, type Breaker, checkout, commit, put, type Rec, type Reply, remove, settle } from './machine';

/**
 * Every schedule of three sessions, with one renewal each, over one circuit breaker. A renewal may crash after each of its
 * steps, its last word may be delivered twice or not at all, and one session is signed out at any time.
 */
interface Renewal {
  /** `flying`: the token is on its way. What the provider said, until Redis is told: the last three. */
  readonly at: 'start' | 'flying' | 'paused' | 'silent' | 'ended' | 'got' | 'over';
  /** When it got leave to try for all, while Redis does not know what came of it; -1 otherwise. */
  readonly probingSince: number;
}

interface World {
  readonly records: readonly Rec[];
  readonly renewals: readonly Renewal[];
  readonly breaker: Breaker;
  readonly now: number;
  /** No attempt may leave before this time: the latest pause that Redis was told of. */
  readonly quietUntil: number;
  readonly fault: string;
}

const LEASE = 10;
const PAUSE = 10;
/** Each is past every lease and pause of the one before. */
const TIMES = [0, 11, 22];
const SESSIONS = 3;
const attemptOf = (who: number) => `attempt-${who}`;

const start = (breaker: Breaker): World => ({
  records: Array.from({ length: SESSIONS }, (_, who) => put(null, `login-${who}`, `rt-${who}`)[0]),
  renewals: Array.from({ length: SESSIONS }, () => ({ at: 'start', probingSince: -1 })),
  breaker,
  now: 0,
  quietUntil: breaker?.until ?? 0,
  fault: '',
});

const replaced = <T>(list: readonly T[], place: number, value: T) =>
  list.map((old, index) => (index === place ? value : old));
const patch = (world: World, who: number, change: Partial<Renewal>): World => ({
  ...world,
  renewals: replaced(world.renewals, who, { ...(world.renewals[who] as Renewal), ...change }),
});
const moved = (world: World, who: number, record: Rec, breaker: Breaker): World => ({
  ...world,
  records: replaced(world.records, who, record),
  breaker,
});

function* successors(world: World): Generator<World> {
  const later = TIMES[TIMES.indexOf(world.now) + 1];
  if (later !== undefined) yield { ...world, now: later };
  const [signedOut] = remove(world.records[0] ?? null, 'logout');
  if (world.records[0]?.state !== 'removed') yield moved(world, 0, signedOut, world.breaker);
  for (const [who, { at }] of world.renewals.entries()) {
    if (at === 'over') continue;
    yield patch(world, who, { at: 'over' }); // it crashes, or what it says never arrives
    if (at === 'start') yield asked(world, who);
    else if (at === 'flying')
      for (const heard of ['paused', 'silent', 'ended', 'got'] as const) yield patch(world, who, { at: heard });
    else {
      yield told(world, who, at);
      yield told(told(world, who, at), who, at); // the reply was lost
    }
  }
}

function asked(world: World, who: number): World {
  const args = {
    attempt: attemptOf(who),
    seen: 1,
    leaseMs: LEASE,
    overlapMs: 0,
    breaker: world.breaker,
    now: world.now,
  };
  const [record, [word], breaker] = rules.checkout(world.records[who] ?? null, args);
  const after = moved(world, who, record, breaker);
  if (word !== 'yours') return word === 'backoff' ? after : patch(after, who, { at: 'over' });
  const probing = world.renewals.some(({ probingSince }) => probingSince >= 0 && world.now < probingSince + LEASE);
  const fault = world.now < world.quietUntil ? 'during a pause' : world.breaker && probing ? 'beside a probe' : '';
  return { ...patch(after, who, { at: 'flying', probingSince: world.breaker ? world.now : -1 }), fault };
}

/** Redis hears what became of a renewal. */
function told(world: World, who: number, heard: Exclude<Renewal['at'], 'start' | 'flying' | 'over'>): World {
  const { now, breaker } = world;
  const attempt = attemptOf(who);
  const record = world.records[who] ?? null;
  const over = (next: World) => patch(next, who, { at: 'over', probingSince: -1 });
  if (heard === 'got') {
    const [after] = commit(record, attempt, 1, `rt-${who}-next`, 'yes');
    return over(moved(world, who, after, rules.settle(breaker, attempt, 0, now)));
  }
  const kind = heard === 'silent' ? 'unknown' : 'unused';
  const pauseMs = { paused: PAUSE, silent: -1, ended: 0 }[heard];
  const ended = heard === 'ended' ? remove(record, attempt)[0] : record;
  const [after, , next] = abandon(ended, { attempt, kind, backoffMs: 0, pauseMs, breaker, now });
  const isNews = heard === 'paused' && next !== breaker;
  const quietUntil = isNews ? Math.max(world.quietUntil, now + PAUSE) : world.quietUntil;
  return over({ ...moved(world, who, after, next), quietUntil });
}

const honest = { checkout, settle };
let rules: { readonly checkout: typeof checkout; readonly settle: typeof settle } = honest;

function explore(breaker: Breaker, withRules: Partial<typeof rules> = {}) {
  rules = { ...honest, ...withRules };
  const first = start(breaker);
  const seen = new Set([JSON.stringify(first)]);
  const queue = [first];
  const quiet: World[] = [];
  for (let world = queue.pop(); world; world = queue.pop()) {
    if (world.fault) throw new Error(`an attempt left ${world.fault}: ${JSON.stringify(world)}`);
    if (world.renewals.every(({ at }) => at === 'over')) quiet.push(world);
    for (const next of successors(world)) {
      const key = JSON.stringify(next);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push(next);
    }
  }
  return { states: seen.size, quiet };
}

/** What a new session's renewal is told when everything is long over. */
function later({ breaker }: World): Reply {
  const args = { attempt: 'later', seen: 1, leaseMs: LEASE, overlapMs: 0, breaker, now: 1e9 };
  return checkout(put(null, 'login', 'rt')[0], args)[1];
}

describe('the circuit breaker of renewals, explored exhaustively', () => {
  const OPEN: Breaker = { until: PAUSE, probe: '', lease: 0 };
  it.each([
    ['open', OPEN],
    ['closed', null],
  ])(
    '%s at first: no attempt leaves in a pause, one at a time after it, and none is held back for ever',
    {
      timeout: 240_000,
    },
    (_, breaker) => {
      const { states, quiet } = explore(breaker);
      expect(states).toBeGreaterThan(5_000);
      expect(quiet.filter((world) => later(world)[0] !== 'yours')).toEqual([]);
      expect(quiet.some((world) => world.breaker === null && world.quietUntil > 0)).toBe(true); // a probe has closed it
      expect(quiet.some((world) => (world.breaker?.until ?? 0) > 2 * PAUSE)).toBe(true); // another one has opened it again
    },
  );

  // Each of these is a mistake that looks like an improvement.
  it.each<[string, Breaker, Partial<typeof rules>, string]>([
    [
      'lets every attempt through in the pause',
      OPEN,
      { checkout: (record, args) => checkout(record, { ...args, breaker: null }) },
      'during a pause',
    ],
    [
      'does not wait for the probe',
      OPEN,
      {
        checkout: (record, args) =>
          checkout(record, { ...args, breaker: args.breaker && { ...args.breaker, probe: '' } }),
      },
      'beside a probe',
    ],
    [
      'takes the success of an attempt from before the pause for news',
      null,
      { settle: (breaker, attempt, pauseMs, now) => (pauseMs === 0 ? null : settle(breaker, attempt, pauseMs, now)) },
      'during a pause',
    ],
  ])('notices a breaker that %s', (_, breaker, careless, fault) => {
    expect(() => explore(breaker, careless)).toThrow(`an attempt left ${fault}`);
  });
});
