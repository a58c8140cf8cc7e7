import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { keepCacheHeaders } from '../../lib/server/cache-headers.mjs';

/** What is on the wire after the gate has spoken and then a handler. */
async function answered(gate: Readonly<Record<string, string>>, handler: (response: ServerResponse) => void) {
  const server = createServer((_, response) => {
    for (const [name, value] of Object.entries(gate)) response.setHeader(name, value);
    handler(response);
    response.end();
  }).listen(0);
  await once(server, 'listening');
  const { headers } = await fetch(`http://localhost:${(server.address() as AddressInfo).port}`);
  server.close();
  return headers;
}

const PERSONAL = { 'cache-control': 'private, no-store', vary: 'Cookie' };

describe('what the gate says about caching', () => {
  keepCacheHeaders();
  keepCacheHeaders();

  it.each<[string, (response: ServerResponse) => void]>([
    ['setHeader', (response) => response.setHeader('CACHE-Control', 'public, max-age=60')],
    ['setHeaders', (response) => response.setHeaders(new Headers({ 'cache-control': 'public, max-age=60' }))],
    ['writeHead', (response) => response.writeHead(200, { 'Cache-Control': 'public, max-age=60' })],
    ['writeHead with a list', (response) => response.writeHead(200, ['Cache-Control', 's-maxage=60'])],
  ])('is not written over by %s', async (_, handler) => {
    expect((await answered(PERSONAL, handler)).get('cache-control')).toBe('private, no-store');
  });

  it.each([
    ['RSC', 'RSC, Cookie'],
    ['RSC, cookie', 'RSC, cookie'],
    ['Cookie-Consent', 'Cookie-Consent, Cookie'],
    ['*', '*'],
  ])('a Vary of "%s" becomes "%s"', async (said, expected) => {
    const headers = await answered(PERSONAL, (response) => response.setHeader('Vary', said));
    expect(headers.get('vary')).toBe(expected);
  });

  it('is added to as before', async () => {
    const headers = await answered(PERSONAL, (response) => response.appendHeader('vary', 'Accept-Encoding'));
    expect(headers.get('vary')).toBe('Cookie, Accept-Encoding');
  });

  it('is all that stands: what the gate has not called personal is the handler’s', async () => {
    const headers = await answered({ vary: 'Accept', 'cache-control': 'public', 'x-own': '1' }, (response) => {
      response.setHeader('vary', 'RSC');
      response.setHeader('cache-control', 's-maxage=60');
      response.setHeader('x-own', '2');
    });
    expect(['vary', 'cache-control', 'x-own'].map((name) => headers.get(name))).toEqual(['RSC', 's-maxage=60', '2']);
  });
});
