// The package's main file is CommonJS, of which a bundler can leave nothing out; this is the same as a module.
import { Ratelimit } from '@upstash/ratelimit/dist/index.mjs';
import { createBoundedMap } from '../bounded-map.ts';
import type { Sealer } from '../crypto/seal.ts';
import { StoreError } from '../errors.ts';
import type { Rider } from '../types.ts';
import type { RedisClient } from './redis.ts';

const TIMEOUT_MS = 300;
/** An answer that comes too late for its own request still holds for the caller's next one. */
const LATE_MS = 2_000;
const QUIET_MS = 2_000;
const WINDOW_MS = 60_000;
const PREFIX = 'gh:r';
const MAX_BLOCKED = 5_000;
/** In so much time a window of 30 requests slides on by one. */
const BLOCKED_MS = 2_000;

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
  readonly redis: Pick<RedisClient, 'sendAll'>;
  readonly sealer: Pick<Sealer, 'fingerprint'>;
  /** What this isolate wants to know of Redis anyway, if anything: the first count of a cold one costs no second trip. */
  readonly rider?: () => Promise<Rider | null>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * A sliding window per caller in Redis, one trip each. Who is over the limit is remembered here for two seconds, so that a
 * flood costs Redis next to nothing; the limiter would remember it to the end of the minute, and refuse people who sent
 * two requests in it for those that they had sent in the one before. The callers' addresses are hashed with a key of the
 * deployment: there are few enough IPv4 addresses to try them all against a plain hash.
 */
export function createRateLimiter({ redis, sealer, rider, now }: Deps): RateLimiter {
  const blocked = createBoundedMap<string, number>(MAX_BLOCKED);
  const remember = blocked.set;
  blocked.set = (caller, until) => remember(caller, Math.min(until, now() + BLOCKED_MS));
  const limiters = new Map<number, Ratelimit>();
  let quietUntil = 0;
  const limiter = (perMinute: number) => {
    const known = limiters.get(perMinute);
    if (known) return known;
    const made = new Ratelimit({
      redis: evaluator(redis, rider),
      limiter: Ratelimit.slidingWindow(perMinute, `${WINDOW_MS} ms`),
      prefix: PREFIX,
      timeout: TIMEOUT_MS, // its own 5 s would hold every sign-in back while Redis hangs
      ephemeralCache: blocked, // its own grows without bound
      enableTelemetry: false,
    });
    limiters.set(perMinute, made);
    return made;
  };
  /** Until the next window has slid on by one: then there is room for a request, whatever was sent in this one. */
  const secondsLeft = () => Math.ceil((WINDOW_MS - (now() % WINDOW_MS) + BLOCKED_MS) / 1000);

  return {
    async take({ route, perMinute }, caller) {
      const identifier = `${route.slice('/auth/'.length)}:${await sealer.fingerprint(caller)}`;
      // What is known here needs no Redis, so its silence opens nothing to whoever was refused a moment ago.
      if (now() < (blocked.get(`${PREFIX}:${identifier}`) ?? 0)) return secondsLeft();
      if (now() < quietUntil) return null;
      try {
        const { success, reason } = await limiter(perMinute).limit(identifier);
        if (reason === 'timeout') throw new StoreError('the rate limiter did not answer in time');
        return success ? 0 : secondsLeft();
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
      const [reply, other] = await sendAll(along ? [count, along.command] : [count], LATE_MS);
      await along?.answered(other);
      // What is left, and the limit. The limiter would take anything else for "nothing left" and lock the caller out.
      if (!Array.isArray(reply) || reply.length !== 2 || !reply.every(Number.isInteger))
        throw new StoreError('the rate limiter: unknown answer');
      return reply;
    },
  };
  return redis as ConstructorParameters<typeof Ratelimit>[0]['redis'];
}
