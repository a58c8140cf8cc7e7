import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';
/** What is left of Fetch Metadata when a service worker answers with `fetch(event.request)`. */
const passedOn = { headers: { 'sec-fetch-dest': 'empty' } };

/** A request with no headers but its host's and these. */
const send = (path: string, { headers = {}, ...init }: RequestInit = {}) => {
  const own = { host: new URL(world.site).host, 'x-forwarded-for': '203.0.113.1' };
  return world.isolate.send(new Request(world.site + path, { ...init, headers: { ...own, ...headers } }));
};

describe('a service worker that passes navigations on', () => {
  it.each(['/dashboard', '/auth/login?returnTo=/dashboard'])('signs in by %s', async (path) => {
    const browser = world.browser();
    const { response, hops } = await browser.navigate(path, passedOn);
    expect(response.status).toBe(200);
    expect(hops.at(-1)?.url).toBe(`${world.site}/dashboard`);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('posts a form without a session, and goes to the sign-in', async () => {
    const { response } = await world.browser().post('/board', { ...passedOn, redirect: 'manual' });
    expect([response.status, world.resolve(response.headers.get('location'))]).toEqual([
      303,
      `${world.site}/auth/login?returnTo=%2F`,
    ]);
  });

  it('takes a session that is over from the browser, as any navigation does', async () => {
    const browser = await world.signedIn();
    world.pass(3_000_000);
    const cookie = `${NAME}=${'x'.repeat(40)}`;
    const { hops } = await browser.navigate('/dashboard', {
      headers: { ...passedOn.headers, cookie },
      redirect: 'manual',
    });
    expect(hops[0]?.setCookie.filter((text) => text.startsWith(NAME))).toEqual([
      `${NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure`,
    ]);
  });

  it.each(['/dashboard', '/auth/login'])('starts no sign-in for a script’s request for %s', async (path) => {
    const response = await world.browser().fetch(path);
    expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
  });
});

describe('a browser without Fetch Metadata', () => {
  const html = 'text/html,application/xhtml+xml';
  const form = { accept: html, 'content-type': 'application/x-www-form-urlencoded' };

  it('posts a form without a session, and goes to the sign-in with the page that it stood on', async () => {
    const headers = { ...form, referer: `${world.site}/board?x=1` };
    const response = await send('/board', { method: 'POST', headers, body: 'a=1' });
    expect([response.status, world.resolve(response.headers.get('location'))]).toEqual([
      303,
      `${world.site}/auth/login?returnTo=%2Fboard%3Fx%3D1`,
    ]);
  });

  it('posts a form that is refused, and gets a page', async () => {
    const response = await send('/auth/refresh', { method: 'POST', headers: form, body: '' });
    expect([response.status, response.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
  });

  it('posts JSON without a session, and gets JSON', async () => {
    const headers = { accept: html, 'content-type': 'application/json' };
    const response = await send('/board', { method: 'POST', headers, body: '{}' });
    expect([response.status, response.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
  });
});

describe('the way back after the sign-in', () => {
  it.each([
    'evil.example',
    'http:evil.example',
    '//evil.example',
    '%2f%2fevil.example',
    '#@/\\evil',
    '?x',
    '/\\evil.example',
    '/dashboard\\',
    '/dash\tboard',
    'dashboard',
  ])('is the start page for what is no path of this site: %j', async (wanted) => {
    const { hops } = await world.browser().navigate(`/auth/login?returnTo=${encodeURIComponent(wanted)}`);
    expect(hops.at(-1)?.url).toBe(`${world.site}/`);
  });

  it('is the page that was asked for, with a backslash in its query', async () => {
    const { hops } = await world.browser().navigate('/search?q=a\\b');
    expect(hops.at(-1)?.url).toBe(`${world.site}/search?q=a%5Cb`);
  });

  it('is no page of another site that has posted a form here', async () => {
    const headers = { referer: 'https://evil.test/board' };
    const { response } = await world.browser().post('/board', { headers, redirect: 'manual' });
    expect(world.resolve(response.headers.get('location'))).toBe(`${world.site}/auth/login?returnTo=%2F`);
  });
});

describe('a page with Referrer-Policy: no-referrer', () => {
  it('signs out: Origin is null, and the browser says that it is of this site', async () => {
    const browser = await world.signedIn();
    const headers = { origin: 'null', 'sec-fetch-site': 'same-origin' };
    const { response } = await browser.post('/auth/logout', { headers, redirect: 'manual' });
    expect([response.status, browser.cookies.get(NAME)]).toEqual([303, undefined]);
  });

  it('of a sandboxed frame does not sign out', async () => {
    const browser = await world.signedIn();
    const headers = { origin: 'null', 'sec-fetch-site': 'cross-site' };
    expect((await browser.post('/auth/logout', { headers, redirect: 'manual' })).response.status).toBe(403);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });
});

describe('Referrer-Policy', () => {
  const document = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

  it.each<[policy: string, answer: string, status: number, path: string, init: RequestInit]>([
    ['no-referrer', 'the way to the provider', 303, '/dashboard', { headers: document }],
    ['no-referrer', 'the same for HEAD', 303, '/dashboard', { method: 'HEAD', headers: document }],
    ['no-referrer', 'the login', 303, '/auth/login', { headers: document }],
    ['no-referrer', 'an action', 303, '/board', { method: 'POST', headers: { 'next-action': '7f' } }],
    ['no-referrer', 'a form', 303, '/board', { method: 'POST', headers: document }],
    ['no-referrer', 'problem JSON', 401, '/api/me', {}],
    ['no-referrer', 'another method', 405, '/auth/login', { method: 'PUT' }],
    ['no-referrer', 'the session', 200, '/auth/session', {}],
    ['same-origin', 'the page of a path that cannot be read', 400, '/%00', { headers: document }],
    ['same-origin', 'the page of a path that is not there', 404, '/auth/nothing', { headers: document }],
    ['same-origin', 'the page of another method', 405, '/auth/refresh', { headers: document }],
    ['same-origin', 'the page of a failed sign-in', 400, '/auth/callback?state=x&code=x', { headers: document }],
    ['same-origin', 'the page that signs out', 200, '/auth/logout', { headers: document }],
    ['same-origin', 'the same for HEAD', 200, '/auth/logout', { method: 'HEAD', headers: document }],
  ])('is %s on %s', async (policy, _, status, path, init) => {
    const { headers, status: found } = await send(path, init);
    expect([found, headers.get('referrer-policy')]).toEqual([status, policy]);
  });

  it('is no-referrer at the end of a sign-in and of a session', async () => {
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard');
    const callback = hops.find(({ url }) => url.startsWith(`${world.site}/auth/callback`));
    const { response } = await browser.post('/auth/logout', { redirect: 'manual' });
    const policies = [callback, response].map((answer) => answer?.headers.get('referrer-policy'));
    expect(policies).toEqual(['no-referrer', 'no-referrer']);
  });

  it('is same-origin on what says that nothing is configured', async () => {
    const broken = await world.anotherIsolate({ SSO_CLIENT_ID: '' });
    const { response } = await world.browser(broken).navigate('/dashboard');
    expect([response.status, response.headers.get('referrer-policy')]).toEqual([503, 'same-origin']);
  });

  it('is the site’s own affair on what the gate lets through', async () => {
    const { response } = await (await world.signedIn()).navigate('/dashboard');
    expect(response.headers.get('referrer-policy')).toBeNull();
  });
});

it('a poll that is late does not delete the cookie of a newer session, and a prefetch deletes nothing', async () => {
  const browser = world.browser();
  for (const path of ['/auth/session', '/auth/callback?state=a&code=b']) {
    browser.cookies.set(NAME, 'garbage');
    const headers = { 'sec-purpose': 'prefetch' };
    expect((await browser.fetch(path, { headers })).headers.getSetCookie()).toEqual([]);
  }
  expect((await browser.fetch('/auth/session')).headers.getSetCookie()).toEqual([]);
});
