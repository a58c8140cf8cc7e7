import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
 * A `redis-server` of our own on a free loopback port, that dies with us. In a folder that is named it leaves its content for
 * the next start; otherwise it writes nothing to disk. Every user of the machine reaches the port, so there is a password.
 *
 * @param {{ folder?: string, isReset?: boolean }} [options] `isReset`: what the folder held is to be forgotten
 * @returns {Promise<{ url: string, stop: () => Promise<void> } | null>} null when there is none on the PATH
 */
export async function startRedisServer({ folder, isReset = false } = {}) {
  if (folder === undefined) return startIn(await mkdtemp(join(tmpdir(), 'gatehouse-redis-')), false);
  await endLeftover(folder, isReset);
  const started = await startIn(folder, true);
  if (started || !existsSync(join(folder, FILE))) return started;
  await rm(join(folder, FILE)); // Redis refuses to start with a file that it cannot read
  return startIn(folder, true);
}

const FILE = 'redis.rdb';

/** Where a server that runs is found, in its folder: only the owner reads it. */
export const RUNNING = 'redis-server.json';

/** For a redis-server that does not end when it is asked to. */
const PATIENCE = 3_000;

/** @param {string} folder @param {boolean} keeps whether the content outlives the server */
async function startIn(folder, keeps) {
  const port = await freePort();
  const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--dbfilename', FILE];
  const child = spawn('redis-server', ['-', ...place, '--save', keeps ? '30 1' : '', '--appendonly', 'no'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const password = randomBytes(24).toString('base64url');
  child.stdin.on('error', () => {}); // it has ended, or was never there
  child.stdin.end(`requirepass ${password}\n`); // other users can read the command line of a process
  // From here on: a terminal's Ctrl-C reaches it as well, and then it has ended before this process stops it.
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve); // not installed
  });
  const ready = await new Promise((resolve) => {
    void ended.then(() => resolve(false));
    child.stdout?.on('data', (text) => /Ready to accept connections/i.test(String(text)) && resolve(true));
  });
  const removeFolder = async () => keeps || rm(folder, { recursive: true, force: true });
  if (!ready) {
    await removeFolder();
    return null;
  }
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const url = `redis://:${password}@127.0.0.1:${port}`;
  if (keeps) await writeFile(join(folder, RUNNING), JSON.stringify({ url }), { mode: 0o600 });
  return {
    url,
    async stop() {
      process.off('exit', kill);
      child.kill(keeps ? 'SIGTERM' : 'SIGKILL'); // the former has it save what it holds
      const late = setTimeout(kill, PATIENCE);
      await ended;
      clearTimeout(late);
      await rm(join(folder, RUNNING), { force: true });
      await removeFolder();
    },
  };
}

/**
 * A process that is killed leaves its redis-server behind, which would write into the folder beside the next one. That it is ours
 * is proved by its password: process ids are given out anew. It saves what it holds first.
 *
 * @param {string} folder @param {boolean} isReset
 */
async function endLeftover(folder, isReset) {
  const file = join(folder, RUNNING);
  if (!existsSync(file)) return;
  const end = async () => {
    const { send, close } = await connect(JSON.parse(await readFile(file, 'utf8')).url);
    await send(['SHUTDOWN', isReset ? 'NOSAVE' : 'SAVE']).finally(close); // no reply: the connection ends with the server
  };
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE).unref());
  await Promise.race([end().catch(() => {}), late]); // it has ended, or another program has its port
  await rm(file, { force: true });
  if (isReset) await rm(join(folder, FILE), { force: true }); // that it has saved since the folder was emptied
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
