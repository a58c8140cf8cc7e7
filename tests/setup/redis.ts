import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';
import type { TestProject } from 'vitest/node';

/** The Upstash REST endpoint of this run's Redis, and that Redis itself where it is no embedded one. */
interface RunRedis {
  readonly url: string;
  readonly token: string;
  readonly server?: string | undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly redis: RunRedis;
  }
}

/**
 * One Redis behind the Upstash protocol for the whole run; every test keys its data by its own random secrets. It knows the
 * limiter's script, as one in use does: the first call of a script that Redis does not know costs a second trip. Vitest calls
 * this for each project as well, which has what the root provides.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!project.isRootProject()) return undefined;
  const child = fork(join(import.meta.dirname, 'redis-process.mjs'));
  const ended = once(child, 'exit');
  const failed = ended.then(() => Promise.reject(new Error('Redis did not start')));
  const [redis] = (await Promise.race([once(child, 'message'), failed])) as [RunRedis];
  failed.catch(() => {}); // it ends when the run does
  const { url, token } = redis;
  const client = new Redis({ url, token, enableTelemetry: false });
  const limiter = new Ratelimit({ redis: client, limiter: Ratelimit.slidingWindow(1, '1 s'), prefix: 'known-script' });
  await limiter.limit('setup');
  project.provide('redis', redis);
  return async () => {
    child.disconnect();
    await ended;
  };
}
