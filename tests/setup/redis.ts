import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Upstash REST endpoint of this run's Redis. */
    readonly redis: { readonly url: string; readonly token: string };
  }
}

/** One Redis behind the Upstash protocol for the whole run; every test keys its data by its own random secrets. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { startRedis } = await import('../../local/redis/open.mjs');
  const redis = await startRedis({ log: () => {} });
  project.provide('redis', { url: redis.url, token: redis.token });
  return () => redis.close();
}
