import { beforeAll, describe, expect, it } from 'vitest';
import { createRedis, type RedisDesk } from '../../lib/store/redis';
import { ABANDON, CHECKOUT, COMMIT, PUT, REMOVE_SESSION } from '../../lib/store/scripts';
import { worldFetch } from '../world/network';
import { random } from '../world/random';
import { type WorldRedis, worldRedis } from '../world/redis';
import { abandon, type Class, checkout, commit, put, type Rec, type Reply, remove } from './machine';

const TRACES = 150;
const STEPS = 40;
const LONG = 600_000;
/** Over by the time of the next step: every script call takes longer than this. */
const SHORT = 0;

let redis: WorldRedis;
let desk: RedisDesk;
beforeAll(() => {
  globalThis.fetch = worldFetch as typeof fetch;
  redis = worldRedis(crypto.randomUUID());
  desk = createRedis({
    config: { redisUrl: redis.origin, redisToken: redis.token },
    fetch: (...sent) => fetch(...sent),
  });
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

async function follow(seed: number): Promise<number> {
  const pick = random(seed);
  const key = `gh:trace:${seed}:${crypto.randomUUID()}`;
  const pauseKey = `${key}:pause`;
  const history: string[] = [];
  let record: Rec = null;
  let paused = false;
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
      actual = await desk.run(PUT, [key], [attempt, token, LONG]);
    } else if (name === 'remove') {
      [record, expected] = remove(record, attempt);
      actual = await desk.run(REMOVE_SESSION, [key], [attempt]);
    } else if (name === 'checkout') {
      const leaseMs = pick([SHORT, LONG]);
      const overlapMs = pick([0, 0, LONG]);
      [record, expected] = checkout(record, {
        attempt,
        seen,
        leaseMs,
        overlapMs,
        pauseUntil: paused ? now + LONG : 0,
        now,
      });
      actual = await desk.run(CHECKOUT, [key, pauseKey], [attempt, seen, leaseMs, overlapMs]);
    } else if (name === 'commit') {
      const rotates = pick(['yes', 'yes', 'no'] as const);
      [record, expected] = commit(record, attempt, seen, token, rotates);
      actual = await desk.run(COMMIT, [key], [attempt, seen, token, rotates]);
    } else {
      const kind = pick<Class>(['unused', 'broken', 'unknown']);
      const backoffMs = pick([SHORT, SHORT, LONG]);
      const pause = pick([0, 0, 0, 0, 0, LONG]);
      paused ||= pause > 0;
      [record, expected] = abandon(record, attempt, kind, backoffMs, now);
      actual = await desk.run(ABANDON, [key, pauseKey], [attempt, kind, backoffMs, pause]);
    }
    history.push(`${name} ${attempt} seen=${seen} → ${JSON.stringify(actual)}`);
    expect(comparable(actual as unknown[]), `seed ${seed}\n${history.join('\n')}`).toEqual(comparable(expected));
  }
  await redis.command('DEL', key, pauseKey);
  return history.length;
}
