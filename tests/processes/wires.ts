import { type Agent, createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** Puts something that answers `Request`s behind a real socket. An error of its own cuts the connection. */
export async function serve(handle: (request: Request, base: string) => Promise<Response>): Promise<Served> {
  const server: Server = createServer(async (incoming, outgoing) => {
    const { port } = server.address() as AddressInfo;
    const base = `http://127.0.0.1:${port}`;
    try {
      const response = await handle(await asRequest(incoming, base), base);
      const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'set-cookie'));
      outgoing.writeHead(response.status, { ...headers, 'set-cookie': response.headers.getSetCookie() });
      outgoing.end(Buffer.from(await response.arrayBuffer()));
    } catch {
      outgoing.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function asRequest(incoming: IncomingMessage, base: string): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const method = incoming.method ?? 'GET';
  return new Request(base + incoming.url, { method, headers, body: chunks.length > 0 ? Buffer.concat(chunks) : null });
}

/**
 * Sends a request as it is, with headers that `fetch` would replace by its own (`Sec-Fetch-*`). Follows nothing, and takes any
 * certificate. Over a connection of its own, where the agent keeps none: a server closes one that has nothing to do whenever it
 * likes, also as a request is sent.
 */
export async function overTheWire(request: Request, agent: Agent | false = false): Promise<Response> {
  const body = await request.text();
  const { method, url } = request;
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const headers = Object.fromEntries(request.headers);
    const options = { method, headers, rejectUnauthorized: false, agent };
    const outgoing = send(url, options, async (incoming) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const headers = new Headers();
      for (let index = 0; index < incoming.rawHeaders.length; index += 2)
        headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '');
      const text = Buffer.concat(chunks).toString();
      resolve(
        new Response([204, 304].includes(incoming.statusCode ?? 0) ? null : text, {
          status: incoming.statusCode ?? 500,
          headers,
        }),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
