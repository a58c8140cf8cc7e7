import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensurePackage } from './package.mjs';
import { root } from './setup.mjs';

const next = join(root, 'node_modules/next/dist/bin/next');

/** The files of the site. */
export const SITE = ['app', 'public', 'middleware.ts', 'gatehouse.config.ts', 'next.config.mjs', 'tsconfig.json'];

/** What the package is made from, and the packages below it. */
export const PACKAGE = ['lib', 'package.json', 'package-lock.json'];

/** What is in the environment while a site is built, each value told by one word, and must be in nothing that comes of it. */
export const PLANTED = Object.freeze({
  SSO_ISSUER: 'https://planted-issuer.example',
  SSO_CLIENT_ID: 'planted-client-id',
  SSO_CLIENT_SECRET: 'planted-client-secret-Zk3vQ8',
  SSO_REDIRECT_URI: 'https://planted-site.example/auth/callback',
  SSO_POST_LOGOUT_URI: 'https://planted-site.example/',
  SESSION_SECRET: 'planted-session-secret-Xw9rT2-abcdefghijklm',
  UPSTASH_REDIS_REST_URL: 'https://planted-redis.example',
  UPSTASH_REDIS_REST_TOKEN: 'planted-redis-token-Lm5nB7',
  KV_REST_API_TOKEN: 'planted-kv-token',
  BACKEND_API_URL: 'https://planted-backend.example',
});

/** Names what was planted, in a build of the site that was made with it. `next build` takes it away. */
export const PLANTED_LIST = join(root, '.next/planted.json');

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 5_000;
const KEPT_LINES = 40;

/**
 * Whether there is a build of what is in the tree now.
 *
 * @param {string} made a file that the build wrote
 * @param {readonly string[]} [sources] what it was made from
 */
export function isBuilt(made, sources = [...SITE, ...PACKAGE]) {
  if (!existsSync(made)) return false;
  const built = statSync(made).mtimeMs;
  return sources.every((source) => newest(join(root, source)) <= built);
}

/** @param {string} path @returns {number} when anything at or below it was changed last */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Builds the site when it has to be. @param {(line: string) => void} log */
export async function ensureBuild(log) {
  if (isBuilt(PLANTED_LIST)) return;
  log('Building the site (next build).');
  await buildOwnSite();
}

/** Builds the site with everything planted. @param {(line: string) => void} [log] */
async function buildOwnSite(log) {
  await buildSite({ env: PLANTED, log });
  writeFileSync(PLANTED_LIST, JSON.stringify(Object.keys(PLANTED)));
}

/**
 * `next build`, of this site or of another one in a folder below it.
 *
 * @param {{ dir?: string, args?: string[], env?: Record<string, string>, log?: (line: string) => void }} options
 */
export async function buildSite({ dir = root, args = [], env = {}, log }) {
  await ensurePackage(console.log);
  const build = startNext(['build', ...args], env, log, dir);
  const code = await build.exited;
  if (code !== 0) throw new Error(`next build failed with ${code}\n${build.tail()}`);
}

/**
 * Starts the site and waits until it answers.
 *
 * @param {{ url: string, mode: 'production' | 'development', env: Record<string, string>, log: (line: string) => void, dir?: string }} options
 * @returns {Promise<{ pid: number, close: () => Promise<void>, kill: () => void }>} `kill` leaves it no time for anything
 */
export async function startSite({ url, mode, env, log, dir = root }) {
  await ensurePackage(log); // `next start` reads the configuration too, which imports it
  const args = [mode === 'production' ? 'start' : 'dev', '--hostname', 'localhost', '--port', new URL(url).port];
  const site = startNext(args, env, log, dir);
  const patience = new AbortController();
  const late = setTimeout(() => patience.abort(), START_TIMEOUT_MS);
  void site.exited.then(() => patience.abort());
  const started = await answers(url, patience.signal);
  clearTimeout(late);
  if (!started) {
    site.end('SIGKILL');
    throw new Error(`the site did not start\n${site.tail()}`);
  }
  return {
    pid: site.pid,
    kill: () => void site.end('SIGKILL'),
    async close() {
      site.end('SIGTERM');
      const late = setTimeout(site.end, STOP_TIMEOUT_MS, 'SIGKILL'); // Next waits for open connections
      await site.exited;
      clearTimeout(late);
    },
  };
}

/** Waits until something answers there; false when it did not. @param {string} url @param {AbortSignal} signal */
export async function answers(url, signal) {
  while (!signal.aborted) {
    const request = fetch(url, { method: 'HEAD', redirect: 'manual', signal });
    if (
      await request.then(
        () => true,
        () => false,
      )
    )
      return true;
    await delay(100);
  }
  return false;
}

/** Variables of the site, or that change what Next does: what this shell has of them is not meant for the stand. */
const OURS = /^(SSO|SESSION|UPSTASH|KV|TRUSTED|BACKEND|NEXT)_|^(NODE_ENV|NODE_OPTIONS|PORT|HOSTNAME)$/;

export const inheritedEnv = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)));

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL'); // nothing of ours may outlive us, whatever ended us
});

/**
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @param {(line: string) => void} [log]
 * @param {string} [dir]
 */
function startNext(args, env, log = () => {}, dir = root) {
  const child = spawn(process.execPath, [next, ...args], {
    cwd: dir,
    env: /** @type {NodeJS.ProcessEnv} */ ({ ...inheritedEnv(), NEXT_TELEMETRY_DISABLED: '1', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  /** @type {Promise<number | string>} */
  const exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve(code ?? signal ?? 'no code');
    });
  });
  /** @type {string[]} */
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      lines.splice(0, lines.length - KEPT_LINES);
      log(line);
    });
  }
  return {
    pid: child.pid ?? 0,
    exited,
    end: (/** @type {'SIGTERM' | 'SIGKILL'} */ how) => child.kill(how),
    tail: () => lines.join('\n'),
  };
}

/** Below what a system gives by itself, from 32768 or 49152 on: no other program comes by such a port before it is listened at. */
const ANY = { first: 10_000, count: 8_000 };

/**
 * The first free port of a range; 0 = any, and one that no other process gets from here while this one lives.
 *
 * @param {number} first
 * @param {number} [last]
 */
export async function freePort(first, last = first) {
  if (first === 0) return anyPort();
  for (let port = first; port <= last; port += 1) {
    const found = await probe(port);
    if (found !== undefined) return found;
  }
  throw new Error(first === last ? `port ${first} is in use` : `no port from ${first} to ${last} is free`);
}

async function anyPort() {
  const start = randomInt(ANY.count);
  for (let step = 0; step < ANY.count; step += 1) {
    const port = ANY.first + ((start + step) % ANY.count);
    if ((await claim(port)) && (await probe(port)) !== undefined) return port;
  }
  throw new Error(`no port from ${ANY.first} to ${ANY.first + ANY.count - 1} is free`);
}

/** True for the first process that asks: its UDP socket at the port stands in the way of all others. @param {number} port @returns {Promise<boolean>} */
const claim = (port) =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      resolve(true);
    });
  });

/** Tries without a host, that is on IPv6 and IPv4. @param {number} port @returns {Promise<number | undefined>} */
const probe = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, () => {
      const { port: found } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(found));
    });
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildOwnSite(console.log);
