import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { supportGate } from '../../lib/next/node-server';

type Listener = (request: IncomingMessage, socket: Socket, head: Buffer) => unknown;

supportGate();
afterEach(() => vi.useRealTimers());

/** A server of the site's own, which answers ordinary requests with what they were. */
async function serverWith(...listeners: Listener[]): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(`ordinary ${request.method} ${request.url}`));
  });
  for (const listener of listeners) server.on('upgrade', listener);
  await once(server.listen(0), 'listening');
  return server;
}

/** All that comes back until the server has closed the connection. */
async function answered(server: Server, { protocol = 'websocket', after = async () => {} } = {}): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, 'localhost').setEncoding('latin1');
  socket.write(`GET /path HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
  void once(server, 'upgrade-seen').then(after);
  let whole = '';
  for await (const chunk of socket) whole += chunk;
  server.close();
  return whole;
}

/** Lets all the time pass that the server gives an upgrade. */
const late = async () => {
  await vi.advanceTimersByTimeAsync(60_000);
};
const fakeTime = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
const seen = (server: () => Server) => server().emit('upgrade-seen');

describe('an upgrade', () => {
  it('that a listener leaves alone is answered with 400 and closed when its time is over', async () => {
    fakeTime();
    const server: Server = await serverWith(() => void seen(() => server));
    expect(await answered(server, { after: late })).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('that a listener has taken, and that stays silent, is answered with 504', async () => {
    fakeTime();
    const server: Server = await serverWith((_, socket) => {
      socket.setTimeout(0);
      seen(() => server);
    });
    expect(await answered(server, { after: late })).toMatch(/^HTTP\/1\.1 504 /);
  });

  it('that was accepted stays open when its time is over', async () => {
    fakeTime();
    const server: Server = await serverWith((_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      seen(() => server);
      void once(server, 'go-on').then(() => socket.end('still here'));
    });
    const after = async () => {
      await late();
      server.emit('go-on');
    };
    expect(await answered(server, { after })).toBe('HTTP/1.1 101 Switching Protocols\r\n\r\nstill here');
  });

  it('that a listener accepts behind its own back, as on a custom server, is left to it', async () => {
    const accept = async (socket: Socket) => {
      await new Promise(setImmediate);
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    };
    const server = await serverWith(
      async (_, socket) => void accept(socket),
      async () => {},
    );
    expect(await answered(server)).toMatch(/^HTTP\/1\.1 101 /);
  });

  it('that an asynchronous listener is done with and has not answered is served as an ordinary request', async () => {
    const server = await serverWith(async () => {
      await Promise.resolve();
    });
    expect(await answered(server)).toMatch(/^HTTP\/1\.1 200 [\s\S]*ordinary GET \/path$/);
  });

  it('that a listener ends without an answer is served as an ordinary request', async () => {
    const server = await serverWith((_, socket) => socket.end());
    expect(await answered(server)).toMatch(/^HTTP\/1\.1 200 [\s\S]*ordinary GET \/path$/);
  });

  it('that is refused is closed although the client keeps its half of the connection open', async () => {
    fakeTime();
    const server = await serverWith((_, socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\n\r\n');
      socket.end('no');
    });
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect({ port, host: 'localhost', allowHalfOpen: true }).resume();
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [socket] = await accepted;
    const closed = once(socket, 'close');
    await once(client, 'end');
    expect(socket.destroyed).toBe(false);
    await late();
    await closed;
    client.destroy();
    server.close();
  });

  it('to HTTP/2 is an ordinary request, of which no listener hears', async () => {
    const listener = vi.fn();
    expect(await answered(await serverWith(listener), { protocol: 'h2c' })).toMatch(/ordinary GET \/path$/);
    expect(listener).not.toHaveBeenCalled();
  });

  it('to another protocol is the listener’s, as before', async () => {
    const server = await serverWith((_, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
    expect(await answered(server, { protocol: 'own/1' })).toMatch(/^HTTP\/1\.1 101 /);
  });

  it('reaches its listener without what makes Next skip the middleware, or take the request for its own', async () => {
    let headers: IncomingMessage['headers'] = {};
    const server = await serverWith((request, socket) => {
      headers = request.headers;
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    const socket = connect((server.address() as AddressInfo).port, 'localhost').resume();
    const own = [
      'X-Prerender-Revalidate: id',
      'x-prerender-revalidate-if-generated: 1',
      'x-nextjs-data: 1',
      'x-kept: 1',
    ];
    socket.write(
      `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${own.join('\r\n')}\r\n\r\n`,
    );
    await once(socket, 'close');
    server.close();
    expect(headers).toEqual({ host: 'x', connection: 'Upgrade', upgrade: 'websocket', 'x-kept': '1' });
  });
});
