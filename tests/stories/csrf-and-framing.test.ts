import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { createWorld, type World } from '../world/world';

let world: World;
let browser: Browser;
beforeEach(async () => {
  world = await createWorld();
  browser = await world.signedIn();
});

/** The routes that change something. */
const ROUTES = ['/auth/logout', '/auth/refresh', '/auth/session'];
const NAME = '__Host-Http-session';

const post = (path: string, headers: Record<string, string>) => {
  const cookie = `${NAME}=${browser.cookies.get(NAME)?.value}`;
  const own = { host: new URL(world.site).host, cookie, 'x-forwarded-for': '203.0.113.1' };
  return world.isolate.send(new Request(world.site + path, { method: 'POST', headers: { ...own, ...headers } }));
};

describe.each(ROUTES)('POST %s', (path) => {
  it.each<[string, (site: string) => Record<string, string>]>([
    ['another origin', () => ({ origin: 'https://evil.test' })],
    ['an opaque origin', () => ({ origin: 'null' })],
    ['an empty origin', () => ({ origin: '' })],
    ['a sibling of this host', (site) => ({ origin: site.replace('https://', 'https://evil.') })],
    ['a host that only begins like the one of the site', (site) => ({ origin: `${site}.evil.test` })],
    ['this host by http', (site) => ({ origin: site.replace('https:', 'http:') })],
    ['this host at another port', (site) => ({ origin: `${site}:8443` })],
    ['two origins', (site) => ({ origin: `${site} https://evil.test` })],
    [
      'another origin that calls itself same-origin',
      () => ({ origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' }),
    ],
    ['another site, without Origin', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['the same site, without Origin', () => ({ 'sec-fetch-site': 'same-site' })],
    ['nowhere, without Origin', () => ({ 'sec-fetch-site': 'none' })],
    ['nothing at all', () => ({})],
    ['a Referer of this site alone', (site) => ({ referer: `${site}/` })],
    ['a forwarded host of its own', () => ({ origin: 'https://evil.test', 'x-forwarded-host': 'evil.test' })],
  ])('from %s: 403, nothing changes, no call is made', async (_, headersFor) => {
    const cost = await world.cost(async () => {
      const response = await post(path, headersFor(world.site));
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('CSRF_REJECTED');
      expect(response.headers.getSetCookie()).toEqual([]);
      for (const name of response.headers.keys()) expect(name).not.toMatch(/^access-control-/);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it.each<[string, (site: string) => Record<string, string>]>([
    ['its own origin', (site) => ({ origin: site })],
    ['a browser that sends no Origin and says same-origin', () => ({ 'sec-fetch-site': 'same-origin' })],
  ])('from %s: it happens', async (_, headersFor) => {
    expect((await post(path, headersFor(world.site))).status).toBe(200);
  });

  it('is not to be reached by another spelling', async () => {
    const browser = await world.signedIn();
    const spelled = path.replace('/auth/', '/x%2f..%2fauth%2f');
    const { response } = await browser.post(spelled, { redirect: 'manual' });
    expect(response.status).toBe(404);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('says no to a preflight, and never names an origin', async () => {
    const headers = { origin: 'https://evil.test', 'access-control-request-method': 'POST' };
    const response = await world.isolate.send(new Request(world.site + path, { method: 'OPTIONS', headers }));
    expect(response.status).toBe(405);
    for (const name of response.headers.keys()) expect(name).not.toMatch(/^access-control-/);
  });
});

describe('every page of the gate', () => {
  const visit = (path: string, headers: Record<string, string> = {}) =>
    browser.navigate(path, { redirect: 'manual', headers }).then(({ response }) => response);
  const pages: [string, number, () => Promise<Response>][] = [
    ['the question before the sign-out', 200, () => visit('/auth/logout')],
    ['no access', 403, () => visit('/admin')],
    ['no such page', 404, () => visit('/auth/nothing')],
    ['not that method', 405, () => visit('/auth/refresh')],
    ['a bad address', 400, () => visit('/%ff')],
    ['a bad parameter', 400, () => visit('/auth/login?max_age=soon')],
    [
      'a sign-in that was not started here',
      400,
      () =>
        world
          .browser()
          .navigate('/auth/callback?state=x&code=y')
          .then(({ response }) => response),
    ],
    [
      'a form from elsewhere',
      403,
      () => browser.post('/auth/logout', { origin: 'https://evil.test' }).then(({ response }) => response),
    ],
    [
      'a cut-off Redis',
      503,
      async () => {
        const stronger = await world.signedIn('/vault');
        world.redis.fault = () => Promise.reject(new TypeError('fetch failed'));
        return (await stronger.navigate('/vault')).response;
      },
    ],
  ];

  it.each(pages)(
    '%s (%d): no script, no frame, no guessing, no referrer to others, kept by no cache',
    async (_, status, open) => {
      const response = await open();
      expect(response.status).toBe(status);
      const { headers } = response;
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toMatch(/script-src|unsafe/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cache-control')).toBe('private, no-store');
      expect(headers.get('vary')).toMatch(/cookie/i);
      expect(await response.text()).not.toMatch(/<script|\son[a-z]+=|javascript:/i);
    },
  );
});
