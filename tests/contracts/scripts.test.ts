import { afterAll, expect, it } from 'vitest';
import type { Backend } from '../../lib/dev-redis/upstash.mjs';
import { END_SESSION, FIND_SESSIONS, LIST_SESSIONS, MARK_SESSION, SWEEP } from '../../lib/store/index-scripts';
import { LOCKING } from '../../lib/store/lua';
import { ABANDON, CHECKOUT, COMMIT, CONFIRM, PEEK, PROLONG, PUT, REMOVE_SESSION } from '../../lib/store/scripts';
import { needs } from '../setup/skipped';
import { type Pick, random } from '../world/random';
import { embedded, NO_REDIS, realRedis } from './backends';
import { outcome } from './compare';

const TRACES = 40;
const STEPS = 60;
const real = await realRedis();
afterAll(() => real?.stop());

const SCRIPTS = {
  PUT,
  REMOVE_SESSION,
  PEEK,
  CONFIRM,
  CHECKOUT,
  COMMIT,
  PROLONG,
  ABANDON,
  MARK_SESSION,
  FIND_SESSIONS,
  SWEEP,
  LIST_SESSIONS,
  END_SESSION,
};
type Name = keyof typeof SCRIPTS;
type Step = readonly [name: Name, keys: readonly string[], args: readonly (string | number)[]];

/** Keys with a prefix as long as the product's. */
const key = (kind: string, name: string) => `of:${kind}:${name}`;
const ENDED = key('e', 'all');
const BREAKER = key('b', 'all');
const NAMES = ['s1', 's2', 's3', 's4'];
const PERSONS = ['ana', 'budi'];
const PROVIDER_SESSIONS = ['', 'op1', 'op2'];
const ATTEMPTS = ['a', 'a', 'b'];
const FLOW = [key('i', 'flow'), key('c', 'caller'), key('x', 'browser')] as const;

/** A session belongs to one person and one session of the provider, and ends at a time of its own: minutes away from any other. */
function sessionOf(name: string) {
  const number = NAMES.indexOf(name);
  const person = number < 3 ? 'ana' : 'budi';
  const provider = PROVIDER_SESSIONS[number % 3] ?? '';
  const people = key('u', person);
  return {
    record: key('s', name),
    index: [people, key('d', person)],
    pointer: provider ? key('p', provider) : people,
    mark: key('n', person),
    sessionMark: key('n', provider || person),
    provider,
    life: (number + 1) * 600_000,
  };
}

/** A logout token, or what a script is given where there is none. */
const tokenOr = (pick: Pick, none: string) => pick([none, none, key('j', 'one'), key('j', 'two')]);

function ending(pick: Pick): Step {
  const { index, record } = sessionOf(pick(NAMES));
  const [people, details] = index as [string, string];
  const iat = pick(['', '1', '2', '3']);
  const marked = pick(PROVIDER_SESSIONS.slice(1));
  return pick<() => Step>([
    () => ['REMOVE_SESSION', [record, ENDED, ...index], [pick(ATTEMPTS)]],
    () => ['END_SESSION', [record, ENDED, ...index, pick([record, key('s', pick(NAMES))])], [pick(ATTEMPTS)]],
    () => [
      'MARK_SESSION',
      [key('p', marked), key('n', marked), tokenOr(pick, key('p', marked))],
      [pick(['', ...PERSONS]), iat],
    ],
    () => [
      'FIND_SESSIONS',
      [people, details, pick([people, key('n', pick(PERSONS))]), tokenOr(pick, people)],
      [pick(PROVIDER_SESSIONS), iat],
    ],
    () => [
      'SWEEP',
      [ENDED, people, details, tokenOr(pick, ENDED), record, sessionOf(pick(NAMES)).record],
      [pick(ATTEMPTS), pick(NAMES), pick(NAMES)],
    ],
  ])();
}

function step(pick: Pick, count: number): Step {
  const name = pick(NAMES);
  const { record, index, pointer, mark, sessionMark, provider, life } = sessionOf(name);
  const replaced = sessionOf(pick([name, name, pick(NAMES)]));
  const flow = pick([false, false, false, true]);
  const attempt = pick(ATTEMPTS);
  const put = (): Step => [
    'PUT',
    [record, replaced.record, ENDED, ...index, pointer, mark, sessionMark, ...replaced.index, ...(flow ? FLOW : [])],
    [
      ...[
        pick(ATTEMPTS),
        `sealed-${count}`,
        pick([life, life, life, 0]),
        pick([2, 3, 4]),
        `7:2:${provider}:device-${count}`,
      ],
      ...(flow ? [pick(['claimed', 'other']), pick([1, 1e15])] : []),
    ],
  ];
  const renewal = (): Step =>
    pick<Step>([
      ['CHECKOUT', [record, BREAKER], [attempt, pick([0, 1, 1, 1, 2]), pick([0, 1e6, 1e6]), pick([0, 1e6])]],
      [
        'ABANDON',
        [record, BREAKER],
        [attempt, pick(['unused', 'unused', 'broken', 'unknown']), pick([0, 1e6, 1e6]), pick([-1, 0])],
      ],
      [
        'COMMIT',
        [record, BREAKER, ...index, pointer],
        [attempt, pick([1, 1, 2]), `renewed-${count}`, pick(['yes', 'no']), life + 60_000, life + 30_000, provider],
      ],
    ]);
  return pick<() => Step>([
    ...[put, put, put, renewal, renewal, renewal, renewal, renewal],
    ...[() => ending(pick), () => ending(pick)],
    () => ['PEEK', [record], []],
    () => ['CONFIRM', [record], []],
    () => ['PROLONG', [record, ...index, pointer], [life + 120_000, pick(['8', '9'])]],
    () => ['LIST_SESSIONS', index, []],
  ])();
}

