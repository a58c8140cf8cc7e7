/**
 * An API in a process of its own that answers on the wire what a test has told it, byte for byte: no server of Node's would
 * send most of it. The test talks to it by messages (see `api.ts`).
 */
import { createServer } from 'node:net';

/** @typedef {{ after?: number, text?: string, base64?: string, repeat?: number }} Piece what is sent, `after` so many milliseconds */
/** @typedef {{ pieces: Piece[], end?: 'close' | 'reset' | 'open', early?: boolean, keep?: boolean }} Script */
/** @typedef {{ head: string, bytes: number, ended: 'whole' | 'cut' | 'open', sentAt: number[], closedAt?: number }} Seen */

/** @type {Map<string, Script[]>} */
const scripts = new Map();
/** @type {Seen[]} */
const seen = [];

const ECHO =
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{"ok":true}';

const wait = (/** @type {number} */ milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const server = createServer({ allowHalfOpen: true }, (socket) => {
  /** @type {Buffer} */
  let head = Buffer.alloc(0);
  /** @type {Seen | undefined} */
  let request;
  let framing = { length: 0, isChunked: false, tail: '' };
  let answered = false;

  async function answer() {
    if (answered || !request) return;
    answered = true;
    const [, target = ''] = request.head.split(' ');
    const queue = scripts.get(target.split('?')[0] ?? '') ?? [];
    const script = (queue.length > 1 ? queue.shift() : queue[0]) ?? { pieces: [{ text: ECHO }] };
    for (const { after, text = '', base64, repeat = 1 } of script.pieces) {
      if (after !== undefined) await wait(after);
      const piece = base64 === undefined ? Buffer.from(text, 'latin1') : Buffer.from(base64, 'base64');
      request.sentAt.push(Date.now());
      for (let count = 0; count < repeat && !socket.destroyed; count += 1)
        if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
    }
    if (script.end === 'reset') socket.resetAndDestroy();
    else if (script.end !== 'open') socket.end();
  }

  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  socket.on('close', () => finish('cut'));
  socket.on('end', () => finish('cut'));

  function finish(/** @type {'whole' | 'cut'} */ how) {
    if (!request) return;
    if (request.ended === 'open') request.ended = how;
    if (how === 'cut') request.closedAt ??= Date.now();
  }

  socket.on('data', (chunk) => {
    if (request) return take(request, chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const text = head.subarray(0, end).toString('latin1');
    request = { head: text, bytes: 0, ended: 'open', sentAt: [] };
    seen.push(request);
    const length = /^content-length: *(\d+)/im.exec(text)?.[1];
    framing = { length: Number(length ?? 0), isChunked: /^transfer-encoding:/im.test(text), tail: '' };
    const [, target = ''] = text.split(' ');
    if (scripts.get(target.split('?')[0] ?? '')?.[0]?.early) void answer();
    take(request, head.subarray(end + 4));
  });

  function take(/** @type {Seen} */ into, /** @type {Buffer} */ chunk) {
    into.bytes += chunk.length;
    framing.tail = (framing.tail + chunk.subarray(-5).toString('latin1')).slice(-5);
    const isWhole = framing.isChunked ? framing.tail === '0\r\n\r\n' : into.bytes >= framing.length;
    if (!isWhole) return;
    finish('whole');
    void answer();
  }
});

process.on('message', (/** @type {{ id: number, path?: string, scripts?: Script[], forget?: boolean }} */ message) => {
  if (message.path) scripts.set(message.path, message.scripts ?? []);
  const answer = message.path ? [] : [...seen];
  if (message.forget) seen.length = 0;
  process.send?.({ id: message.id, seen: answer });
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.({ id: 0, port });
});
