import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { UPGRADE_FIRST_BYTE_MS } from '../timing.ts';
import { removeInternal } from './internal-headers.ts';
import { destroyLater, lingerOnClose } from './linger.ts';

/** On a server whose upgrades are guarded. */
const GUARDED = Symbol.for('gatehouse.upgrades');

/** Hop-by-hop fields that go with the upgrade (RFC 9110 §7.8; RFC 7540 §3.2.1). */
const OF_THE_UPGRADE = ['connection', 'upgrade', 'http2-settings'];

type Server = HttpServer & { [GUARDED]?: true };

/** An upgrade, as Node hands it to the listeners of a server. */
interface Upgrade {
  readonly server: Server;
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What came behind the request. */
  readonly head: Buffer;
}

/**
 * Looks after every `Upgrade` request of a server.
 *
 * Next asks the middleware, proxies what a rewrite sends to another host, and leaves everything else alone: what the gate
 * refuses is neither answered nor closed, what fits a page is half closed. A server may ignore `Upgrade` (RFC 9110 §7.8),
 * so what Next does not proxy is served as the ordinary request that it also is: with the gate's own answer, or the page.
 */
export function guardUpgrades(server: Server): void {
  if (server[GUARDED]) return;
  server[GUARDED] = true;
  const { emit } = server;
  server.emit = (event: string, ...values: unknown[]) => {
    if (event !== 'upgrade') return Reflect.apply(emit, server, [event, ...values]);
    const [request, socket, head] = values as [IncomingMessage, Socket, Buffer];
    const upgrade = { server, request, socket, head };
    const serve = asOrdinary(upgrade);
    if (isHttp2(request)) serve();
    else guard(upgrade, serve);
    return true;
  };
}

/** h2c is never accepted: RFC 9113 §3.1 removed it. */
const isHttp2 = ({ headers }: IncomingMessage) => /(^|,)\s*h2c\s*(,|$)/i.test(headers.upgrade ?? '');

function guard(upgrade: Upgrade, serve: () => void): void {
  const { request, socket } = upgrade;
  removeInternal(request);
  if (/^websocket$/i.test(request.headers.upgrade ?? '')) socket.once('finish', () => destroyLater(socket));
  const { end, setTimeout: setSocketTimeout } = socket;
  const written = socket.bytesWritten;
  let isTaken = false;
  let isOver = false;
  const leaveAlone = () => {
    isOver = true;
    clearTimeout(late);
    Object.assign(socket, { end, setTimeout: setSocketTimeout });
  };
  const unlessAnswered = (answer: () => void) => {
    if (isOver) return;
    leaveAlone();
    if (socket.bytesWritten === written && !socket.destroyed) answer();
  };
  const late = setTimeout(unlessAnswered, UPGRADE_FIRST_BYTE_MS, () => close(socket, isTaken ? 504 : 400)).unref();

  // What speaks WebSocket, Next's proxy and `ws` alike, first turns the time limit of the connection off.
  socket.setTimeout = (...values) => {
    isTaken = true;
    return setSocketTimeout.apply(socket, values);
  };
  socket.end = (...values: unknown[]) => {
    const isAnswer = String(values[0]).startsWith('HTTP/'); // and not Next's bare "Internal Server Error"
    if (isOver || isAnswer || socket.bytesWritten !== written) return Reflect.apply(end, socket, values);
    unlessAnswered(isTaken ? () => close(socket, 502) : serve);
    return socket;
  };
  whenDone(upgrade, () => isTaken || unlessAnswered(serve));
}

/**
 * Calls the listeners, and `then` when all of them say that they are done. One whose promise is settled when it returns has
 * waited for nothing and may still be at work, as the listener of Next's custom server is: there the time limit decides.
 */
function whenDone({ server, request, socket, head }: Upgrade, then: () => void): void {
  const results = server.rawListeners('upgrade').map((listener) => listener.call(server, request, socket, head));
  if (!results.every((result) => result instanceof Promise)) return;
  let left = results.length;
  let isAtOnce = true;
  const settled = () => {
    left -= isAtOnce ? Number.NaN : 1;
    if (left === 0) then();
  };
  for (const result of results) void result.then(settled, settled);
  queueMicrotask(() => {
    isAtOnce = false;
  });
}

/**
 * Gives the connection back to the server with the same request, without what asks for an upgrade. The request is parsed
 * again, so that a body, `Expect` and the server's time limits are what they are for every request.
 */
function asOrdinary({ server, request, socket, head }: Upgrade): () => void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!OF_THE_UPGRADE.includes(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  lines.push('Connection: close', '\r\n');
  return () => {
    socket.unshift(Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), head]));
    server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
  };
}

function close(socket: Socket, status: 400 | 502 | 504): void {
  const reasons = { 400: 'Bad Request', 502: 'Bad Gateway', 504: 'Gateway Timeout' };
  socket.on('error', () => {}); // the peer may have left
  socket.resume();
  lingerOnClose(socket);
  socket.write(
    `HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nReferrer-Policy: no-referrer\r\nContent-Length: 0\r\n\r\n`,
  );
  socket.destroySoon();
}
