import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import redis from '@redis/client';

/** A real Redis as a backend of the adapter. @param {string} url @returns {Promise<import('./upstash.mjs').Backend>} */
export async function connect(url) {
  const client = redis.createClient({ url, RESP: 2, socket: { reconnectStrategy: false, connectTimeout: 5_000 } });
  client.on('error', () => {}); // each command reports its own failure
  await client.connect();
  return {
    send: (args) => client.sendCommand(args),
    async multi(commands) {
      const transaction = client.multi();
      for (const command of commands) transaction.addCommand(command);
      return transaction.exec();
    },
    async close() {
      client.destroy();
    },
  };
}

/**
 * A `redis-server` of our own on a free loopback port, that writes nothing to disk and dies with us.
 *
 * @returns {Promise<{ url: string, stop: () => Promise<void> } | null>} null when there is none on the PATH
 */
export async function startRedisServer() {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'));
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  // From here on: a terminal's Ctrl-C reaches it as well, and then it has ended before this process stops it.
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const ready = await new Promise((resolve) => {
    child.once('error', () => resolve(false)); // not installed
    child.once('exit', () => resolve(false));
    child.stdout.on('data', (text) => /Ready to accept connections/i.test(String(text)) && resolve(true));
  });
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  if (!ready) {
    await removeFolder();
    return null;
  }
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      process.off('exit', kill);
      kill();
      await ended;
      await removeFolder();
    },
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
