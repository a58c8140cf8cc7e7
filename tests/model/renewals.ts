import { abandon, type Breaker, checkout, commit, put, type Rec, type Reply, remove, settle } from './machine';

/**
 * Every schedule of workers that renew and one logout over one record, one provider with strict rotation, and a network that loses
 * replies, delivers twice and delivers late. A worker may crash after each of its steps.
 *
 * A worker wants another token than that of the sign-in, which is over or was refused (`main`), or one for a target (`target`). What
 * the record seals stands there as text: its refresh token, which token of the sign-in it has, and whether it has the target's.
 */
export interface Worker {
  readonly wants: 'main' | 'target';
  readonly at:
    | 'start'
    | 'unheard'
    | 'yours'
    /** The provider has said `invalid_grant` of the target: a plain refresh of the same attempt is to tell. */
    | 'unsure'
    | 'got'
    | 'unknown'
    | 'unused'
    | 'paused'
    | 'denied'
    /** The provider has refused the target after it had rotated. */
    | 'spent'
    | 'over'
    | 'dead';
  readonly attempts: number;
  /** The generation that it has, which is not what it wants. */
  readonly seen: number;
  /** What the record sealed when it got the lease. */
  readonly held: string;
  /** What it has to store. */
  readonly brought: string;
  /** A copy of its last script call that is still under way somewhere. */
  readonly stray: Call | '';
}

type ScriptName = 'checkout' | 'commit' | 'abandon unused' | 'abandon paused' | 'abandon unknown';

interface Call {
  readonly script: ScriptName;
  readonly attempt: string;
  readonly seen: number;
  readonly brought: string;
}

export interface World {
  readonly record: Rec;
  readonly breaker: Breaker;
  readonly clock: 'in lease' | 'lease over';
  readonly workers: readonly Worker[];
  readonly loggedOut: boolean;
  /** Refresh tokens that the provider issued in order; only the last one is good, unless it was revoked. */
  readonly issued: number;
  /** How often it gave a token of the sign-in in renewals, and one for the target. */
  readonly mains: number;
  readonly targets: number;
  readonly revoked: readonly string[];
  /** What must never happen. */
  readonly fault: string;
  /** Why a rotated token may be lost. */
  readonly excuses: readonly string[];
}

export const LEASE = 10;
/** Over when a lease is. */
const PAUSE = 10;
export const rt = (index: number) => `rt-${index}`;
const sealed = (refresh: number, main: number, target: boolean) => `${rt(refresh)} main-${main} ${target}`;
/** The refresh token in what a record seals. */
export const refreshIn = (set: string): string => set.split(' ')[0] ?? '';
const mainIn = (set: string): number => Number(set.split(' ')[1]?.slice('main-'.length));
const hasTarget = (set: string): boolean => set.endsWith('true');
const has = ({ wants }: Worker, set: string) => (wants === 'target' ? hasTarget(set) : mainIn(set) > 1);
const nowOf = (world: World) => (world.clock === 'in lease' ? 1 : LEASE + 1);
const attemptOf = (who: number, { attempts }: Worker) => `w${who}.${attempts}`;

const start = (wanted: readonly Worker['wants'][]): World => ({
  record: put(null, 'login', sealed(1, 1, false))[0],
  breaker: null,
  clock: 'in lease',
  workers: wanted.map((wants) => ({ wants, at: 'start', attempts: 0, seen: 1, held: '', brought: '', stray: '' })),
  loggedOut: false,
  issued: 1,
  mains: 0,
  targets: 0,
  revoked: [],
  fault: '',
  excuses: [],
});

const patch = (world: World, who: number, change: Partial<Worker>): World => ({
  ...world,
  workers: world.workers.map((one, index) => (index === who ? { ...one, ...change } : one)),
});
const excuse = (world: World, why: string): World => ({
  ...world,
  excuses: [...new Set([...world.excuses, why])].sort(),
});
const revoke = (world: World, set: string): World =>
  set ? { ...world, revoked: [...new Set([...world.revoked, refreshIn(set)])].sort() } : world;
/** A worker has what it wants. */
const served = (world: World, who: number): World => ({
  ...patch(world, who, { at: 'over' }),
  fault: world.loggedOut ? 'a worker got a token of a removed session' : world.fault,
});

