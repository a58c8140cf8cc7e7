import { once } from 'node:events';
import { createServer } from 'node:http';
import { streamEvents } from './backend/events.mjs';
import { createNotes, problem } from './backend/notes.mjs';
import { tokenReader } from './backend/token.mjs';

/** Of a body, this much is kept; the rest is read and counted. */
const KEPT_BYTES = 64 * 1024;

/**
 * @typedef {import('node:http').IncomingMessage} Incoming
 * @typedef {import('node:http').ServerResponse} Outgoing
 *
 * @typedef {object} Backend
 * @property {string} url
 * @property {() => Promise<void>} close
 */

/**
 * Starts the API behind the site's proxy: `/notes`, `/uploads` and `/events` for a person with a token. Every other path answers
 * with what reached it, so that the demo shows, and a test proves, what the gate adds and what it keeps back. Tokens are
 * described, never repeated; of cookies, which should not arrive at all, only the names.
 *
 * @param {{ issuer?: string, port?: number, eventMs?: number }} [options] with an issuer, tokens are verified
 * @returns {Promise<Backend>}
 */
export async function startBackend({ issuer, port = 0, eventMs = 1_000 } = {}) {
  const callerOf = tokenReader(issuer);
  const notes = createNotes();

  /** @param {Incoming} request @param {Outgoing} response */
  const answer = async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://backend.invalid');
    const caller = await callerOf(request);
    const [, place = '', id] = url.pathname.split('/');
    if (!['notes', 'uploads', 'events'].includes(place))
      return reply(response, { status: 200, body: await echo(request, url, caller) });
    // The connection of an upload that is not read ends with the answer.
    if (!caller?.verified || caller.sub === undefined) return reply(response, UNAUTHORIZED);
    if (place === 'events') return streamEvents(request, response, eventMs);
    const body = await read(request);
    if (place === 'uploads') return reply(response, { status: 201, body: { bytes: body.bytes } });
    reply(response, noteReply(request.method ?? 'GET', caller, id, body.text));
  };

  /** @param {string} method @param {import('./backend/token.mjs').Caller} caller @param {string | undefined} id @param {string} text */
  function noteReply(method, caller, id, text) {
    const { sub = '' } = caller;
    if (method === 'GET' && !id) return notes.list(sub);
    if (method === 'POST' && !id) return notes.add(sub, text);
    if (method === 'DELETE') return id ? notes.remove(sub, id) : notes.removeAll(caller);
    return problem(405, 'There is no such method here.', { allow: id ? 'DELETE' : 'GET, POST, DELETE' });
  }

  // A client that breaks off an upload gets no answer; all others still do.
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** RFC 6750 §3. */
const UNAUTHORIZED = problem(401, 'An access token is needed.', {
  'www-authenticate': 'Bearer error="invalid_token"',
  connection: 'close',
});

/** @param {Outgoing} response @param {import('./backend/notes.mjs').Reply} reply */
function reply(response, { status, body, headers = {} }) {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, 'cache-control': 'no-store', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body, null, 2));
}

/** @param {Incoming} request @param {URL} url @param {import('./backend/token.mjs').Caller | null} authorization */
async function echo(request, url, authorization) {
  const { authorization: _, cookie, dpop, ...headers } = request.headers;
  return {
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    cookies: cookie?.split(/; */).map((pair) => pair.split('=')[0]) ?? [],
    authorization,
    proven: dpop !== undefined,
    body: await read(request),
  };
}

/** @param {Incoming} request */
async function read(request) {
  /** @type {Buffer[]} */
  const kept = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (bytes < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - bytes));
    bytes += chunk.length;
  }
  return { bytes, text: Buffer.concat(kept).toString('utf8') };
}
