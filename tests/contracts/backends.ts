import { createEngine } from '../../lib/dev-redis/engine.mjs';
import { connect, startRedisServer } from '../../lib/dev-redis/real.mjs';
import type { Backend } from '../../lib/dev-redis/upstash.mjs';

export const NO_REDIS = 'the embedded engine is not compared with a real Redis, because there is no redis-server here';

/** A real Redis of this file's own, or null where the machine has none. */
export async function realRedis(): Promise<{ backend: Backend; stop: () => Promise<void> } | null> {
  const server = await startRedisServer();
  if (!server) return null;
  const backend = await connect(server.url);
  return {
    backend,
    async stop() {
      await backend.close();
      await server.stop();
    },
  };
}

export const embedded = (): Backend => createEngine();