/** Runs a script; the answer may be lost, and a copy of the call may stay under way. */
function call(world: World, { script, attempt, seen, brought }: Call): { world: World; reply: Reply } {
  const { record, breaker } = world;
  const now = nowOf(world);
  if (script === 'checkout') {
    const args = { attempt, seen, leaseMs: LEASE, overlapMs: 0, breaker, now };
    const [after, reply, moved] = rules.checkout(record, args);
    return { world: { ...world, record: after, breaker: moved }, reply };
  }
  if (script === 'commit') {
    const [after, reply] = rules.commit(record, attempt, seen, brought, 'yes');
    return { world: { ...world, record: after, breaker: settle(breaker, attempt, 0, now) }, reply };
  }
  const kind = script === 'abandon unknown' ? 'unknown' : 'unused';
  const pauseMs = script === 'abandon paused' ? PAUSE : -1;
  const [after, reply, moved] = abandon(record, { attempt, kind, backoffMs: 0, pauseMs, breaker, now });
  return { world: { ...world, record: after, breaker: moved }, reply };
}

/** Everything that may happen next. */
function* successors(world: World): Generator<World> {
  if (world.clock === 'in lease') yield { ...world, clock: 'lease over' };
  if (!world.loggedOut) {
    const [record, [, held]] = remove(world.record, 'logout');
    yield revoke({ ...world, record, loggedOut: true }, String(held ?? ''));
  }
  for (const [who, worker] of world.workers.entries()) {
    if (worker.stray) {
      yield patch(call(world, worker.stray).world, who, { stray: '' }); // delivered late, or a second time
      yield patch(world, who, { stray: '' }); // lost
    }
    if (worker.at === 'over' || worker.at === 'dead') continue;
    const dead = patch(world, who, { at: 'dead' });
    yield worker.at === 'got' ? excuse(dead, 'the holder died with the new token') : dead;
    yield* proceed(world, who, worker);
  }
}

const ABANDONS = {
  unused: 'abandon unused',
  denied: 'abandon unused',
  paused: 'abandon paused',
  unknown: 'abandon unknown',
} as const;

function* proceed(world: World, who: number, worker: Worker): Generator<World> {
  const { at, seen, brought } = worker;
  const attempt = attemptOf(who, worker);
  const callOf = (script: ScriptName): Call => ({ script, attempt, seen, brought });
  const sent = (script: ScriptName, then: (reply: Reply, after: World) => World): World[] => {
    const { world: after, reply } = call(world, callOf(script));
    const again = call(after, callOf(script)); // the reply was lost, and the same call is sent once more
    return [
      then(reply, after),
      then(again.reply, again.world),
      then(reply, patch(after, who, { stray: callOf(script) })),
    ];
  };
  if (at === 'start') {
    yield* sent('checkout', ([word, generation, set], after) =>
      answered(after, who, word, Number(generation), String(set)),
    );
    // Both replies lost: a 503, and what the question may have done, or may do yet, is taken back.
    yield patch(call(world, callOf('checkout')).world, who, { at: 'unheard' });
    yield patch(world, who, { at: 'unheard', stray: callOf('checkout') });
  } else if (at === 'unheard') {
    const next = nextOf(worker);
    yield patch(call(world, callOf('abandon unused')).world, who, next);
    yield patch(world, who, next); // nor does that arrive
    if (!worker.stray) yield patch(world, who, { ...next, stray: callOf('abandon unused') });
  } else if (at === 'yours' || at === 'unsure') {
    yield* present(world, who, worker);
  } else if (at === 'got') {
    yield* sent('commit', ([word], after) => {
      if (word === 'ok') return served(after, who);
      const done = patch(after, who, { at: 'over' });
      return word === 'superseded' ? excuse(done, 'another attempt took its place') : revoke(done, brought);
    });
    const silent = 'Redis did not answer after the provider had';
    yield excuse(patch(call(world, callOf('commit')).world, who, { at: 'over' }), silent);
    yield excuse(patch(world, who, { at: 'over' }), silent);
  } else {
    const next = at === 'unknown' || at === 'denied' || at === 'spent' ? ({ at: 'over' } as const) : nextOf(worker);
    const script = at === 'spent' ? rules.spent : ABANDONS[at as keyof typeof ABANDONS];
    yield* sent(script, (_, after) => patch(after, who, next));
    yield patch(world, who, { at: 'over' }); // never arrived
  }
}

/** What a worker does with the answer to its checkout. */
function answered(world: World, who: number, word: string, generation: number, set: string): World {
  const worker = world.workers[who] as Worker;
  if (word === 'yours') return patch(world, who, { at: 'yours', held: set });
  if (word === 'busy' || word === 'backoff') return world;
  if (word !== 'fresh') return patch(world, who, { at: 'over' });
  if (has(worker, set)) return served(world, who);
  return rules.unmet(patch(world, who, { ...nextOf(worker), seen: generation }), who, set);
}

