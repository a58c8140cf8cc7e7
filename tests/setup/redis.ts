import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Upstash REST endpoint of this run's Redis. */
    readonly redis: { readonly url: string; readonly token: string };
  }
}

/**
 * One Redis behind the Upstash protocol for the whole run; every test keys its data by its own random secrets. It knows the
 * limiter's script, as one in use does: the first call of a script that Redis does not know costs a second trip.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { startRedis } = await import('../../local/redis/open.mjs');
  const redis = await startRedis({ log: () => {} });
  const client = new Redis({ url: redis.url, token: redis.token, enableTelemetry: false });
  const limiter = new Ratelimit({ redis: client, limiter: Ratelimit.slidingWindow(1, '1 s'), prefix: 'known-script' });
  await limiter.limit('setup');
  project.provide('redis', { url: redis.url, token: redis.token });
  return () => redis.close();
}
