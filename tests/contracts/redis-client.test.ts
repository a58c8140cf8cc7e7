import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createRedis } from '../../lib/store/redis';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a Redis that answers with a redirect', () => {
  // The official client follows it, and has no option for that.
  it.each([302, 307])('to another origin, by %d, sends no token there', async (status) => {
    const seen: (string | undefined)[] = [];
    const other = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.setHeader('content-type', 'application/json').end('{"result":"x"}');
    });
    const redisUrl = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(status, { location: other }).end();
    });
    const redis = createRedis({ settings: { url: redisUrl, token: 'planted-token' } });
    // On a busy machine the second that Redis is given can be over before the answer is there.
    await vi.waitFor(() => {
      seen.length = 0;
      return redis.readText('key');
    }, 15_000);
    expect(seen).toEqual(['Bearer planted-token', undefined]);
  });
});