/** What a database holds; times are left out, and so is the order of endings of one millisecond. */
async function state(backend: Backend): Promise<readonly unknown[]> {
  const keys = [...((await backend.send(['KEYS', '*'])) as string[])].sort();
  return Promise.all(keys.map((one) => held(backend, one)));
}

const READ: Readonly<Record<string, readonly [name: string, ...rest: string[]]>> = {
  hash: ['HGETALL'],
  zset: ['ZRANGE', '0', '-1'],
  string: ['GET'],
};

async function held(backend: Backend, one: string): Promise<readonly unknown[]> {
  const type = String(await backend.send(['TYPE', one]));
  const [name, ...rest] = READ[type] ?? [type];
  const [value, ttl] = await Promise.all([backend.send([name, one, ...rest]), backend.send(['PTTL', one])]);
  const plain = JSON.stringify(value).replaceAll(/\d{13}/g, 'ms');
  return [one, type, Number(ttl) > 0, type === 'string' || one === ENDED ? plain.split(/\W/).sort() : plain];
}

const SOURCES = new Map(Object.entries(SCRIPTS).map(([name, script]) => [name, script.replace(LOCKING, '')]));

/** As the adapter sends it; an error is a reply like any other, and then one that no list of replies has. */
const run = (backend: Backend, [name, keys, args]: Step) =>
  outcome(backend, ['EVAL', SOURCES.get(name) as string, `${keys.length}`, ...keys, ...args.map(String)]);

/** Calls from one comparison of all that is stored to the next. */
const STRETCH = 10;

/** Each step with its reply, and what is stored after every stretch of them; no step depends on a reply. */
async function told(backend: Backend, steps: readonly Step[], hasMark: boolean) {
  await backend.send(['FLUSHALL']);
  await backend.send(['HSET', FLOW[0], 'attempt', 'claimed', 'state', 'claimed']);
  if (hasMark) await backend.send(['SET', FLOW[2], '1764354000123']);
  const lines: (readonly [step: string, reply: unknown])[] = [];
  const words: string[] = [];
  for (let first = 0; first < steps.length; first += STRETCH) {
    const stretch = steps.slice(first, first + STRETCH);
    const replies = await Promise.all(stretch.map((step) => run(backend, step)));
    for (const [index, step] of stretch.entries()) {
      const reply = comparable(replies[index]);
      lines.push([JSON.stringify(step), reply]);
      words.push(`${step[0]} ${Array.isArray(reply) ? reply[0] : reply}`);
    }
    lines.push(['all that is stored', await state(backend)]);
  }
  return { lines, words };
}

/** How long to wait depends on when it is asked. */
const comparable = (reply: unknown) => {
  if (!Array.isArray(reply)) return String(reply);
  return ['busy', 'backoff'].includes(reply[0]) ? [reply[0]] : reply;
};

/** The traces go on until each of these was given. */
const REPLIES = [
  ...['ABANDON gone', 'ABANDON idle', 'ABANDON superseded', 'ABANDON uncertain'],
  ...['CHECKOUT backoff', 'CHECKOUT busy', 'CHECKOUT fresh', 'CHECKOUT gone', 'CHECKOUT uncertain', 'CHECKOUT yours'],
  ...['COMMIT gone', 'COMMIT ok', 'COMMIT superseded', 'CONFIRM alive', 'CONFIRM gone', 'PEEK gone', 'PEEK held'],
  ...['END_SESSION gone', 'END_SESSION held', 'FIND_SESSIONS found', 'FIND_SESSIONS repeated', 'LIST_SESSIONS list'],
  ...['MARK_SESSION marked', 'MARK_SESSION mismatch', 'MARK_SESSION repeated', 'PROLONG gone', 'PROLONG ok'],
  ...['PUT ended', 'PUT ok', 'PUT refused', 'REMOVE_SESSION gone', 'REMOVE_SESSION held', 'SWEEP swept'],
];

it(`the scripts give the same replies on the embedded engine as on a real Redis, in ${TRACES} traces or more of ${STEPS} calls`, {
  timeout: 180_000,
  ...needs(real, NO_REDIS),
}, async () => {
  const backends = [(real as NonNullable<typeof real>).backend, embedded()] as const;
  const seed = Math.floor(Math.random() * 2 ** 31);
  const pick = random(seed);
  const seen = new Set<string>();
  for (let trace = 0; trace < TRACES || seen.size < REPLIES.length; trace += 1) {
    const steps = Array.from({ length: STEPS }, (_, count) => step(pick, count));
    const [expected, actual] = await Promise.all(backends.map((backend) => told(backend, steps, trace % 2 === 0)));
    expect(actual?.lines, `seed ${seed}, trace ${trace}`).toEqual(expected?.lines);
    for (const word of expected?.words ?? []) seen.add(word);
  }
  expect([...seen].sort()).toEqual([...REPLIES].sort());
});
