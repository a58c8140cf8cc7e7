import { randomBytes } from 'node:crypto';
import { createEngine } from './engine.mjs';
import { connect, startRedisServer } from './real.mjs';
import { startUpstash } from './upstash.mjs';

/** @typedef {import('./upstash.mjs').Backend} Backend */

/**
 * A Redis for one process: `REDIS_URL` if it is set, else a `redis-server` of our own, else the embedded engine.
 * `GATEHOUSE_REDIS=embedded` asks for the engine.
 *
 * @param {object} [options]
 * @param {(line: string) => void} [options.log]
 * @param {string} [options.folder] where a redis-server of our own keeps its content for the next start
 * @param {boolean} [options.isReset] that content is to be forgotten
 * @param {unknown} [options.saved] what the embedded engine dumped before
 * @returns {Promise<{ backend: Backend, kind: 'url' | 'redis-server' | 'embedded', server?: string, describe: string, close: () => Promise<void> }>}
 * `server` is where another client finds the same Redis
 */
export async function openBackend({ log = () => {}, folder, isReset, saved } = {}) {
  const { REDIS_URL, GATEHOUSE_REDIS } = process.env;
  /** @param {'url' | 'redis-server' | 'embedded'} kind @param {string} describe @param {Backend} backend @param {{ server?: string, stop?: () => Promise<void> }} [its] */
  const opened = (kind, describe, backend, { server, stop = async () => {} } = {}) => {
    log(`Redis: ${describe}.`);
    const close = async () => {
      await backend.close();
      await stop();
    };
    return { backend, kind, server, describe, close };
  };
  const embedded = () => createEngine(Date.now, saved);
  if (GATEHOUSE_REDIS === 'embedded') return opened('embedded', 'the embedded engine, as asked for', embedded());
  if (REDIS_URL) return opened('url', 'the server of REDIS_URL', await connect(REDIS_URL), { server: REDIS_URL });
  const started = await startRedisServer({ folder, isReset });
  if (!started) return opened('embedded', 'the embedded engine, because there is no redis-server here', embedded());
  const { url: server, stop } = started;
  return opened('redis-server', 'a redis-server of our own', await connect(server), { server, stop });
}

/**
 * Redis behind Upstash's REST protocol.
 *
 * @param {object} [options]
 * @param {string} [options.token]
 * @param {number} [options.port] 0 = any that is free
 * @param {(line: string) => void} [options.log]
 * @param {string} [options.folder]
 * @param {boolean} [options.isReset]
 * @param {unknown} [options.saved]
 * @param {() => void} [options.onAnswer]
 */
export async function startRedis({
  token = randomBytes(24).toString('base64url'),
  port = 0,
  onAnswer,
  ...options
} = {}) {
  const { backend, kind, server, describe, close } = await openBackend(options);
  const adapter = await startUpstash({ backend, token, port, onAnswer }).catch(async (error) => {
    await close(); // above all of a redis-server, which would outlive its adapter
    throw error;
  });
  return {
    ...adapter,
    kind,
    server,
    describe,
    backend,
    /** What only this process holds of it; undefined where a server holds it. */
    dump: () => backend.dump?.(),
    async close() {
      await adapter.close();
      await close();
    },
  };
}
