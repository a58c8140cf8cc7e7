import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { AUDIENCE } from './provider/tokens.mjs';

/** Of a body, this much is echoed; the rest is read and counted. */
const ECHO_BYTES = 64 * 1024;

/**
 * @typedef {object} Backend
 * @property {string} url
 * @property {() => Promise<void>} close
 */

/**
 * Starts the API behind the site's proxy. It answers with what reached it, so that the demo shows, and a test proves,
 * what the gate adds and what it keeps back. Tokens are described, never repeated; of cookies, which should not arrive
 * at all, only the names.
 *
 * @param {{ issuer?: string, port?: number }} [options] with an issuer, the token's signature and audience are checked
 * @returns {Promise<Backend>}
 */
export async function startBackend({ issuer, port = 0 } = {}) {
  const keys = issuer ? createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`)) : undefined;
  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const answer = async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://backend.invalid');
    const { authorization, cookie, ...headers } = request.headers;
    const echo = {
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers,
      cookies: cookie?.split(/; */).map((pair) => pair.split('=')[0]) ?? [],
      authorization: authorization ? await summary(authorization, issuer, keys) : null,
      body: await read(request),
    };
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(echo, null, 2));
  };
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

/**
 * @param {string} authorization
 * @param {string | undefined} issuer
 * @param {import('jose').JWTVerifyGetKey | undefined} keys
 */
async function summary(authorization, issuer, keys) {
  const [scheme = '', token = ''] = authorization.split(' ');
  const fingerprint = createHash('sha256').update(token).digest('base64url');
  try {
    const verified = issuer !== undefined && keys !== undefined;
    const payload = verified
      ? (await jwtVerify(token, keys, { issuer, audience: AUDIENCE, algorithms: ['ES256'] })).payload
      : decodeJwt(token);
    return { scheme, verified, sub: payload.sub, aud: payload.aud, scope: payload.scope, fingerprint };
  } catch (error) {
    return { scheme, verified: false, problem: error instanceof Error ? error.name : 'unknown', fingerprint };
  }
}

/** @param {import('node:http').IncomingMessage} request */
async function read(request) {
  /** @type {Buffer[]} */
  const kept = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (bytes < ECHO_BYTES) kept.push(chunk.subarray(0, ECHO_BYTES - bytes));
    bytes += chunk.length;
  }
  return { bytes, text: Buffer.concat(kept).toString('utf8') };
}
