import { beforeEach, describe, expect, it } from 'vitest';
import { createRateLimiter, type RateLimiter } from '../../lib/store/rate-limit';
import { createRedis } from '../../lib/store/redis';

/** More callers than an isolate remembers as refused. */
const REMEMBERED = 5_000;
const ORIGIN = 'https://redis.test';
const LIMIT = { route: '/auth/login', perMinute: 30 };

let calls: number;
let reply: unknown;
let limiter: RateLimiter;
beforeEach(() => {
  calls = 0;
  globalThis.fetch = async (input) => {
    if (!String(input).startsWith(ORIGIN)) throw new TypeError('fetch failed'); // an isolate of an earlier test
    calls += 1;
    return Response.json({ result: reply });
  };
  const startedAt = Date.now();
  limiter = createRateLimiter({
    redis: createRedis({ settings: { url: ORIGIN, token: 'planted-token' } }),
    sealer: { fingerprint: async (text) => text },
    now: () => startedAt, // no caller is forgotten because time goes by
  });
});

describe('what an isolate remembers of the callers over the limit', () => {
  it('does not grow with their number: the newest are refused from memory, the oldest are asked about again', async () => {
    reply = [-1, 30]; // nothing left of 30
    const cost = async (caller: number) => {
      const before = calls;
      expect(await limiter.take(LIMIT, `caller ${caller}`)).toBeGreaterThan(0);
      return calls - before;
    };
    for (let caller = 0; caller <= REMEMBERED; caller += 1) await limiter.take(LIMIT, `caller ${caller}`);
    expect(await cost(REMEMBERED)).toBe(0);
    expect(await cost(0)).toBe(1);
  });

  it('outlives the time-out of another request of the caller', async () => {
    reply = [-1, 30];
    const answer = globalThis.fetch;
    let isFirst = true;
    globalThis.fetch = (...sent) => {
      if (!isFirst) return answer(...sent);
      isFirst = false;
      return new Promise(() => {}); // this reply never comes
    };
    const late = limiter.take(LIMIT, 'a caller');
    expect(await limiter.take(LIMIT, 'a caller')).toBeGreaterThan(0);
    expect(await late).toBeNull();
    expect(await limiter.take(LIMIT, 'a caller')).toBeGreaterThan(0);
    expect(calls).toBe(1);
  });

  it.each([[[]], [['x', 30]], ['OK'], [null], [{}], [[1]], [[1.5, 30]], [[-1, 31]]])(
    'is nothing after a reply that makes no sense: %j',
    async (nonsense) => {
      reply = nonsense;
      expect(await limiter.take(LIMIT, 'a caller')).toBeNull();
      expect(await limiter.take(LIMIT, 'a caller')).toBeNull();
      expect(calls).toBe(1); // and the limiter is left alone for a while
    },
  );
});
