// The package's main file is CommonJS, of which a bundler can leave nothing out; this is the same as a module.
import { Ratelimit } from '@upstash/ratelimit/dist/index.mjs';
import { createBoundedMap } from '../bounded-map';
import type { Sealer } from '../crypto/seal';
import { StoreError } from '../errors';
import type { Rider } from '../types';
import type { RedisDesk } from './redis';

const TIMEOUT_MS = 300;
const QUIET_MS = 2_000;
const MAX_BLOCKED = 5_000;

/** Requests per minute and caller, by route. */
const PER_MINUTE = {
  '/auth/login': 30,
  '/auth/callback': 30,
  '/auth/refresh': 30,
  '/auth/logout': 30,
} as const;

export type LimitedRoute = keyof typeof PER_MINUTE;

export interface RateLimiter {
  /**
   * Counts a request of a caller (an address, or a session) to a route.
   *
   * @returns 0 when it may pass; the seconds until the next one may, when it may not; null when Redis did not say in time
   */
  take(route: LimitedRoute, caller: string): Promise<number | null>;
}

interface Deps {
  readonly redis: Pick<RedisDesk, 'sendAll'>;
  readonly sealer: Pick<Sealer, 'fingerprint'>;
  /** What this isolate wants to know of Redis anyway, if anything: the first count of a cold one costs no second trip. */
  readonly rider?: () => Promise<Rider | null>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * A sliding window per caller in Redis, one trip each. Who is over the limit is remembered here until the window ends,
 * so a flood costs Redis nothing. The callers' addresses are hashed with a key of the deployment: there are few enough
 * IPv4 addresses to try them all against a plain hash.
 */
export function createRateLimiter({ redis, sealer, rider, now }: Deps): RateLimiter {
  const blocked = createBoundedMap<string, number>(MAX_BLOCKED);
  const limiters = new Map<number, Ratelimit>();
  let quietUntil = 0;
  const limiter = (perMinute: number) => {
    const known = limiters.get(perMinute);
    if (known) return known;
    const made = new Ratelimit({
      redis: evaluator(redis, rider),
      limiter: Ratelimit.slidingWindow(perMinute, '60 s'),
      prefix: 'gh:r',
      timeout: TIMEOUT_MS, // its own 5 s would hold every sign-in back while Redis hangs
      ephemeralCache: blocked, // its own grows without bound
      enableTelemetry: false,
    });
    limiters.set(perMinute, made);
    return made;
  };

  return {
    async take(route, caller) {
      if (now() < quietUntil) return null;
      try {
        const { success, reset, reason } = await limiter(PER_MINUTE[route]).limit(
          `${route.slice('/auth/'.length)}:${await sealer.fingerprint(caller)}`,
        );
        if (reason === 'timeout') throw new StoreError('the rate limiter did not answer in time');
        return success ? 0 : Math.max(Math.ceil((reset - now()) / 1000), 1);
      } catch {
        quietUntil = now() + QUIET_MS;
        return null;
      }
    },
  };
}

/**
 * The part of an `@upstash/redis` client that a limiter of one region calls. It tries the digest before the script and
 * looks for this word in the error: sent at once, the script costs one trip, also where Redis does not know it yet.
 */
function evaluator({ sendAll }: Deps['redis'], rider: Deps['rider']) {
  const redis: unknown = {
    evalsha: () => Promise.reject(new Error('NOSCRIPT')),
    async eval(script: string, keys: string[], args: unknown[]) {
      const along = await rider?.();
      const count = ['EVAL', script, keys.length, ...keys, ...args.map(String)];
      const [reply, other] = await sendAll(along ? [count, along.command] : [count], TIMEOUT_MS);
      await along?.answered(other);
      // What is left, and the limit. The limiter would take anything else for "nothing left" and lock the caller out.
      if (!Array.isArray(reply) || reply.length !== 2 || !reply.every(Number.isInteger))
        throw new StoreError('the rate limiter: unknown answer');
      return reply;
    },
  };
  return redis as ConstructorParameters<typeof Ratelimit>[0]['redis'];
}
