import { describe, expect, it } from 'vitest';
import { explore } from './explore';
import { abandon, type Breaker, checkout, commit, put, type Rec, type Reply, remove, settle } from './machine';

/**
 * Every schedule of three sessions, with one renewal each, over one circuit breaker. A renewal may crash after each of its
 * steps, its last word may be delivered twice or not at all, and one session is signed out at any time.
 */
interface Renewal {
  readonly who: number;
  readonly record: Rec;
  /** `flying`: the token is on its way. What the provider said, until Redis is told: the last three. */
  readonly at: 'start' | 'flying' | 'paused' | 'silent' | 'ended' | 'got' | 'over';
}

/** What all renewals share. */
interface World {
  readonly breaker: Breaker;
  readonly now: number;
  /** When each renewal got leave to try for all, while Redis does not know what came of it; -1 otherwise. */
  readonly probingSince: readonly number[];
  /** No attempt may leave before this time: the latest pause that Redis was told of. */
  readonly quietUntil: number;
  readonly fault: string;
}
type Step = readonly [World, Renewal];

const LEASE = 10;
const PAUSE = 10;
/** Each is past every lease and pause of the one before. */
const TIMES = [0, 11, 22];
const SESSIONS = [0, 1, 2];
const attemptOf = ({ who }: Renewal) => `attempt-${who}`;

const start = (breaker: Breaker): World => ({
  breaker,
  now: 0,
  probingSince: SESSIONS.map(() => -1),
  quietUntil: breaker?.until ?? 0,
  fault: '',
});
const renewalOf = (who: number): Renewal => ({ who, record: put(null, `login-${who}`, `rt-${who}`)[0], at: 'start' });

function* drift(world: World): Generator<World> {
  const later = TIMES[TIMES.indexOf(world.now) + 1];
  if (later !== undefined) yield { ...world, now: later };
}

function* steps(world: World, renewal: Renewal): Generator<Step> {
  const { who, record, at } = renewal;
  if (who === 0 && record?.state !== 'removed') yield [world, { ...renewal, record: remove(record, 'logout')[0] }];
  if (at === 'over') return;
  yield [world, { ...renewal, at: 'over' }]; // it crashes, or what it says never arrives
  if (at === 'start') yield asked(world, renewal);
  else if (at === 'flying')
    for (const heard of ['paused', 'silent', 'ended', 'got'] as const) yield [world, { ...renewal, at: heard }];
  else {
    const once = told(world, renewal, at);
    yield once;
    yield told(...once, at); // the reply was lost
  }
}

const probes = (world: World, { who }: Renewal, since: number): World => ({
  ...world,
  probingSince: world.probingSince.with(who, since),
});

function asked(world: World, renewal: Renewal): Step {
  const { now, breaker } = world;
  const args = { attempt: attemptOf(renewal), seen: 1, leaseMs: LEASE, overlapMs: 0, breaker, now };
  const [record, [word], moved] = rules.checkout(renewal.record, args);
  const after = { ...world, breaker: moved };
  if (word === 'backoff') return [after, { ...renewal, record }];
  if (word !== 'yours') return [after, { ...renewal, record, at: 'over' }];
  const probing = world.probingSince.some((since) => since >= 0 && now < since + LEASE);
  const fault = now < world.quietUntil ? 'during a pause' : breaker && probing ? 'beside a probe' : '';
  return [
    { ...probes(after, renewal, breaker ? now : -1), fault },
    { ...renewal, record, at: 'flying' },
  ];
}

/** Redis hears what became of a renewal. */
function told(world: World, renewal: Renewal, heard: Exclude<Renewal['at'], 'start' | 'flying' | 'over'>): Step {
  const { now, breaker } = world;
  const { record } = renewal;
  const attempt = attemptOf(renewal);
  const over = (after: World, next: Rec): Step => [
    probes(after, renewal, -1),
    { ...renewal, record: next, at: 'over' },
  ];
  if (heard === 'got') {
    const [after] = commit(record, attempt, 1, `rt-${renewal.who}-next`, 'yes');
    return over({ ...world, breaker: rules.settle(breaker, attempt, 0, now) }, after);
  }
  const kind = heard === 'silent' ? 'unknown' : 'unused';
  const pauseMs = { paused: PAUSE, silent: -1, ended: 0 }[heard];
  const ended = heard === 'ended' ? remove(record, attempt)[0] : record;
  const [after, , next] = abandon(ended, { attempt, kind, backoffMs: 0, pauseMs, breaker, now });
  const isNews = heard === 'paused' && next !== breaker;
  const quietUntil = isNews ? Math.max(world.quietUntil, now + PAUSE) : world.quietUntil;
  return over({ ...world, breaker: next, quietUntil }, after);
}

const honest = { checkout, settle };
let rules: { readonly checkout: typeof checkout; readonly settle: typeof settle } = honest;

function exploreBreaker(breaker: Breaker, withRules: Partial<typeof rules> = {}) {
  rules = { ...honest, ...withRules };
  return explore<World, Renewal>({
    shared: start(breaker),
    parties: SESSIONS.map(renewalOf),
    drift,
    steps,
    check(world) {
      if (world.fault) throw new Error(`an attempt left ${world.fault}: ${JSON.stringify(world)}`);
    },
    isOver: ({ at }) => at === 'over',
  });
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
      const { states, quiet } = exploreBreaker(breaker);
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
    expect(() => exploreBreaker(breaker, careless)).toThrow(`an attempt left ${fault}`);
  });
});
