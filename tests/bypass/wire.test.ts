import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { send } from './wire';

let server: Server;
const connections: Socket[] = [];
afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy();
  server.close();
});

/** A server that answers the requests of a connection with these bytes, one after the other. */
async function answering(...answers: readonly (readonly string[])[]): Promise<number> {
  server = createServer((connection) => {
    connections.push(connection);
    let next = 0;
    connection.on('data', async () => {
      for (const part of answers[next++] ?? []) {
        if (part === 'end') connection.end();
        else connection.write(part, 'latin1');
        await new Promise((resolve) => setTimeout(resolve, 20)); // each part is a piece of its own
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
const OK = ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', 'ok'];

it.each([
  ['in pieces', OK],
  [
    'in chunks',
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n', 'ok\r\n1f\r\n', `${'x'.repeat(31)}\r\n0\r\n\r\n`],
  ],
  ['without a body', ['HTTP/1.1 204 No Content\r\n', '\r\n']],
  ['behind an interim answer', ['HTTP/1.1 103 Early Hints\r\n\r\n', ...OK, 'end']],
  ['until the connection ends', ['HTTP/1.1 200 OK\r\n\r\n', 'ok', 'end']],
  ['with more than its length', ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokCANARY', 'end']],
])('an answer %s is there as a whole', async (_, parts) => {
  const port = await answering(parts);
  const { whole } = await send(port, { target: '/' });
  expect(whole).toBe(parts.filter((part) => part !== 'end').join(''));
});

it('the answer to HEAD has no body, whatever its length says', async () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
  const port = await answering([head], OK);
  expect((await send(port, { method: 'HEAD', target: '/' })).whole).toBe(head);
  expect((await send(port, { target: '/' })).whole).toBe(OK.join(''));
  expect(connections).toHaveLength(1);
});

it.each([
  [{ target: '/' }, 1],
  [{ target: '/', headers: [['Cookie', 'a=1']] as const }, 1],
  [{ target: '/', body: 'x' }, 3],
  [{ target: '/', host: null }, 3],
  [{ target: '/', version: 'HTTP/1.0' as const }, 3],
  [{ target: '/', method: 'TRACE' }, 3],
  [{ target: '/', headers: [['x', 'a\r\nUpgrade: h2c']] as const }, 3],
  [{ target: '/', headers: [[' transfer-encoding', 'chunked']] as const }, 3],
])('three requests %j take %i connections', async (sent, count) => {
  const port = await answering([...OK, ...(count > 1 ? ['end'] : [])], OK, OK);
  for (let time = 0; time < 3; time += 1) expect((await send(port, sent)).status).toBe(200);
  expect(connections).toHaveLength(count);
});

it('a connection that ends without an answer is none, and not asked for again', async () => {
  const port = await answering(OK, ['end']);
  expect((await send(port, { target: '/' })).status).toBe(200);
  expect((await send(port, { target: '/' })).status).toBe(0);
  expect(connections).toHaveLength(1);
});
