import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { supportGate } from '../../lib/next/node-server';

/** What is on the wire after the gate has spoken and then a handler. */
async function answered(
  gate: Readonly<Record<string, string>>,
  handler: (response: ServerResponse) => void,
  sent: Readonly<Record<string, string>> = {},
) {
  const server = createServer((_, response) => {
    for (const [name, value] of Object.entries(gate)) response.setHeader(name, value);
    handler(response);
    response.end();
  }).listen(0);
  await once(server, 'listening');
  const { headers } = await fetch(`http://localhost:${(server.address() as AddressInfo).port}`, { headers: sent });
  server.close();
  return headers;
}

const PERSONAL = { vary: 'Cookie', 'cache-control': 'private, no-store', 'cdn-cache-control': 'private, no-store' };

supportGate();
supportGate(); // as when a configuration is read twice

describe('what the gate says about caching', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['setHeader', (response) => response.setHeader('CACHE-Control', 'public, max-age=60')],
    ['setHeaders', (response) => response.setHeaders(new Headers({ 'cache-control': 'public, max-age=60' }))],
    ['writeHead', (response) => response.writeHead(200, { 'Cache-Control': 'public, max-age=60' })],
    ['writeHead with a list', (response) => response.writeHead(200, ['Cache-Control', 's-maxage=60'])],
    ['appendHeader', (response) => response.appendHeader('Cache-Control', 'public')],
    [
      'removeHeader',
      (response) => {
        response.removeHeader('Cache-Control');
        response.setHeader('Cache-Control', 'public, max-age=60');
      },
    ],
  ])('is not written over by %s', async (_, handler) => {
    expect((await answered(PERSONAL, handler)).get('cache-control')).toBe('private, no-store');
  });

  it.each(['CDN-Cache-Control', 'Vercel-CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control'])(
    'is said to caches that go by %s too, when a page says something else there',
    async (name) => {
      const headers = await answered(PERSONAL, (response) => response.setHeader(name, 'max-age=600'));
      expect(headers.get(name)).toBe('private, no-store');
    },
  );

  it('is said to nginx in its own number', async () => {
    const headers = await answered(PERSONAL, (response) => response.setHeader('X-Accel-Expires', '600'));
    expect(headers.get('x-accel-expires')).toBe('0');
  });

  it('holds for what was said before the gate spoke, as by `headers()` of the configuration', async () => {
    const before = { 'surrogate-control': 'max-age=600', 'vercel-cdn-cache-control': 'max-age=600', 'x-own': '1' };
    const headers = await answered({ ...before, ...PERSONAL }, () => {});
    const left = [...Object.keys(before), 'cache-control'].map((name) => headers.get(name));
    expect(left).toEqual(['private, no-store', 'private, no-store', '1', 'private, no-store']);
  });

  it('leaves a stream its no-transform, without which Next would compress it and hold it back', async () => {
    const headers = await answered(PERSONAL, (response) =>
      response.writeHead(200, { 'Cache-Control': 'no-cache, no-transform' }),
    );
    expect(headers.get('cache-control')).toBe('private, no-store, no-transform');
  });

  it('about Vary cannot be taken back', async () => {
    const removed = (response: ServerResponse) => response.removeHeader('vary');
    expect((await answered(PERSONAL, removed)).get('vary')).toBe('Cookie');
    const replaced = await answered(PERSONAL, (response) => {
      removed(response);
      response.setHeader('Vary', 'Accept');
    });
    expect(replaced.get('vary')).toBe('Accept, Cookie');
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

  describe('about Vary is one line on the wire', () => {
    const ROUTER = 'rsc, next-router-state-tree';
    /** The lines of `Vary` after the gate has said `Cookie` and a handler something more, as bytes have them. */
    async function lines(handler: (response: ServerResponse) => void, gate = PERSONAL): Promise<string[]> {
      const server = createServer((_, response) => {
        for (const [name, value] of Object.entries(gate)) response.setHeader(name, value);
        handler(response);
        response.end();
      }).listen(0);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const [{ rawHeaders }] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage];
      server.close();
      return rawHeaders.filter((_, place) => place % 2 === 1 && /^vary$/i.test(rawHeaders[place - 1] ?? ''));
    }
    /** How Next adds a value: it reads what is there and sets all of it, as a list. */
    const append = (response: ServerResponse, name: string, value: string) =>
      response.setHeader(name, [...[response.getHeader(name) ?? []].flat().map(String), value]);

    it.each<[string, (response: ServerResponse) => void]>([
      [
        'a route handler of Next 16.5 canary, whose type is a list too, so that nothing is compressed',
        (response) => {
          append(response, 'vary', ROUTER);
          append(response, 'content-type', 'application/json');
        },
      ],
      [
        'a page that says it twice',
        (response) => {
          append(response, 'vary', ROUTER);
          append(response, 'vary', ROUTER);
        },
      ],
      ['appendHeader', (response) => response.appendHeader('Vary', ROUTER)],
      ['appendHeader with a list', (response) => response.appendHeader('Vary', ROUTER.split(', '))],
      ['setHeaders', (response) => response.setHeaders(new Map([['vary', ['Cookie', ...ROUTER.split(', ')]]]))],
      ['writeHead', (response) => response.writeHead(200, { Vary: ['cookie', ROUTER] })],
      ['writeHead with a list of lines', (response) => response.writeHead(200, ['Vary', 'cookie', 'Vary', ROUTER])],
      [
        'flushHeaders after it',
        (response) => {
          append(response, 'vary', ROUTER);
          response.flushHeaders();
        },
      ],
    ])('with %s', async (_, handler) => {
      const found = await lines(handler);
      expect(found).toHaveLength(1);
      expect(found[0]?.toLowerCase().split(', ').sort()).toEqual(['cookie', ...ROUTER.split(', ')].sort());
    });

    it('and what the gate has not spoken of keeps its lines', async () => {
      const two = (response: ServerResponse) => response.setHeader('Vary', ['Accept', ROUTER]);
      expect(await lines(two, { ...PERSONAL, vary: 'Accept' })).toEqual(['Accept', ROUTER]);
    });
  });

  it('is added to as before', async () => {
    const headers = await answered(PERSONAL, (response) => response.appendHeader('vary', 'Accept-Encoding'));
    expect(headers.get('vary')).toBe('Cookie, Accept-Encoding');
  });

  it.each([
    'private, no-store',
    'public, max-age=60',
    'private, max-age=60',
    'no-store',
    'private, no-store, max-age=0',
  ])('is not what another header said: %s', async (said) => {
    const headers = await answered({ 'cache-control': said }, (response) =>
      response.setHeader('cache-control', 's-maxage=60'),
    );
    expect(headers.get('cache-control')).toBe('s-maxage=60');
  });

  it('is all that stands: what the gate has not called personal is the handler’s', async () => {
    const headers = await answered({ vary: 'Accept', 'cache-control': 'public', 'x-own': '1' }, (response) => {
      response.setHeader('vary', 'RSC');
      response.setHeader('cache-control', 's-maxage=60');
      response.setHeader('x-own', '2');
      response.setHeader('surrogate-control', 'max-age=60');
      response.removeHeader('vary');
    });
    const left = ['vary', 'cache-control', 'x-own', 'surrogate-control'].map((name) => headers.get(name));
    expect(left).toEqual([null, 's-maxage=60', '2', 'max-age=60']);
  });
});

describe('a request', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['of Next’s own prefetch is told in the browsers’ words', { 'next-router-prefetch': '1' }, 'prefetch'],
    [
      'that a browser has named stays as it is',
      { 'next-router-prefetch': '1', 'sec-purpose': 'prefetch;prerender' },
      'prefetch;prerender',
    ],
    ['of any other kind is not touched', { rsc: '1' }, undefined],
  ])('%s', async (_, sent, expected) => {
    let seen: unknown;
    await answered(
      {},
      (response) => {
        seen = response.req.headers['sec-purpose'];
      },
      sent,
    );
    expect(seen).toBe(expected);
  });
});
