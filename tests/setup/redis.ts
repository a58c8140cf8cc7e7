import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from '@upstash/redis';
import type { TestProject } from 'vitest/node';
import { knowScript } from './known-script';

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
 * One Redis behind the Upstash protocol for the whole run; every test keys its data by its own random secrets. Vitest calls this for
 * each project as well, which has what the root provides.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!project.isRootProject()) return undefined;
  const child = fork(join(import.meta.dirname, 'redis-process.mjs'));
  const ended = once(child, 'exit');
  const failed = ended.then(() => Promise.reject(new Error('Redis did not start')));
  const [redis] = (await Promise.race([once(child, 'message'), failed])) as [RunRedis];
  failed.catch(() => {}); // it ends when the run does
  const { url, token } = redis;
  await knowScript(new Redis({ url, token, enableTelemetry: false }));
  project.provide('redis', redis);
  return async () => {
    child.disconnect();
    await ended;
  };
}
