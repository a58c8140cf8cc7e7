import { randomBytes } from 'node:crypto';
import { createEngine } from './engine.mjs';
import { connect, startRedisServer } from './real.mjs';
import { startUpstash } from './upstash.mjs';

/**
 * A Redis for one process: `REDIS_URL` if it is set, else a `redis-server` of our own, else the embedded engine.
 * `GATEHOUSE_REDIS=embedded` asks for the engine.
 *
 * @param {object} [options]
 * @param {(line: string) => void} [options.log]
 * @returns {Promise<{ backend: import('./upstash.mjs').Backend, kind: 'url' | 'redis-server' | 'embedded', describe: string, close: () => Promise<void> }>}
 */
export async function openBackend({ log = () => {} } = {}) {
  const { REDIS_URL, GATEHOUSE_REDIS } = process.env;
  /** @param {'url' | 'redis-server' | 'embedded'} kind @param {string} describe @param {import('./upstash.mjs').Backend} backend @param {() => Promise<void>} [stop] */
  const opened = (kind, describe, backend, stop = async () => {}) => {
    log(`Redis: ${describe}.`);
    const close = async () => {
      await backend.close();
      await stop();
    };
    return { backend, kind, describe, close };
  };
  if (GATEHOUSE_REDIS === 'embedded') return opened('embedded', 'the embedded engine, as asked for', createEngine());
  if (REDIS_URL) return opened('url', 'the server of REDIS_URL', await connect(REDIS_URL));
  const server = await startRedisServer();
  if (!server) return opened('embedded', 'the embedded engine, because there is no redis-server here', createEngine());
  return opened('redis-server', 'a redis-server of our own', await connect(server.url), server.stop);
}

/**
 * Redis behind Upstash's REST protocol.
 *
 * @param {object} [options]
 * @param {string} [options.token]
 * @param {number} [options.port] 0 = any that is free
 * @param {(line: string) => void} [options.log]
 */
export async function startRedis({ token = randomBytes(24).toString('base64url'), port = 0, log } = {}) {
  const { backend, kind, describe, close } = await openBackend({ log });
  const adapter = await startUpstash({ backend, token, port });
  return {
    ...adapter,
    kind,
    describe,
    backend,
    async close() {
      await adapter.close();
      await close();
    },
  };
}
