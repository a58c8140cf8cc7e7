import { explore } from './explore';
import { abandon, type Breaker, checkout, commit, put, type Rec, type Reply, remove, settle } from './machine';

/**
 * Every schedule of workers that renew and one logout over one record, one provider with strict rotation, and a network that loses
 * replies, delivers twice and delivers late. A worker may crash after each of its steps.
 *
 * A worker wants another token than that of the sign-in, which is over or was refused (`main`), or one for a target (`target`). What
 * the record seals stands there as text: its refresh token, which token of the sign-in it has, and whether it has the target's.
 */
export interface Worker {
  /** What its attempts are called by. */
  readonly name: string;
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

/** What all workers share. */
export interface World {
  readonly record: Rec;
  readonly breaker: Breaker;
  readonly clock: 'in lease' | 'lease over';
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
/** What one worker sees. */
export interface View extends World {
  readonly worker: Worker;
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
export const attemptOf = ({ name, attempts }: Worker) => `${name}.${attempts}`;

const START: World = {
  record: put(null, 'login', sealed(1, 1, false))[0],
  breaker: null,
  clock: 'in lease',
  loggedOut: false,
  issued: 1,
  mains: 0,
  targets: 0,
  revoked: [],
  fault: '',
  excuses: [],
};
const workerOf = (wants: Worker['wants'], place: number): Worker => ({
  name: `w${place}`,
  wants,
  at: 'start',
  attempts: 0,
  seen: 1,
  held: '',
  brought: '',
  stray: '',
});

const patch = (view: View, change: Partial<Worker>): View => ({ ...view, worker: { ...view.worker, ...change } });
const excuse = (view: View, why: string): View => ({ ...view, excuses: [...new Set([...view.excuses, why])].sort() });
const revoke = <Seen extends World>(seen: Seen, set: string): Seen =>
  set ? { ...seen, revoked: [...new Set([...seen.revoked, refreshIn(set)])].sort() } : seen;
/** A worker has what it wants. */
const served = (view: View): View => ({
  ...patch(view, { at: 'over' }),
  fault: view.loggedOut ? 'a worker got a token of a removed session' : view.fault,
});

/** Runs a script; the answer may be lost, and a copy of the call may stay under way. */
function call(view: View, { script, attempt, seen, brought }: Call): { view: View; reply: Reply } {
  const { record, breaker } = view;
  const now = nowOf(view);
  if (script === 'checkout') {
    const args = { attempt, seen, leaseMs: LEASE, overlapMs: 0, breaker, now };
    const [after, reply, moved] = rules.checkout(record, args);
    return { view: { ...view, record: after, breaker: moved }, reply };
  }
  if (script === 'commit') {
    const [after, reply] = rules.commit(record, attempt, seen, brought, 'yes');
    return { view: { ...view, record: after, breaker: settle(breaker, attempt, 0, now) }, reply };
  }
  const kind = script === 'abandon unknown' ? 'unknown' : 'unused';
  const pauseMs = script === 'abandon paused' ? PAUSE : -1;
  const [after, reply, moved] = abandon(record, { attempt, kind, backoffMs: 0, pauseMs, breaker, now });
  return { view: { ...view, record: after, breaker: moved }, reply };
}

/** What may happen without a worker. */
function* drift(world: World): Generator<World> {
  if (world.clock === 'in lease') yield { ...world, clock: 'lease over' };
  if (world.loggedOut) return;
  const [record, [, held]] = remove(world.record, 'logout');
  yield revoke({ ...world, record, loggedOut: true }, String(held ?? ''));
}

/** Everything that may become of a worker next. */
function* steps(view: View): Generator<View> {
  const { stray, at } = view.worker;
  if (stray) {
    yield patch(call(view, stray).view, { stray: '' }); // delivered late, or a second time
    yield patch(view, { stray: '' }); // lost
  }
  if (at === 'over' || at === 'dead') return;
  const dead = patch(view, { at: 'dead' });
  yield at === 'got' ? excuse(dead, 'the holder died with the new token') : dead;
  yield* proceed(view);
}

const ABANDONS = {
  unused: 'abandon unused',
  denied: 'abandon unused',
  paused: 'abandon paused',
  unknown: 'abandon unknown',
} as const;

function* proceed(view: View): Generator<View> {
  const { worker } = view;
  const { at, seen, brought } = worker;
  const attempt = attemptOf(worker);
  const callOf = (script: ScriptName): Call => ({ script, attempt, seen, brought });
  const sent = (script: ScriptName, then: (reply: Reply, after: View) => View): View[] => {
    const { view: after, reply } = call(view, callOf(script));
    const again = call(after, callOf(script)); // the reply was lost, and the same call is sent once more
    return [then(reply, after), then(again.reply, again.view), then(reply, patch(after, { stray: callOf(script) }))];
  };
  if (at === 'start') {
    yield* sent('checkout', ([word, generation, set], after) => answered(after, word, Number(generation), String(set)));
    // Both replies lost: a 503, and what the question may have done, or may do yet, is taken back.
    yield patch(call(view, callOf('checkout')).view, { at: 'unheard' });
    yield patch(view, { at: 'unheard', stray: callOf('checkout') });
  } else if (at === 'unheard') {
    const next = nextOf(worker);
    yield patch(call(view, callOf('abandon unused')).view, next);
    yield patch(view, next); // nor does that arrive
    if (!worker.stray) yield patch(view, { ...next, stray: callOf('abandon unused') });
  } else if (at === 'yours' || at === 'unsure') {
    yield* present(view);
  } else if (at === 'got') {
    yield* sent('commit', ([word], after) => {
      if (word === 'ok') return served(after);
      const done = patch(after, { at: 'over' });
      return word === 'superseded' ? excuse(done, 'another attempt took its place') : revoke(done, brought);
    });
    const silent = 'Redis did not answer after the provider had';
    yield excuse(patch(call(view, callOf('commit')).view, { at: 'over' }), silent);
    yield excuse(patch(view, { at: 'over' }), silent);
  } else {
    const next = at === 'unknown' || at === 'denied' || at === 'spent' ? ({ at: 'over' } as const) : nextOf(worker);
    const script = at === 'spent' ? rules.spent : ABANDONS[at as keyof typeof ABANDONS];
    yield* sent(script, (_, after) => patch(after, next));
    yield patch(view, { at: 'over' }); // never arrived
  }
}

/** What a worker does with the answer to its checkout. */
function answered(view: View, word: string, generation: number, set: string): View {
  const { worker } = view;
  if (word === 'yours') return patch(view, { at: 'yours', held: set });
  if (word === 'busy' || word === 'backoff') return view;
  if (word !== 'fresh') return patch(view, { at: 'over' });
  if (has(worker, set)) return served(view);
  return rules.unmet(patch(view, { ...nextOf(worker), seen: generation }), set);
}

/** Another attempt, or none. */
const nextOf = ({ attempts }: Worker): Partial<Worker> =>
  attempts + 1 < rules.attempts ? { at: 'start', attempts: attempts + 1 } : { at: 'over' };

/** The provider rotates strictly: the last token that it issued is good, an older one is a replay. */
function* present(view: View): Generator<View> {
  const { wants, at, held } = view.worker;
  yield patch(view, { at: 'unused' }); // no connection: not processed, and known to be so
  yield patch(view, { at: 'paused' }); // 429, 503: likewise, and the whole deployment has to wait
  // `use_dpop_nonce` (RFC 9449 §8): not processed, and the same attempt presents it once more. For the record that is one
  // presentation that takes longer; that no token comes twice in another way is shown by the ledger in the story of DPoP.
  yield view;
  yield patch(view, { at: 'unknown' }); // never arrived, and no isolate knows
  const token = refreshIn(held);
  if (view.revoked.includes(token)) {
    yield patch(view, { at: 'over' }); // invalid_grant: a logout has been here
    return;
  }
  if (token !== rt(view.issued)) {
    yield { ...patch(view, { at: 'over' }), fault: 'a used token was presented again' };
    return;
  }
  const forTarget = wants === 'target' && at === 'yours';
  if (forTarget) {
    yield patch(view, { at: 'denied' }); // invalid_target and the like: not used
    // invalid_grant: a plain refresh tells, but not within ten seconds of the last one
    yield mainIn(held) === 1 ? rules.unsure(patch(view, { at: 'unsure' })) : patch(view, { at: 'denied' });
  }
  const issued = view.issued + 1;
  if (forTarget) yield excuse(patch({ ...view, issued }, { at: 'spent' }), 'the target was refused too late');
  const given = forTarget ? { ...view, issued, targets: view.targets + 1 } : { ...view, issued, mains: view.mains + 1 };
  const set = rules.stored(
    held,
    forTarget ? sealed(issued, mainIn(held), true) : sealed(issued, mainIn(held) + 1, hasTarget(held)),
  );
  yield patch(given, { at: 'got', brought: set });
  yield excuse(patch(given, { at: 'unknown' }), 'the answer was lost');
}

/** What a world is explored by; all but `attempts` are there to be replaced by mistakes. */
const honest = {
  checkout,
  commit,
  attempts: 2,
  /** `fresh`, and not what is wanted: asked again with that generation. */
  unmet: (view: View, _set: string): View => view,
  /** The attempt goes on with its lease. */
  unsure: (view: View): View => view,
  /** What is told of a refresh token whose target was refused as `invalid_target`. */
  spent: 'abandon unknown' as ScriptName,
  /** What goes into the record. */
  stored: (_held: string, brought: string): string => brought,
};
export type Rules = typeof honest;
let rules = honest;

export function exploreRenewals(wanted: readonly Worker['wants'][], withRules: Partial<Rules> = {}) {
  rules = { ...honest, ...withRules };
  return explore<World, Worker>({
    shared: START,
    parties: wanted.map(workerOf),
    drift,
    *steps(world, worker) {
      for (const { worker: after, ...shared } of steps({ ...world, worker })) yield [shared, after];
    },
    check,
    isOver: ({ at, stray }) => !stray && (at === 'over' || at === 'dead'),
  });
}

function check(world: World): void {
  const { record, fault } = world;
  const fail = (what: string) => {
    throw new Error(`${what}: ${JSON.stringify(world)}`);
  };
  if (world.loggedOut && record && record.state !== 'removed') fail('logout was undone');
  if (fault) fail(fault);
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
