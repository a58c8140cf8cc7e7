import { Ratelimit } from '@upstash/ratelimit';
import { createBoundedMap } from '../bounded-map.ts';
import type { Sealer } from '../crypto/seal.ts';
import { inSpan } from '../spans.ts';
import { LIMITER_BLOCKED_MS, LIMITER_TIMEOUT_MS, LIMITER_WINDOW_MS } from '../timing.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { type RedisClient, redisCall } from './redis.ts';

const PREFIX = 'gh:r';
const MAX_BLOCKED = 5_000;

/** What a route permits. */
export interface Limit {
  /** Its path, such as `/auth/login`. */
  readonly route: string;
  /** Requests of one caller. */
  readonly perMinute: number;
}

export interface RateLimiter {
  /**
   * Counts a request of a caller (an address, or a session) to a route.
   *
   * @returns 0 when it may pass; the seconds until the next one may, when it may not; null when Redis did not say in time
   */
  take(limit: Limit, caller: string): Promise<number | null>;
}

interface Deps {
  readonly redis: Pick<RedisClient, 'client'>;
  readonly sealer: Pick<Sealer, 'fingerprint'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * A sliding window per caller in Redis, one call each, and a second one where Redis does not know the script yet. A caller
 * that is over the limit is remembered here for two seconds, so that a flood costs Redis next to nothing; the limiter would
 * remember it to the end of the minute, and refuse a caller of two requests in it for those of the minute before. The
 * callers' addresses are hashed with a key of the deployment: there are few enough IPv4 addresses to try them all against a
 * plain hash.
 */
export function createRateLimiter({ redis, sealer, now }: Deps): RateLimiter {
  const blocked = createBoundedMap<string, number>(MAX_BLOCKED);
  const remember = blocked.set;
  blocked.set = (caller, until) => remember(caller, Math.min(until, now() + LIMITER_BLOCKED_MS));
  const limiters = new Map<number, Ratelimit>();
  const breaker = createCircuitBreaker(now);
  const limiter = (perMinute: number) => {
    const known = limiters.get(perMinute);
    if (known) return known;
    const made = new Ratelimit({
      redis: redis.client,
      limiter: Ratelimit.slidingWindow(perMinute, `${LIMITER_WINDOW_MS} ms`),
      prefix: PREFIX,
      timeout: LIMITER_TIMEOUT_MS, // its own 5 s would hold every sign-in back while Redis hangs
      ephemeralCache: blocked, // its own grows without bound
      enableTelemetry: false,
    });
    limiters.set(perMinute, made);
    return made;
  };
  /** Until the next window has slid on by one: then there is room for a request, whatever was sent in this one. */
  const secondsLeft = () => Math.ceil((LIMITER_WINDOW_MS - (now() % LIMITER_WINDOW_MS) + LIMITER_BLOCKED_MS) / 1000);

  return {
    async take({ route, perMinute }, caller) {
      const identifier = `${route.slice('/auth/'.length)}:${await sealer.fingerprint(caller)}`;
      const key = `${PREFIX}:${identifier}`;
      // What is known here needs no Redis, so its silence opens nothing to a caller that was refused a moment ago.
      if (now() < (blocked.get(key) ?? 0)) return secondsLeft();
      if (breaker.isOpen()) return null;
      try {
        const { success, limit, remaining, reason } = await inSpan(
          'gatehouse.redis',
          redisCall('EVALSHA'),
          () => limiter(perMinute).limit(identifier),
          (said) => ({ error: said.reason === 'timeout' ? 'timeout' : undefined }),
        );
        // Neither after its time-out, nor from a reply that makes no sense: it takes that for "nothing left".
        if (limit === perMinute && Number.isInteger(remaining)) return success ? 0 : secondsLeft();
        // What another request has learnt meanwhile stays: a slow reply lets no blocked caller go on.
        if (reason !== 'timeout') blocked.delete(key);
      } catch {
        // Its errors quote what was sent.
      }
      breaker.failed();
      return null;
    },
  };
}
