import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OVERSIZED } from './body-size.ts';
import { lingerOnClose } from './linger.ts';

/** Where Next keeps what it knows of a request. It is there from the moment that Next handles the request. */
const NEXT_META = Symbol.for('NextInternalRequestMeta');

/** The same words as in `lib/problems.ts`. */
const PROBLEM = {
  title: 'Too much data',
  status: 413,
  code: 'BODY_TOO_LARGE',
  detail: 'What was sent is larger than this site accepts.',
};

/**
 * Refuses a body over the limit with 413, of requests that Next handles; another server in this process, or a handler of
 * a custom server, has its own limits.
 *
 * Next clones the body of every request that has a middleware and ends the clone without an error at
 * `experimental.proxyClientMaxBodySize`: the handler takes the first part for the whole. What announces its length is
 * refused by the gate before anything of it is read. What does not is counted as it comes; the gate has been asked by
 * then, and Next calls no handler before it has the whole body. RFC 9110 §15.5.14.
 *
 * @param limit bytes
 */
export function limitBody(request: IncomingMessage, response: ServerResponse, limit: number): void {
  if (Number(request.headers['content-length']) > limit) withholdBody(request, response);
  else if (request.headers['transfer-encoding'] !== undefined) countBody(request, response, limit);
}

function withholdBody(request: IncomingMessage, response: ServerResponse): void {
  let isNext = false;
  // RFC 9110 §10.1.1: the final answer instead of "100 Continue". Whether Next handles it is known a moment later.
  const { writeContinue } = response;
  response.writeContinue = (callback) => void setImmediate(() => isNext || writeContinue.call(response, callback));

  whenNextHandles(request, () => {
    isNext = true;
    request.headers[OVERSIZED] = '1';
    response.setHeader('Connection', 'close');
    lingerOnClose(request.socket);
    // Ended for Next, which waits for the end of a body before it passes the gate's answer on. Without `complete` Node
    // would take the early end for an aborted request and destroy the connection.
    request.complete = true;
    request.push(null);
    discardBody(request);
  });
}

function whenNextHandles(request: IncomingMessage, then: () => void): void {
  let meta: unknown;
  Object.defineProperty(request, NEXT_META, {
    configurable: true,
    get: () => meta,
    set(value) {
      const isFirst = meta === undefined;
      meta = value;
      if (isFirst) then();
    },
  });
}

function countBody(request: IncomingMessage, response: ServerResponse, limit: number): void {
  const { push } = request;
  let received = 0;
  request.push = (chunk, encoding) => {
    received += chunk?.length ?? 0;
    if (received <= limit || !(NEXT_META in request)) return push.call(request, chunk, encoding);
    discardBody(request); // and so it never ends: nothing can take the part for the whole
    refuse(request, response);
    return true;
  };
}

/** Discards further bytes of the parser. Next puts the `push` of its clone in the place of the request's own. */
function discardBody(request: IncomingMessage): void {
  Object.defineProperty(request, 'push', { configurable: true, get: () => () => true, set() {} });
}

function refuse({ socket }: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) return void socket.destroy(); // an answer under way can only be cut
  const ref = randomBytes(9).toString('base64url');
  const body = JSON.stringify({ ...PROBLEM, ref });
  lingerOnClose(socket);
  response.writeHead(PROBLEM.status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'private, no-store',
    'CDN-Cache-Control': 'private, no-store',
    Vary: 'Cookie',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'X-Request-Id': ref,
    Connection: 'close',
  });
  response.end(body);
}
