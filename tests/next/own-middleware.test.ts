import { type NextFetchEvent, type NextMiddleware, NextRequest, NextResponse } from 'next/server';
import { describe, expect, it } from 'vitest';
import { runOwn } from '../../lib/next/own-middleware';
import type { Continue } from '../../lib/types/request';
import { pageView } from './page-view';

const SITE = 'https://site.test';
const event = {} as NextFetchEvent;
const GATE_COOKIE = 'session=renewed; Path=/; HttpOnly';
const PERSONAL: Continue['headers'] = [
  ['vary', 'Cookie'],
  ['cache-control', 'private, no-store'],
  ['cdn-cache-control', 'private, no-store'],
  ['set-cookie', GATE_COOKIE],
];
/** Lets a request through, with a cookie of the gate's. */
const open: Continue = { continue: true, headers: PERSONAL };
/** Hides the session and a header. */
const hiding: Continue = {
  continue: true,
  headers: [],
  requestHeaders: [
    ['cookie', 'theme=dark'],
    ['x-hidden', null],
  ],
};
const SENT = {
  host: 'site.test',
  cookie: 'theme=dark; session=sealed',
  'x-hidden': 'by the gate',
  'x-other': 'kept',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

const request = (path = '/base/id/page?q=1') =>
  new NextRequest(SITE + path, {
    headers: SENT,
    nextConfig: { basePath: '/base', i18n: { locales: ['en', 'id'], defaultLocale: 'en' } },
  });
const run = (own: NextMiddleware, decision: Continue = open, sent = request()) => runOwn(own, sent, event, decision);
const view = (response: Response) => pageView(new Headers(SENT), response);

describe('the site’s own middleware sees the request', () => {
  it('without the headers and cookies that the gate hides, and with all others', async () => {
    await run((seen) => {
      expect(seen.headers.get('cookie')).toBe('theme=dark');
      expect(seen.headers.has('x-hidden')).toBe(false);
      expect(seen.headers.get('x-other')).toBe('kept');
      expect(seen.cookies.getAll()).toEqual([{ name: 'theme', value: 'dark' }]);
      expect(seen.cookies.get('session')).toBeUndefined();
    }, hiding);
    expect.assertions(5);
  });

  it('with the cookie that the gate has put in the place of another', async () => {
    const renewed: Continue = { ...open, requestHeaders: [['cookie', 'theme=dark; session=renewed']] };
    await run((seen) => {
      expect(seen.cookies.get('session')?.value).toBe('renewed');
    }, renewed);
    expect.assertions(1);
  });

  it('with the URL, base path and locale that Next gave it', async () => {
    await run((seen) => {
      const { basePath, locale, pathname, search } = seen.nextUrl;
      expect({ basePath, locale, pathname, search }).toEqual({
        basePath: '/base',
        locale: 'id',
        pathname: '/page',
        search: '?q=1',
      });
      expect(seen.url).toBe(`${SITE}/base/id/page?q=1`);
    }, hiding);
    expect.assertions(2);
  });

  it('with its method and body', async () => {
    const sent = new NextRequest(SITE, { method: 'POST', headers: SENT, body: 'a body' });
    await run(
      async (seen) => {
        expect([seen.method, await seen.text()]).toEqual(['POST', 'a body']);
      },
      hiding,
      sent,
    );
    expect.assertions(1);
  });

  it('and gets the event', async () => {
    await run((_, given) => {
      expect(given).toBe(event);
    });
    expect.assertions(1);
  });
});

describe('an answer of the site’s own middleware keeps', () => {
  it.each<[string, NextMiddleware, number, Record<string, string | null>]>([
    [
      'a rewrite',
      (seen) => NextResponse.rewrite(new URL('/de/page', seen.url)),
      200,
      { 'x-middleware-rewrite': `${SITE}/de/page` },
    ],
    ['a redirect', (seen) => NextResponse.redirect(new URL('/de', seen.url), 308), 308, { location: `${SITE}/de` }],
    [
      'a redirect whose headers cannot be changed',
      () => Response.redirect(`${SITE}/de`, 302),
      302,
      { location: `${SITE}/de` },
    ],
    ['JSON', () => NextResponse.json({ ok: true }, { status: 418 }), 418, { 'content-type': 'application/json' }],
    ['a plain answer', () => new Response('hello', { status: 201, headers: { 'x-own': '1' } }), 201, { 'x-own': '1' }],
    [
      'NextResponse.next()',
      () => NextResponse.next({ headers: { 'x-own': '1' } }),
      200,
      { 'x-own': '1', 'x-middleware-next': '1' },
    ],
    [
      'a promise',
      async () => NextResponse.next({ headers: { 'x-own': '1' } }),
      200,
      { 'x-own': '1', 'x-middleware-next': '1' },
    ],
  ])('%s, with the gate’s cookie and caching headers on it', async (_, own, status, expected) => {
    const answer = await run(own);
    expect(answer.status).toBe(status);
    for (const [name, value] of Object.entries(expected)) expect(answer.headers.get(name)).toBe(value);
    expect(answer.headers.getSetCookie()).toEqual([GATE_COOKIE]);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
  });

  it.each([undefined, null])('nothing but the gate’s decision when it returns %s', async (nothing) => {
    const answer = await run(() => nothing);
    expect(answer.headers.get('x-middleware-next')).toBe('1');
    expect(answer.headers.getSetCookie()).toEqual([GATE_COOKIE]);
  });

  it('its body', async () => {
    expect(await (await run(() => new Response('hello'))).text()).toBe('hello');
    expect(await (await run(() => NextResponse.json({ ok: true }))).json()).toEqual({ ok: true });
  });

  it('its cookies beside the gate’s, whose own come last', async () => {
    const answer = await run(() => {
      const next = NextResponse.next();
      next.cookies.set('locale', 'de', { path: '/' });
      next.cookies.set('expires', '1', { expires: new Date(0) }); // a date has a comma in it
      return next;
    });
    expect(answer.headers.getSetCookie()).toEqual([
      'locale=de; Path=/',
      'expires=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      GATE_COOKIE,
    ]);
  });

  it('its Vary beside the gate’s, and no caching headers against the gate’s', async () => {
    const own = { vary: 'Accept-Language', 'cache-control': 'public, s-maxage=600', 'cdn-cache-control': 'public' };
    const { headers } = await run(() => NextResponse.next({ headers: own }));
    expect(headers.get('vary')).toBe('Accept-Language, Cookie');
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(headers.get('cdn-cache-control')).toBe('private, no-store');
  });

  it.each(['vercel-cdn-cache-control', 'cloudflare-cdn-cache-control', 'surrogate-control', 'x-accel-expires'])(
    'no %s of its own on a personal answer, which caches of that vendor obey first',
    async (name) => {
      const own = () => NextResponse.next({ headers: { [name]: 'public, max-age=600' } });
      expect((await run(own)).headers.has(name)).toBe(false);
      expect((await run(own, hiding)).headers.get(name)).toBe('public, max-age=600');
    },
  );

  it('the gate’s cookie when Next sets the cookies of `next/headers` in the place of all', async () => {
    for (const own of [() => NextResponse.next(), () => undefined]) {
      const { headers } = await run(own);
      headers.set('set-cookie', ['theme=dark', 'size=1'] as unknown as string);
      expect(headers.getSetCookie()).toEqual([GATE_COOKIE, 'theme=dark', 'size=1']);
      headers.set('x-own', '1');
      expect(headers.get('x-own')).toBe('1');
    }
  });

  it('its caching headers where the gate has none', async () => {
    const { headers } = await run(() => NextResponse.next({ headers: { 'cache-control': 'public' } }), hiding);
    expect(headers.get('cache-control')).toBe('public');
  });
});

it('a failure of the site’s own middleware carries the cookies of the gate to the browser', async () => {
  const failure = await run(() => Promise.reject(new RangeError('planted'))).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'INTERNAL', actor: 'site', attached: { cookies: [GATE_COOKIE] } });
});

