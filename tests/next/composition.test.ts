import { type NextFetchEvent, type NextMiddleware, NextRequest, NextResponse } from 'next/server';
import createIntlMiddleware from 'next-intl/middleware';
import { beforeAll, describe, expect, it } from 'vitest';
import { gatehouse } from '../../lib/next/middleware';
import { defineRules } from '../../lib/policy/rules';
import type { Browser } from '../world/browser';
import { createWorld, type World } from '../world/world';
import { pageView } from './page-view';

const NAME = '__Host-Http-session';
const IDLE_SECONDS = 400;
const rules = defineRules([
  { path: '/', allow: 'optional' },
  { path: '/about', allow: 'public' },
  { path: '/shop/*', allow: 'session', cookies: 'hidden' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
]);
const routing = { locales: ['en', 'de'], defaultLocale: 'en' };

/** As `clerkMiddleware` works: reads its cookies and a token, puts what it found into headers, and rewrites to the same page. */
const clerk: NextMiddleware = (request) => {
  if (request.nextUrl.searchParams.has('handshake')) {
    const redirect = NextResponse.redirect(new URL(request.nextUrl.pathname, request.url), 307);
    redirect.headers.append('set-cookie', '__session=jwt; Path=/; Expires=Thu, 01 Jan 2099 00:00:00 GMT');
    redirect.headers.append('set-cookie', '__client_uat=1; Path=/');
    redirect.headers.set('cache-control', 'no-store');
    return redirect;
  }
  const headers = new Headers(request.headers);
  const token = request.cookies.get('__session')?.value ?? request.headers.get('authorization');
  headers.set('x-clerk-auth-status', token ? 'signed-in' : 'signed-out');
  headers.set('x-clerk-clerk-url', request.url);
  return NextResponse.rewrite(request.url, { request: { headers } });
};

/** Puts the visitor into a group, shows it the page of the group, and tells the page. */
const experiment: NextMiddleware = (request) => {
  const headers = new Headers(request.headers);
  headers.set('x-variant', 'b');
  const url = request.nextUrl.clone();
  url.pathname = `/variant-b${url.pathname}`;
  const response = NextResponse.rewrite(url, { request: { headers } });
  response.cookies.set('variant', 'b', { path: '/', maxAge: 600 });
  response.headers.set('cache-control', 'public, s-maxage=60');
  return response;
};

/** One after the other, as the documentation has it: request headers before, cookies behind. */
const chained: NextMiddleware = (request) => {
  const headers = new Headers(request.headers);
  headers.set('x-variant', 'b');
  const response = createIntlMiddleware({ ...routing, localePrefix: 'as-needed' })(
    new NextRequest(request, { headers }),
  );
  if (response.headers.has('location')) return response;
  response.cookies.set('variant', 'b', { path: '/' });
  return response;
};

interface Composed {
  readonly own: NextMiddleware;
  /** Where it rewrites `/about` and `/account` to. */
  readonly front?: string;
  /** A path that it redirects, and where to. */
  readonly redirects?: readonly [from: string, to: string];
  /** A cookie that it sets on its redirect. */
  readonly sets?: string;
  /** A header that it shows to the page. */
  readonly shows: readonly [name: string, value: string];
}

const MIDDLEWARES: Readonly<Record<string, Composed>> = {
  'next-intl, prefixes as needed': {
    own: createIntlMiddleware({ ...routing, localePrefix: 'as-needed' }),
    front: '/en',
    redirects: ['/en/account', '/account'],
    shows: ['x-next-intl-locale', 'en'],
  },
  'next-intl, prefixes always': {
    own: createIntlMiddleware({ ...routing, localePrefix: 'always' }),
    redirects: ['/account', '/en/account'],
    shows: ['x-next-intl-locale', 'en'],
  },
  'a middleware like Clerk’s': {
    own: clerk,
    front: '',
    redirects: ['/account?handshake=1', '/account'],
    sets: '__session=jwt',
    shows: ['x-clerk-auth-status', 'signed-out'],
  },
  'an A/B middleware': { own: experiment, front: '/variant-b', shows: ['x-variant', 'b'] },
  'next-intl behind another in a chain': {
    own: chained,
    front: '/en',
    redirects: ['/en/account', '/account'],
    shows: ['x-variant', 'b'],
  },
};
/** In `always` next-intl has no page without a prefix. */
const pathOf = ({ front }: Composed, path: string) => (front === undefined ? `/en${path}` : path);

let world: World;
let session: string;
let browser: Browser;
beforeAll(async () => {
  world = await createWorld({ env: { SESSION_IDLE_SECONDS: String(IDLE_SECONDS) } });
  browser = await world.signedIn();
  session = `${NAME}=${browser.cookies.get(NAME)?.value}`;
});

/** What a client may forge: commands to Next, and what these middlewares tell their pages. */
const FORGED = {
  'x-middleware-request-x-evil': '1',
  'x-middleware-request-cookie': `${NAME}=forged`,
  'x-clerk-auth-status': 'forged',
  'x-next-intl-locale': 'forged',
  'x-variant': 'forged',
};

async function ask(own: NextMiddleware, path: string, headers: Readonly<Record<string, string>> = {}) {
  let calls = 0;
  const then: NextMiddleware = (request, event) => {
    calls += 1;
    return own(request, event);
  };
  const site = { env: world.env, rules, locales: routing.locales, onEvent: () => {} };
  const middleware = gatehouse(site, { then });
  const event = { waitUntil() {} } as unknown as NextFetchEvent;
  const sent = { ...headers };
  const answer = await middleware(new NextRequest(world.site + path, { headers: sent }), event);
  return { answer, calls, page: pageView(new Headers(sent), answer) };
}

const rewriteOf = ({ headers }: Response) => {
  const to = headers.get('x-middleware-rewrite');
  return to === null ? null : new URL(to).pathname;
};
const cookiesOf = ({ headers }: Response) => headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');

describe.each(Object.entries(MIDDLEWARES))('%s', (_, composed) => {
  const { own, front, shows } = composed;

  it('is not called for what the gate refuses', async () => {
    for (const path of ['/account', '/en/account', '/de/admin', '/DE/admin']) {
      const { answer, calls } = await ask(own, path);
      expect([path, answer.status, calls]).toEqual([path, 401, 0]);
    }
  });

  it.each(['/about', '/shop/cart'])('and the page behind it see no cookie of the gate at %s', async (path) => {
    const cookie = `theme=dark; ${session}`;
    const { answer, calls, page } = await ask(own, pathOf(composed, path), { cookie, ...FORGED });
    expect(calls).toBe(1);
    expect(page.cookies.get('theme')).toBe('dark');
    expect([...page.cookies.keys()].filter((name) => name.startsWith('__Host-'))).toEqual([]);
    expect(page.headers.get('cookie')).toBe('theme=dark');
    expect(page.headers.get(shows[0])).toBe(shows[1]);
    expect(page.headers.has('x-evil')).toBe(false);
    expect(rewriteOf(answer)).toBe(front === undefined ? null : front + path);
    expect(answer.headers.has('x-middleware-next')).toBe(front === undefined);
  });

  it('keeps the session that the gate prolongs, its cookies and the caching headers of the gate', async () => {
    world.pass(IDLE_SECONDS / 2);
    try {
      const headers = { cookie: `theme=dark; ${session}`, 'accept-language': 'de', ...FORGED };
      const { answer, page } = await ask(own, '/de/account', headers);
      const cookies = cookiesOf(answer);
      expect(cookies.filter((cookie) => cookie.startsWith(`${NAME}=`))).toHaveLength(1);
      expect(answer.headers.get('cache-control')).toBe('private, no-store');
      expect(answer.headers.get('cdn-cache-control')).toBe('private, no-store');
      expect(answer.headers.get('vary')).toMatch(/Cookie/);
      expect(page.cookies.get('theme')).toBe('dark');
      expect(`${NAME}=${page.cookies.get(NAME)}`).toBe(cookies.at(-1));
      if (shows[0] === 'x-variant') expect(cookies).toContain('variant=b');
    } finally {
      world.pass(-IDLE_SECONDS / 2);
    }
  });
});

const redirecting = Object.entries(MIDDLEWARES).flatMap(([name, { own, redirects, sets }]) =>
  redirects ? [[name, own, ...redirects, sets] as const] : [],
);

it.each(redirecting)('%s has its redirect kept, with the cookies of both', async (_, own, from, to, sets) => {
  world.pass(IDLE_SECONDS / 2);
  try {
    const { answer } = await ask(own, from, { cookie: session });
    expect(answer.status).toBe(307);
    expect(new URL(answer.headers.get('location') ?? '', world.site).pathname).toBe(to);
    const cookies = cookiesOf(answer);
    expect(cookies.filter((cookie) => cookie.startsWith(`${NAME}=`))).toHaveLength(1);
    if (sets !== undefined) expect(cookies.slice(0, -1)).toEqual([sets, '__client_uat=1']);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-middleware-request-'))).toEqual([]);
  } finally {
    world.pass(-IDLE_SECONDS / 2);
  }
});

describe('next-intl', () => {
  const { own } = MIDDLEWARES['next-intl, prefixes as needed'] as Composed;

  it('sets NEXT_LOCALE and the alternate links beside what the gate says', async () => {
    const { answer } = await ask(own, '/de/about', { 'accept-language': 'en' });
    expect(cookiesOf(answer)).toEqual(['NEXT_LOCALE=de']);
    expect(answer.headers.get('link')).toContain('hreflang="de"');
    expect(answer.headers.has('x-middleware-next')).toBe(true);
  });

  it('redirects a visitor of the start page to the language of the browser', async () => {
    const { answer } = await ask(own, '/', { 'accept-language': 'de' });
    expect([answer.status, new URL(answer.headers.get('location') ?? '').pathname]).toEqual([307, '/de']);
    expect(answer.headers.get('vary')).toContain('Cookie');
  });

  it('in another case is redirected where a rule opens the page, and refused where none does', async () => {
    expect((await ask(own, '/DE')).answer.status).toBe(401);
    const signedIn = await ask(own, '/DE/account', { cookie: session });
    expect(new URL(signedIn.answer.headers.get('location') ?? '').pathname).toBe('/de/account');
  });
});

describe('a middleware that makes a request of its own', () => {
  it.each<[string, (request: NextRequest) => Request]>([
    ['by clone()', (request) => request.clone()],
    ['by new Request()', (request) => new Request(request)],
    ['by new NextRequest()', (request) => new NextRequest(request)],
    ['of the URL and the request', (request) => new NextRequest(request.url, request)],
  ])('%s, finds nothing in it that the gate hides', async (_, make) => {
    let cookies: string | null | undefined;
    const own: NextMiddleware = (request) => {
      const made = make(request);
      cookies = made.headers.get('cookie');
      return NextResponse.next({ request: { headers: made.headers } });
    };
    const { page } = await ask(own, '/about', { cookie: `theme=dark; ${session}` });
    expect([cookies, page.headers.get('cookie')]).toEqual(['theme=dark', 'theme=dark']);
  });
});
