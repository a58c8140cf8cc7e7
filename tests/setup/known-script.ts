import { Ratelimit } from '@upstash/ratelimit';
import type { Redis } from '@upstash/redis';

/**
 * Lets Redis, and what maps the digests of scripts in front of it, know the limiter's script, as those in use do: the first call of
 * a script that is not known costs a second trip.
 */
export async function knowScript(redis: Redis): Promise<void> {
  const limiter = new Ratelimit({ redis, limiter: Ratelimit.slidingWindow(1, '1 s'), prefix: 'known-script' });
  await limiter.limit('setup');
}