/** Another attempt, or none. */
const nextOf = ({ attempts }: Worker): Partial<Worker> =>
  attempts + 1 < rules.attempts ? { at: 'start', attempts: attempts + 1 } : { at: 'over' };

/** The provider rotates strictly: the last token that it issued is good, an older one is a replay. */
function* present(world: World, who: number, { wants, at, held }: Worker): Generator<World> {
  yield patch(world, who, { at: 'unused' }); // no connection: not processed, and known to be so
  yield patch(world, who, { at: 'paused' }); // 429, 503: likewise, and the whole deployment has to wait
  // `use_dpop_nonce` (RFC 9449 §8): not processed, and the same attempt presents it once more. For the record that is one
  // presentation that takes longer; that no token comes twice in another way is shown by the ledger in the story of DPoP.
  yield world;
  yield patch(world, who, { at: 'unknown' }); // never arrived, and no isolate knows
  const token = refreshIn(held);
  if (world.revoked.includes(token)) {
    yield patch(world, who, { at: 'over' }); // invalid_grant: a logout has been here
    return;
  }
  if (token !== rt(world.issued)) {
    yield { ...patch(world, who, { at: 'over' }), fault: 'a used token was presented again' };
    return;
  }
  const forTarget = wants === 'target' && at === 'yours';
  if (forTarget) {
    yield patch(world, who, { at: 'denied' }); // invalid_target and the like: not used
    // invalid_grant: a plain refresh tells, but not within ten seconds of the last one
    yield mainIn(held) === 1
      ? rules.unsure(patch(world, who, { at: 'unsure' }), who)
      : patch(world, who, { at: 'denied' });
  }
  const issued = world.issued + 1;
  if (forTarget) yield excuse(patch({ ...world, issued }, who, { at: 'spent' }), 'the target was refused too late');
  const given = forTarget
    ? { ...world, issued, targets: world.targets + 1 }
    : { ...world, issued, mains: world.mains + 1 };
  const set = rules.stored(
    held,
    forTarget ? sealed(issued, mainIn(held), true) : sealed(issued, mainIn(held) + 1, hasTarget(held)),
  );
  yield patch(given, who, { at: 'got', brought: set });
  yield excuse(patch(given, who, { at: 'unknown' }), 'the answer was lost');
}

/** What a world is explored by; all but `attempts` are there to be replaced by mistakes. */
const honest = {
  checkout,
  commit,
  attempts: 2,
  /** `fresh`, and not what is wanted: asked again with that generation. */
  unmet: (world: World, _who: number, _set: string): World => world,
  /** The attempt goes on with its lease. */
  unsure: (world: World, _who: number): World => world,
  /** What is told of a refresh token whose target was refused as `invalid_target`. */
  spent: 'abandon unknown' as ScriptName,
  /** What goes into the record. */
  stored: (_held: string, brought: string): string => brought,
};
export type Rules = typeof honest;
let rules = honest;

export function explore(wanted: readonly Worker['wants'][], withRules: Partial<Rules> = {}) {
  rules = { ...honest, ...withRules };
  const first = start(wanted);
  const seen = new Set([keyOf(first)]);
  const queue = [first];
  const quiet: World[] = [];
  for (let world = queue.pop(); world; world = queue.pop()) {
    check(world);
    if (world.workers.every(({ at, stray }) => !stray && (at === 'over' || at === 'dead'))) quiet.push(world);
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
  const { record, fault } = world;
  const fail = (what: string) => {
    throw new Error(`${what}: ${JSON.stringify(world)}`);
  };
  if (fault) fail(fault);
  if (world.loggedOut && record && record.state !== 'removed') fail('logout was undone');
  if (!world.loggedOut && record && world.revoked.includes(refreshIn(record.token)))
    fail('the token that the record holds was revoked');
  if (world.mains > 1 || world.targets > 1) fail('the provider was asked twice for one token');
}

/** The rotated token is in the record, or revoked, or there is a named reason why it is in neither. */
export function accountedFor({ record, issued, revoked, excuses }: World): boolean {
  if (issued === 1) return true;
  return (record && refreshIn(record.token) === rt(issued)) || revoked.includes(rt(issued)) || excuses.length > 0;
}

/** A request after everything is over gets an answer that leads somewhere: never "wait" for ever. */
export function hasExit({ record, breaker }: World): boolean {
  const seen = record && record.state !== 'removed' ? record.generation : 1;
  const args = { attempt: 'later', seen, leaseMs: LEASE, overlapMs: 0, breaker, now: 1e9 };
  const [, [word]] = checkout(record, args);
  return word !== 'busy' && word !== 'backoff';
}
