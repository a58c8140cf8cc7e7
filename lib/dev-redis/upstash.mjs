import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * What stands behind the adapter: real Redis or the embedded engine. Replies are integers, strings, null and arrays of
 * these; an error reply is thrown.
 *
 * @typedef {object} Backend
 * @property {(args: string[]) => Promise<unknown>} send
 * @property {(commands: string[][]) => Promise<unknown[]>} multi all or nothing, in one go
 * @property {() => Promise<void>} close
 * @property {() => unknown} [dump] of the embedded engine, what it holds
 */

/** An answer other than 200. */
class Refusal extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const MAX_BODY_BYTES = 10_000_000;

/**
 * @typedef {object} Asked a request of the protocol
 * @property {string} [method]
 * @property {string} [target]
 * @property {Readonly<Record<string, string | string[] | undefined>>} headers names in lower case
 * @property {() => Promise<string>} text its body, which is asked for when all else is in order
 */

/**
 * Upstash's REST protocol in front of a Redis: `POST /` with one command, `/pipeline` and `/multi-exec` with several.
 *
 * @param {{ backend: Backend, token: string }} options
 * @returns {(asked: Asked) => Promise<{ status: number, headers: Record<string, string>, body: string }>}
 */
export function createUpstash({ backend, token }) {
  const scripts = scriptMap();
  return async (asked) => {
    /** @param {number} status @param {unknown} body */
    const answer = (status, body) => {
      const sync = asked.headers['upstash-sync-token'] !== undefined && { 'upstash-sync-token': 'local' };
      return { status, headers: { 'content-type': 'application/json', ...sync }, body: JSON.stringify(body) };
    };
    try {
      checkToken(asked.headers.authorization, token);
      return answer(200, await handle(asked, backend, scripts));
    } catch (error) {
      if (error instanceof Refusal) return answer(error.status, { error: error.message });
      return answer(400, { error: error instanceof Error ? error.message : 'ERR internal' });
    }
  };
}

/**
 * That protocol over HTTP, on the loopback interface.
 *
 * @param {object} options
 * @param {Backend} options.backend
 * @param {string} options.token
 * @param {number} [options.port] 0 = any that is free
 * @param {() => void} [options.onAnswer] called after each request, which may have changed what is stored
 */
export async function startUpstash({ backend, token, port = 0, onAnswer = () => {} }) {
  let calls = 0;
  const answerTo = createUpstash({ backend, token });
  const server = createServer(async (request, response) => {
    calls += 1;
    const { method, url: target, headers } = request;
    const answer = await answerTo({ method, target, headers, text: () => readText(request) });
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
    onAnswer();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    token,
    /** HTTP requests that arrived so far. */
    calls: () => calls,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param {Asked} asked @param {Backend} backend @param {ReturnType<typeof scriptMap>} scripts */
async function handle({ method, target, headers, text }, backend, scripts) {
  const path = new URL(target ?? '/', 'http://local').pathname;
  if (!['/', '/pipeline', '/multi-exec'].includes(path)) throw new Refusal(404, 'ERR no such endpoint');
  if (method !== 'POST') throw new Refusal(405, 'ERR only POST');
  const body = parsed(await text());
  const encode = headers['upstash-encoding'] === 'base64' ? toBase64 : (/** @type {unknown} */ reply) => reply;
  const send = (/** @type {string[]} */ args) => backend.send(scripts.translate(args));
  if (path === '/') return { result: encode(await send(command(body))) };
  if (!Array.isArray(body)) throw new Refusal(400, 'ERR a list of commands is expected');
  const commands = body.map(command);
  if (path === '/multi-exec')
    return (await backend.multi(commands.map(scripts.translate))).map((reply) => ({ result: encode(reply) }));
  const results = [];
  for (const one of commands) {
    try {
      results.push({ result: encode(await send(one)) });
    } catch (error) {
      results.push({ error: error instanceof Error ? error.message : 'ERR internal' });
    }
  }
  return results;
}

/** @param {string | string[] | undefined} header @param {string} token */
function checkToken(header, token) {
  const digest = (/** @type {string} */ text) => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(String(header)), digest(`Bearer ${token}`)))
    throw new Refusal(401, 'WRONGPASS invalid or missing auth token');
}

/** @param {import('node:http').IncomingMessage} request */
async function readText(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Refusal(413, 'ERR max request size exceeded');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** @param {string} text @returns {unknown} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'ERR failed to parse command');
  }
}

/** They change or block the one connection that all clients share, or the server itself. */
const FORBIDDEN = new Set(
  (
    'subscribe psubscribe ssubscribe unsubscribe punsubscribe monitor multi exec discard watch unwatch select auth hello ' +
    'reset quit client config debug shutdown wait waitaof blpop brpop blmove blmpop bzpopmin bzpopmax bzmpop brpoplpush ' +
    'xreadgroup replicaof slaveof sync psync acl module cluster failover save bgsave bgrewriteaof swapdb'
  ).split(' '),
);

/** One command as strings. @param {unknown} body @returns {string[]} */
function command(body) {
  const plain = ['string', 'number', 'boolean'];
  if (!Array.isArray(body) || body.length === 0 || !body.every((part) => plain.includes(typeof part)))
    throw new Refusal(400, 'ERR failed to parse command');
  const args = body.map(String);
  const name = args[0].toLowerCase();
  if (FORBIDDEN.has(name)) throw new Refusal(400, `ERR Command is not available: '${name}'`);
  return args;
}

/**
 * Scripts that begin with Upstash's own flag line are refused by Redis, so the line is dropped; and the digest of the
 * script as its sender knows it is mapped to the one that Redis knows, or every EVALSHA would cost a second trip.
 */
function scriptMap() {
  const flags = /^#!lua flags=allow-key-locking\r?\n/;
  const sha1 = (/** @type {string} */ text) => createHash('sha1').update(text).digest('hex');
  /** @type {Map<string, string>} */
  const digests = new Map();
  const plain = (/** @type {string} */ script) => {
    const stripped = script.replace(flags, '');
    if (stripped !== script) digests.set(sha1(script), sha1(stripped));
    return stripped;
  };
  return {
    /** @param {string[]} args */
    translate(args) {
      const [name, first, second, ...rest] = args;
      if (/^eval(_ro)?$/i.test(name)) return [name, plain(first), second, ...rest];
      if (/^evalsha(_ro)?$/i.test(name)) return [name, digests.get(first) ?? first, second, ...rest];
      if (/^script$/i.test(name) && /^load$/i.test(first)) return [name, first, plain(second), ...rest];
      return args;
    },
  };
}

/** Every string at any depth; integers, null and lists as they are. @param {unknown} reply @returns {unknown} */
function toBase64(reply) {
  if (typeof reply === 'string') return Buffer.from(reply).toString('base64');
  return Array.isArray(reply) ? reply.map(toBase64) : reply;
}
