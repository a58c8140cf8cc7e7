import { describe, expect, it } from 'vitest';
import { END_SESSION, FIND_SESSIONS, MARK_SESSION, SWEEP } from '../../lib/store/index-scripts';
import { COMMIT, PUT, REMOVE_SESSION } from '../../lib/store/scripts';
import { type Pick, random } from '../world/random';
import {
  commit,
  EMPTY,
  endSession,
  findSessions,
  markSession,
  put,
  type Reply,
  remove,
  type Store,
  sweep,
} from './index-machine';
import { type Command, evalOf, pipeline } from './pipeline';

const TRACES = 60;
const STEPS = 40;
const LONG = 600_000;
const NAMES = ['s1', 's2', 's3', 's4'];
const SESSIONS = ['op-1', 'op-2', ''];

describe('the scripts of the index and the model', () => {
  it(`agree on ${TRACES} random traces of ${STEPS} steps, reply by reply`, { timeout: 120_000 }, async () => {
    const base = Math.floor(Math.random() * 2 ** 31);
    let compared = 0;
    for (let trace = 0; trace < TRACES; trace += 1) compared += await follow(base + trace);
    expect(compared).toBe(TRACES * STEPS);
  });
});

/** Keys of the form that the scripts cut names out of: behind five characters. */
function keysOf(trace: string) {
  const key = (kind: string, name: string) => `t:${kind}::${name}${trace}`;
  return {
    record: (name: string) => key('s', name),
    people: key('u', 'person'),
    details: key('d', 'person'),
    pointer: (session: string) => (session ? key('p', session) : key('u', 'person')),
    mark: (session: string) => key('n', session || 'person'),
    token: (jti: string) => key('j', jti),
    ended: key('e', 'list'),
  };
}

/** What Redis is asked, and what the model says of the reply, from which the name of the trace is taken. */
interface Asked {
  readonly command: Command;
  readonly reads: (words: readonly string[]) => readonly string[];
  readonly expected: readonly string[];
}

async function follow(seed: number): Promise<number> {
  const trace = `-${seed}-${crypto.randomUUID().slice(0, 8)}`;
  const asked = traceOf(random(seed), trace);
  const replies = await pipeline([...asked.map(({ command }) => command), ['KEYS', `*${trace}`]]);
  const told = asked.map(({ command, reads }, index) => [
    about(command),
    reads((replies[index] as unknown[]).map((word) => String(word).replace(trace, ''))),
  ]);
  expect(told, `seed ${seed}`).toEqual(asked.map(({ command, expected }) => [about(command), expected]));
  await pipeline([['DEL', ...(replies.at(-1) as string[])]]);
  return asked.filter(({ command: [name] }) => name === 'EVAL').length;
}

const SCRIPTS = new Map(
  Object.entries({ COMMIT, END_SESSION, FIND_SESSIONS, MARK_SESSION, PUT, REMOVE_SESSION, SWEEP }).map(
    ([name, script]) => [script, name],
  ),
);
/** A step without the text of its script. */
const about = ([name, script, ...rest]: Command) => [name, SCRIPTS.get(String(script)) ?? script, ...rest].join(' ');

function traceOf(pick: Pick, trace: string): readonly Asked[] {
  const keys = keysOf(trace);
  const named = (name: string) => name + trace;
  const asked: Asked[] = [];
  let store: Store = EMPTY;
  for (let step = 0; step < STEPS; step += 1) {
    const name = pick(NAMES);
    const attempt = pick(['a', 'b']);
    const session = pick(SESSIONS);
    const iat = pick([1, 2, 3]);
    const jti = `jti-${pick([1, 2, 3, 4, 5, 6])}`;
    const kind = pick(['put', 'put', 'put', 'replace', 'remove', 'commit', 'mark', 'find', 'sweep', 'end'] as const);
    let expected: Reply;
    let reads: Asked['reads'] = (words) => words;
    let command: Command;
    if (kind === 'put' || kind === 'replace') {
      const other = pick(NAMES);
      const replaces = kind === 'replace' && other !== name ? other : undefined;
      [store, expected] = put(store, { name, attempt, iat, session, ...(replaces && { replaces }) });
      const { people, details, ended } = keys;
      const places = [people, details, keys.pointer(session), keys.mark(''), keys.mark(session), people, details];
      command = evalOf(
        PUT,
        [keys.record(name), keys.record(replaces ?? name), ended, ...places],
        [attempt, 'sealed', LONG, iat, `1:${iat}:${session}:device`],
      );
      reads = withoutSealed;
    } else if (kind === 'remove') {
      [store, expected] = remove(store, name, attempt);
      command = evalOf(REMOVE_SESSION, [keys.record(name), keys.ended, keys.people, keys.details], [attempt]);
      reads = withoutSealed;
    } else if (kind === 'commit') {
      [store, expected] = commit(store, name, session);
      const touched = [keys.record(name), keys.token('breaker'), keys.people, keys.details, keys.pointer(session)];
      // Generation 1 was never checked out here, so a living record says that the attempt is not its own.
      command = evalOf(COMMIT, touched, ['other', 1, 'new', 'yes', LONG, LONG, session]);
      const isLive = store.records[name]?.state === 'live';
      reads = (words) => words.map((word) => (word === 'superseded' && isLive ? 'ok' : word));
    } else if (kind === 'mark') {
      const of = session || 'op-1';
      [store, expected] = markSession(store, { jti, iat, session: of });
      command = evalOf(MARK_SESSION, [keys.pointer(of), keys.mark(of), keys.token(jti)], ['', iat]);
    } else if (kind === 'find') {
      const isNameless = session !== '' && pick([true, false]);
      [store, expected] = findSessions(store, { jti, iat, session, isNameless });
      const mark = isNameless ? keys.people : keys.mark('');
      command = evalOf(FIND_SESSIONS, [keys.people, keys.details, mark, keys.token(jti)], [session, iat]);
      reads = ([word = '', ...found]) => [word, ...found.sort()];
    } else if (kind === 'sweep') {
      const ending = NAMES.filter(() => pick([true, false]));
      const names = ending.filter(() => pick([true, true, false]));
      [store, expected] = sweep(store, { names, ending, attempt, ...(step > 20 && { jti }) });
      const token = step > 20 ? keys.token(jti) : keys.ended;
      command = evalOf(
        SWEEP,
        [keys.ended, keys.people, keys.details, token, ...names.map(keys.record)],
        [attempt, ...ending.map(named)],
      );
      reads = (words) => words.map((word) => (word === 'sealed' ? 'held' : word));
    } else {
      const asking = pick(NAMES);
      [store, expected] = endSession(store, name, attempt, asking);
      const touched = [keys.record(name), keys.ended, keys.people, keys.details, keys.record(asking)];
      command = evalOf(END_SESSION, touched, [attempt]);
      reads = (words) => words.filter((word) => word !== 'sealed' && word !== '');
    }
    asked.push({ command, reads, expected });
    if (step % 5 === 4) asked.push(...held(keys, store));
  }
  return asked;
}

const withoutSealed: Asked['reads'] = (words) => words.filter((word) => word !== 'sealed');

/** What Redis holds, as the model says it. */
function held({ people, details, ended }: ReturnType<typeof keysOf>, store: Store): Asked[] {
  const reads: Asked['reads'] = (words) => [...words].sort();
  const indexed = Object.keys(store.index).sort();
  return [
    { command: ['ZRANGE', people, 0, -1], reads, expected: indexed },
    { command: ['HKEYS', details], reads, expected: indexed },
    { command: ['ZRANGE', ended, 0, -1], reads, expected: Object.keys(store.ended).sort() },
  ];
}
