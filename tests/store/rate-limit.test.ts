import { describe, expect, it } from 'vitest';
import { createRateLimiter } from '../../lib/store/rate-limit';

const LIMIT = { route: '/auth/login', perMinute: 30 };
/** More callers than an isolate remembers as refused. */
const REMEMBERED = 5_000;

describe('what an isolate remembers of those who are over the limit', () => {
  it('does not grow with their number: the newest are refused from memory, the oldest are asked about again', async () => {
    const startedAt = Date.now();
    let calls = 0;
    const limiter = createRateLimiter({
      redis: {
        sendAll: async () => {
          calls += 1;
          return [[-1, 30]]; // nothing left of 30
        },
      },
      sealer: { fingerprint: async (text) => text },
      now: () => startedAt, // nobody is forgotten because time goes by
    });
    const cost = async (caller: number) => {
      const before = calls;
      expect(await limiter.take(LIMIT, `caller ${caller}`)).toBeGreaterThan(0);
      return calls - before;
    };
    for (let caller = 0; caller <= REMEMBERED; caller += 1) await limiter.take(LIMIT, `caller ${caller}`);
    expect(await cost(REMEMBERED)).toBe(0);
    expect(await cost(0)).toBe(1);
  });
});
