/** A comment, so that a connection on which nothing happens is not taken for a dead one. */
const HEARTBEAT = ': heartbeat\n\n';
const HEARTBEAT_MS = 15_000;

/**
 * Server-sent events: one with each tick, numbered, going on after the last one that the client has had.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {number} everyMs
 */
export function streamEvents(request, response, everyMs) {
  let id = Number(request.headers['last-event-id']) || 0;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = () => {
    id += 1;
    response.write(`id: ${id}\ndata: ${JSON.stringify({ number: id, at: new Date().toISOString() })}\n\n`);
  };
  send();
  const timers = [setInterval(send, everyMs), setInterval(() => response.write(HEARTBEAT), HEARTBEAT_MS)];
  response.once('close', () => timers.forEach(clearInterval));
}
