import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const HOST = '127.0.0.1';

/** A server on the loopback interface that can be stopped and started again on its port. */
export interface HttpServer {
  readonly origin: string;
  /** Ends all connections, and refuses new ones until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * Listens on a port of this machine.
 *
 * @param port 0 = any that is free
 * @param handler gets requests as `fetch` would send them; when it throws, the connection ends without an answer
 */
export async function listen(port: number, handler: (request: Request) => Promise<Response>): Promise<HttpServer> {
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing, origin, handler);
  });
  const start = async (wanted: number) => {
    server.listen(wanted, HOST);
    await once(server, 'listening');
  };
  await start(port);
  const own = (server.address() as AddressInfo).port;
  const origin = `http://${HOST}:${own}`;
  return {
    origin,
    start: async () => {
      if (!server.listening) await start(own);
    },
    stop: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  origin: string,
  handler: (request: Request) => Promise<Response>,
): Promise<void> {
  const left = new AbortController();
  outgoing.once('close', () => left.abort());
  try {
    const response = await handler(await toRequest(incoming, origin, left.signal));
    const headers = Object.fromEntries(response.headers);
    outgoing.writeHead(response.status, { ...headers, 'set-cookie': response.headers.getSetCookie() });
    // Each part has left before the next one is asked for, which may be the fault that breaks the connection.
    const parts = (response.body ?? []) as AsyncIterable<Uint8Array> | [];
    for await (const part of parts) await new Promise((sent) => outgoing.write(part, sent));
    outgoing.end();
  } catch {
    outgoing.destroy(); // a fault that was asked for, or a client that left
  }
}

async function toRequest(incoming: IncomingMessage, origin: string, signal: AbortSignal): Promise<Request> {
  const { method = 'GET', url = '/' } = incoming;
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  const headers = new Headers();
  for (const [name, value = ''] of Object.entries(incoming.headers))
    for (const one of [value].flat()) headers.append(name, one);
  const body = method === 'GET' || method === 'HEAD' ? null : Buffer.concat(parts);
  return new Request(new URL(url, origin), { method, headers, body, signal });
}