describe('the page behind both sees', () => {
  const hideOther: NextMiddleware = (seen) => {
    const headers = new Headers(seen.headers);
    headers.delete('x-other');
    headers.set('x-added', '1');
    return NextResponse.next({ request: { headers } });
  };

  it.each<[string, NextMiddleware]>([
    ['nothing', () => {}],
    ['NextResponse.next()', () => NextResponse.next()],
    ['the request as it is', (seen) => NextResponse.next({ request: seen })],
    ['its own request headers', hideOther],
    [
      'an empty list of request headers, which Next ignores',
      () => NextResponse.next({ request: { headers: new Headers() } }),
    ],
    ['a rewrite', (seen) => NextResponse.rewrite(new URL('/de', seen.url))],
    [
      'a rewrite with request headers',
      (seen) => NextResponse.rewrite(new URL('/de', seen.url), { request: { headers: new Headers(seen.headers) } }),
    ],
    ['the request’s headers as response headers, by mistake', (seen) => NextResponse.next({ headers: seen.headers })],
    [
      'a response cookie',
      () => {
        const next = NextResponse.next();
        next.cookies.set('locale', 'de');
        return next;
      },
    ],
    [
      'a response cookie beside request headers',
      (seen) => {
        const next = NextResponse.next({ request: { headers: new Headers(seen.headers) } });
        next.cookies.set('locale', 'de');
        return next;
      },
    ],
    [
      'a cookie written into the request',
      (seen) => {
        seen.cookies.set('locale', 'de');
        return NextResponse.next({ request: seen });
      },
    ],
  ])('nothing that the gate hides, when the site’s own middleware returns %s', async (_, own) => {
    const { headers, cookies } = view(await run(own, hiding));
    expect(headers.has('x-hidden')).toBe(false);
    expect(headers.get('cookie')).not.toContain('sealed');
    expect(cookies.has('session')).toBe(false);
    expect(cookies.get('theme')).toBe('dark');
  });

  it('nothing that the site’s own middleware hides, and what it adds', async () => {
    for (const decision of [open, hiding]) {
      const { headers } = view(await run(hideOther, decision));
      expect(headers.has('x-other')).toBe(false);
      expect(headers.get('x-added')).toBe('1');
      expect(headers.get('traceparent')).toBe(SENT.traceparent);
    }
  });

  it('no cookie that the site’s own middleware takes off, when the gate has replaced another', async () => {
    const renewed: Continue = { ...open, requestHeaders: [['cookie', 'theme=dark; session=renewed']] };
    const own: NextMiddleware = (seen) => {
      seen.cookies.delete('theme');
      return NextResponse.next({ request: seen });
    };
    const { cookies } = view(await run(own, renewed));
    expect([...cookies]).toEqual([['session', 'renewed']]);
  });

  it('the cookies of the response too, beside the one that the gate has replaced', async () => {
    const renewed: Continue = { ...open, requestHeaders: [['cookie', 'theme=dark; session=renewed']] };
    const own: NextMiddleware = () => {
      const next = NextResponse.next();
      next.cookies.set('theme', 'light');
      return next;
    };
    const { cookies } = view(await run(own, renewed));
    expect(Object.fromEntries(cookies)).toEqual({ theme: 'light', session: 'renewed' });
  });

  it('no change that the site’s own middleware made to the request and did not hand on, as without the gate', async () => {
    const own: NextMiddleware = (seen) => {
      seen.headers.set('x-other', 'changed');
    };
    expect(view(await run(own, hiding)).headers.get('x-other')).toBe('kept');
    expect(view(await run(own, open)).headers.get('x-other')).toBe('kept');
  });

  it('no request headers are named on an answer that goes on to no page', async () => {
    const { headers } = await run(() => new Response('hello'), hiding);
    expect([...headers.keys()].filter((name) => name.startsWith('x-middleware-'))).toEqual([]);
  });
});
