import { describe, expect, it } from 'vitest';
import { ABANDON, CHECKOUT, COMMIT, PUT, REMOVE_SESSION } from '../../lib/store/scripts';
import { type Pick, random } from '../world/random';
import {
  abandon,
  type Breaker,
  type Class,
  checkout,
  commit,
  put,
  type Rec,
  type Reply,
  remove,
  settle,
} from './machine';
import { type Command, evalOf, pipeline } from './pipeline';

const SCRIPTS = new Map(
  Object.entries({ ABANDON, CHECKOUT, COMMIT, PUT, REMOVE_SESSION }).map(([name, script]) => [script, name]),
);
const TRACES = 150;
const STEPS = 40;
const LONG = 600_000;
/** Over by the time of the next step: every script call takes longer than this. */
const SHORT = 0;
/** A pause, where 0 is none; over after `passing`. */
const BRIEF = 1;
const passing = () => new Promise((resolve) => setTimeout(resolve, 3));

/** Waiting times are the clock's business, words and values are the machine's. */
const comparable = (reply: unknown) =>
  (reply as readonly unknown[]).map((part, index, words) =>
    index === 1 && ['busy', 'backoff'].includes(String(words[0])) ? 'ms' : String(part),
  );

describe('the scripts and the model', () => {
  it(`agree on ${TRACES} random traces of ${STEPS} steps, reply by reply`, { timeout: 120_000 }, async () => {
    const base = Math.floor(Math.random() * 2 ** 31);
    let compared = 0;
    for (let trace = 0; trace < TRACES; trace += 1) compared += await follow(base + trace);
    expect(compared).toBe(TRACES * STEPS);
  });
});

/** What Redis is asked, and what the model says of the reply. */
interface Asked {
  readonly command: Command;
  readonly reads: (reply: unknown) => unknown;
  readonly expected: unknown;
  /** A pause has to pass before the next one. */
  readonly passes?: boolean;
}

type Keys = [ended: string, people: string, details: string, mark: string];

async function follow(seed: number): Promise<number> {
  const key = `trace:${seed}:${crypto.randomUUID()}`;
  const asked = traceOf(random(seed), key);
  const replies: unknown[] = [];
  for (let first = 0; first < asked.length; first = replies.length) {
    const pause = asked.findIndex(({ passes }, index) => index >= first && passes);
    const stretch = asked.slice(first, pause < 0 ? asked.length : pause + 1);
    replies.push(...(await pipeline(stretch.map(({ command }) => command))));
    if (pause >= 0) await passing();
  }
  expect(
    asked.map(({ command, reads }, index) => [about(command), reads(replies[index])]),
    `seed ${seed}`,
  ).toEqual(asked.map(({ command, expected }) => [about(command), expected]));
  await pipeline([
    ['DEL', key, `${key}:breaker`, ...['ended', 'people', 'details', 'mark'].map((name) => `${key}:${name}`)],
  ]);
  return asked.filter(({ command: [name] }) => name === 'EVAL').length;
}

function traceOf(pick: Pick, key: string): readonly Asked[] {
  const breakerKey = `${key}:breaker`;
  const [ended, people, details, mark] = ['ended', 'people', 'details', 'mark'].map((name) => `${key}:${name}`) as Keys;
  const asked: Asked[] = [];
  let record: Rec = null;
  let breaker: Breaker = null;
  let now = 0;
  let tokens = 0;
  for (let step = 0; step < STEPS; step += 1) {
    now += 10;
    const attempt = pick(['a', 'b', 'c']);
    const generation = record && record.state !== 'removed' ? record.generation : 1;
    const seen = pick([generation, generation, generation, generation - 1, generation + 1]);
    const name =
      step === 0
        ? 'put'
        : pick([
            'checkout',
            'checkout',
            'checkout',
            'commit',
            'commit',
            'abandon',
            'abandon',
            'put',
            ...(step > 25 ? ['remove'] : []),
          ]);
    tokens += 1;
    const token = `token-${tokens}`;
    let expected: Reply;
    let command: Command;
    let passes = false;
    if (name === 'put') {
      [record, expected] = put(record, attempt, token);
      command = evalOf(
        PUT,
        [key, key, ended, people, details, people, mark, mark, people, details],
        [attempt, token, LONG, 1, '1:1::device'],
      );
    } else if (name === 'remove') {
      [record, expected] = remove(record, attempt);
      command = evalOf(REMOVE_SESSION, [key, ended, people, details], [attempt]);
    } else if (name === 'checkout') {
      const leaseMs = pick([SHORT, LONG]);
      const overlapMs = pick([0, 0, LONG]);
      [record, expected, breaker] = checkout(record, { attempt, seen, leaseMs, overlapMs, breaker, now });
      command = evalOf(CHECKOUT, [key, breakerKey], [attempt, seen, leaseMs, overlapMs]);
    } else if (name === 'commit') {
      const rotates = pick(['yes', 'yes', 'no'] as const);
      breaker = settle(breaker, attempt, 0, now);
      [record, expected] = commit(record, attempt, seen, token, rotates);
      command = evalOf(
        COMMIT,
        [key, breakerKey, people, details, people],
        [attempt, seen, token, rotates, LONG, LONG, ''],
      );
    } else {
      const kind = pick<Class>(['unused', 'broken', 'unknown']);
      const backoffMs = pick([SHORT, SHORT, LONG]);
      const pauseMs = pick([-1, -1, 0, BRIEF, BRIEF, ...(step > 20 ? [LONG] : [])]);
      [record, expected, breaker] = abandon(record, { attempt, kind, backoffMs, pauseMs, breaker, now });
      command = evalOf(ABANDON, [key, breakerKey], [attempt, kind, backoffMs, pauseMs]);
      passes = pauseMs === BRIEF;
    }
    asked.push({ command, reads: comparable, expected: comparable(expected), passes });
    if (step % 4 === 3)
      asked.push({
        command: ['HMGET', breakerKey, 'until', 'probe'],
        reads: breakerIn,
        expected: breaker && [breaker.until > now + BRIEF, breaker.probe],
      });
  }
  return asked;
}

/** A step without the text of its script. */
const about = ([name, script, ...rest]: Command) => [name, SCRIPTS.get(String(script)) ?? script, ...rest].join(' ');

/** Whether it is open for long, and which attempt is the probe; null when it is closed. */
function breakerIn(reply: unknown): readonly [boolean, string] | null {
  const [until, probe] = reply as (string | null)[];
  return until === null || until === undefined ? null : [Number(until) > Date.now() + 1_000, probe ?? ''];
}
