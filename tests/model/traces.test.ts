import { beforeAll, describe, expect, it } from 'vitest';
import { createRedis, type RedisClient } from '../../lib/store/redis';
import { ABANDON, CHECKOUT, COMMIT, PUT, REMOVE_SESSION } from '../../lib/store/scripts';
import { worldFetch } from '../world/network';
import { random } from '../world/random';
import { type WorldRedis, worldRedis } from '../world/redis';
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

const TRACES = 150;
const STEPS = 40;
const LONG = 600_000;
/** Over by the time of the next step: every script call takes longer than this. */
const SHORT = 0;
/** A pause, where 0 is none; over after `passing`. */
const BRIEF = 1;
const passing = () => new Promise((resolve) => setTimeout(resolve, 3));

let redis: WorldRedis;
let client: RedisClient;
beforeAll(() => {
  globalThis.fetch = worldFetch as typeof fetch;
  redis = worldRedis(crypto.randomUUID());
  client = createRedis({ settings: { url: redis.origin, token: redis.token } });
});

/** Waiting times are the clock's business, words and values are the machine's. */
const comparable = (reply: readonly unknown[]) =>
  reply.map((part, index) => (index === 1 && (reply[0] === 'busy' || reply[0] === 'backoff') ? 'ms' : String(part)));

describe('the scripts and the model', () => {
  it(`agree on ${TRACES} random traces of ${STEPS} steps, reply by reply`, { timeout: 120_000 }, async () => {
    const base = Math.floor(Math.random() * 2 ** 31);
    let compared = 0;
    for (let trace = 0; trace < TRACES; trace += 1) compared += await follow(base + trace);
    expect(compared).toBe(TRACES * STEPS);
  });
});

type Keys = [ended: string, people: string, details: string, mark: string];

async function follow(seed: number): Promise<number> {
  const pick = random(seed);
  const key = `trace:${seed}:${crypto.randomUUID()}`;
  const breakerKey = `${key}:breaker`;
  const [ended, people, details, mark] = ['ended', 'people', 'details', 'mark'].map((name) => `${key}:${name}`) as Keys;
  const history: string[] = [];
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
    let actual: unknown;
    if (name === 'put') {
      [record, expected] = put(record, attempt, token);
      actual = await client.run(
        PUT,
        [key, key, ended, people, details, people, mark, mark, people, details],
        [attempt, token, LONG, 1, '1:1::device'],
      );
    } else if (name === 'remove') {
      [record, expected] = remove(record, attempt);
      actual = await client.run(REMOVE_SESSION, [key, ended, people, details], [attempt]);
    } else if (name === 'checkout') {
      const leaseMs = pick([SHORT, LONG]);
      const overlapMs = pick([0, 0, LONG]);
      [record, expected, breaker] = checkout(record, { attempt, seen, leaseMs, overlapMs, breaker, now });
      actual = await client.run(CHECKOUT, [key, breakerKey], [attempt, seen, leaseMs, overlapMs]);
    } else if (name === 'commit') {
      const rotates = pick(['yes', 'yes', 'no'] as const);
      breaker = settle(breaker, attempt, 0, now);
      [record, expected] = commit(record, attempt, seen, token, rotates);
      actual = await client.run(
        COMMIT,
        [key, breakerKey, people, details, people],
        [attempt, seen, token, rotates, LONG, LONG, ''],
      );
    } else {
      const kind = pick<Class>(['unused', 'broken', 'unknown']);
      const backoffMs = pick([SHORT, SHORT, LONG]);
      const pauseMs = pick([-1, -1, 0, BRIEF, BRIEF, ...(step > 20 ? [LONG] : [])]);
      [record, expected, breaker] = abandon(record, { attempt, kind, backoffMs, pauseMs, breaker, now });
      actual = await client.run(ABANDON, [key, breakerKey], [attempt, kind, backoffMs, pauseMs]);
      if (pauseMs === BRIEF) await passing();
    }
    history.push(`${name} ${attempt} seen=${seen} → ${JSON.stringify(actual)}`);
    expect(comparable(actual as unknown[]), `seed ${seed}\n${history.join('\n')}`).toEqual(comparable(expected));
    if (step % 4 === 3)
      expect(await breakerIn(redis, breakerKey), `seed ${seed}\n${history.join('\n')}`).toEqual(
        breaker && [breaker.until > now + BRIEF, breaker.probe],
      );
  }
  await redis.command('DEL', key, breakerKey, ended, people, details, mark);
  return history.length;
}

/** Whether it is open for long, and which attempt is the probe; null when it is closed. */
async function breakerIn({ command }: WorldRedis, key: string): Promise<readonly [boolean, string] | null> {
  const [until, probe] = (await command('HMGET', key, 'until', 'probe')) as (string | null)[];
  return until === null || until === undefined ? null : [Number(until) > Date.now() + 1_000, probe ?? ''];
}
