import { AsyncLocalStorage } from 'node:async_hooks';
import type { NextMiddleware, NextResponse } from 'next/server';
import { expect, it } from 'vitest';
import { runOwn } from '../../lib/next/own-middleware';

const GATE_COOKIE = 'session=renewed; Path=/; HttpOnly';

/** The answer as Next's own adapter hands it on, which loads where `AsyncLocalStorage` is a global, as Next makes it one. */
async function adapted(answer: (response: typeof NextResponse) => Response | undefined) {
  Object.assign(globalThis, { AsyncLocalStorage });
  const { adapter } = await import('next/dist/server/web/adapter.js');
  const { NextResponse } = await import('next/server');
  const { cookies } = await import('next/headers');
  const own: NextMiddleware = async () => {
    const jar = await cookies();
    jar.set('theme', 'light').set('size', 'large');
    return answer(NextResponse);
  };
  const { response } = await adapter({
    handler: (request: never, event: never) =>
      runOwn(own, request, event, { continue: true, headers: [['set-cookie', GATE_COOKIE]] }),
    page: '/middleware',
    request: {
      url: 'https://site.test/account',
      method: 'GET',
      headers: { host: 'site.test' },
      nextConfig: {},
      page: { name: 'middleware' },
      signal: new AbortController().signal,
      waitUntil() {},
    },
  } as unknown as Parameters<typeof adapter>[0]);
  return response.headers.getSetCookie();
}

it('cookies that the site’s own middleware sets by `next/headers` are set beside those of both answers', async () => {
  const theirs = ['theme=light; Path=/', 'size=large; Path=/'];
  expect(await adapted(() => undefined)).toEqual([GATE_COOKIE, ...theirs]);
  const withCookie = (Next: typeof NextResponse) => {
    const response = Next.next();
    response.cookies.set('own', '1');
    return response;
  };
  expect(await adapted(withCookie)).toEqual(['own=1; Path=/', GATE_COOKIE, ...theirs]);
});
