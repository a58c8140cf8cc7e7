import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser, Visit } from '../world/browser';
import { counted, toEarlyInMinute } from '../world/counted';
import { route } from '../world/network';
import { createWorld, type World } from '../world/world';

const PORTAL = 'https://portal.test';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

type Parameters = Readonly<Record<string, string>>;
const own = (more: Parameters = {}) => ({ iss: world.provider.issuer, ...more });
const address = (parameters: Parameters) => `/auth/login?${new URLSearchParams(parameters)}`;
const byLink = (browser: Browser, parameters: Parameters, redirect: 'follow' | 'manual' = 'manual') =>
  browser.navigate(address(parameters), { origin: PORTAL, redirect });
const byForm = (browser: Browser, form: Parameters, redirect: 'follow' | 'manual' = 'manual') =>
  browser.post('/auth/login', { form, origin: PORTAL, redirect });
const placeOf = ({ response }: Visit) => world.resolve(response.headers.get('location'));
const started = () => world.provider.calls('authorization').length;
const flowsOf = (browser: Browser) => browser.cookies.all().filter(({ name }) => name.includes('oidc_flow.'));
const linksOf = (html: string) =>
  [...html.matchAll(/<a [^>]*href="(.*?)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));

describe.each([
  ['a link', byLink],
  ['a form', byForm],
])('%s of another site that initiates a sign-in', (_, visit) => {
  it('signs in, with its hint, and leads to its target', async () => {
    const target_link_uri = `${world.site}/dashboard?a=1`;
    const login_hint = 'ana@example.test';
    const { hops, response } = await visit(world.browser(), own({ target_link_uri, login_hint }), 'follow');
    expect([response.status, hops.at(-1)?.url]).toEqual([200, target_link_uri]);
    const asked = hops.map(({ url }) => new URL(url)).find(({ origin }) => origin === world.provider.issuer);
    expect(asked?.searchParams.get('login_hint')).toBe(login_hint);
  });

  it('of another issuer is refused, and starts nothing', async () => {
    const { response, hops } = await visit(world.browser(), own({ iss: 'https://op.evil.test' }), 'follow');
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('ISSUER_MISMATCH');
    expect(hops.at(-1)?.setCookie).toEqual([]);
    expect(started()).toBe(0);
  });

  it('of the issuer with a slash at the end of its origin is of the same issuer', async () => {
    const target_link_uri = `${world.site}/dashboard`;
    const { hops } = await visit(world.browser(), own({ iss: `${world.provider.issuer}/`, target_link_uri }), 'follow');
    expect(hops.at(-1)?.url).toBe(target_link_uri);
  });

  it.each(['http://HOST', 'https://HOST/other', 'https://HOST:8443', 'https://user@HOST'])(
    'of %s is refused',
    async (text) => {
      const iss = text.replace('HOST', new URL(world.provider.issuer).host);
      expect((await visit(world.browser(), own({ iss }), 'follow')).response.status).toBe(400);
      expect(started()).toBe(0);
    },
  );

  it('changes nothing while a session is alive, and leads to its target', async () => {
    const browser = await world.signedIn();
    const before = [started(), browser.cookies.all()];
    const { response, hops } = await visit(browser, own({ target_link_uri: `${world.site}/account` }), 'follow');
    expect([response.status, hops.at(-1)?.url]).toEqual([200, `${world.site}/account`]);
    expect([started(), browser.cookies.all()]).toEqual(before);
  });

  it('for another account asks the person while a session is alive, and starts nothing', async () => {
    const browser = await world.signedIn();
    const before = started();
    const asked = own({ login_hint: 'bob@example.test', target_link_uri: '/account' });
    const { response } = await visit(browser, asked, 'follow');
    const html = await response.text();
    expect([response.status, started()]).toEqual([200, before]);
    expect(html).toContain('Ana Example');
    expect(html).not.toContain('<bdi>bob');
    const [login = '', target] = linksOf(html);
    expect(target).toBe('/account');
    expect(login).toBe('/auth/login?returnTo=%2Faccount&prompt=select_account&login_hint=bob%40example.test');
    const { hops } = await browser.navigate(login, { origin: world.site });
    expect(started()).toBe(before + 1);
    expect(hops.at(-1)?.url).toBe(`${world.site}/account`);
  });
});

describe('the target of a sign-in that another site initiates', () => {
  it.each<[string, string]>([
    ['/reports?x=1#part', '/reports?x=1#part'],
    ['https://SITE/reports', '/reports'],
    ['HTTPS://SITE/reports', '/reports'],
    ['https://SITE', '/'],
    ['https://SITE/auth/logout', '/'],
    ['https://evil.test/reports', '/'],
    ['https://SITE.evil.test/', '/'],
    ['https://SITE:8443/reports', '/'],
    ['http://SITE/reports', '/'],
    ['https://SITE@evil.test/', '/'],
    ['https://user@SITE/reports', '/'],
    ['https://SITE//evil.test', '/'],
    ['https://SITE\\@evil.test/', '/'],
    ['blob:https://SITE/reports', '/'],
    ['javascript:alert(1)', '/'],
    ['java\tscript:alert(1)', '/'],
    ['data:text/html,x', '/'],
    ['//evil.test', '/'],
    ['/\\evil.test', '/'],
    ['\\\\evil.test', '/'],
    ['/.//evil.test', '/'],
    [' https://evil.test', '/'],
    ['reports', '/'],
    [`/${'a'.repeat(1_024)}`, '/'],
    ['', '/'],
  ])('%s is %s', async (target, expected) => {
    const browser = await world.signedIn();
    const target_link_uri = target.replaceAll('SITE', new URL(world.site).host);
    expect(placeOf(await byLink(browser, own({ target_link_uri })))).toBe(world.site + expected);
  });

  it('is `target_link_uri`, not `returnTo`, and only together with `iss`', async () => {
    const browser = await world.signedIn();
    expect(placeOf(await byLink(browser, own({ target_link_uri: '/a', returnTo: '/b' })))).toBe(`${world.site}/a`);
    expect(placeOf(await byLink(browser, { target_link_uri: '/a', returnTo: '/b' }))).toBe(`${world.site}/b`);
  });
});

describe('a hint of another site', () => {
  beforeEach(async () => {
    world = await createWorld({ env: { SESSION_CLAIMS: 'name,email' } });
  });

  it.each<[string, number]>([
    ['ana@example.test', 303],
    ['ANA@Example.TEST', 303],
    ['person-1', 303],
    ['Ana Example', 303],
    ['', 303],
    ['PERSON-1', 200],
    ['ana@example.test.evil.test', 200],
    ['ana', 200],
    ['member', 200],
  ])('%j is answered by %d while the session of Ana is alive', async (login_hint, status) => {
    const { response } = await byLink(await world.signedIn(), own({ login_hint }));
    expect(response.status).toBe(status);
  });

  it('with markup stands in no page as markup', async () => {
    const login_hint = '"><script>alert(1)</script>';
    const { response } = await byLink(await world.signedIn(), own({ login_hint }));
    const html = await response.text();
    expect(html).not.toMatch(/<script|alert\(1\)/);
    expect(linksOf(html)[0]).toContain('login_hint=%22%3E%3Cscript%3Ealert%281%29');
  });

  it.each([['a\u0000b'], ['a\r\nb'], ['a'.repeat(256)]])('%j is a 400, by link and by form', async (login_hint) => {
    for (const visit of [byLink, byForm])
      expect((await visit(world.browser(), own({ login_hint }), 'follow')).response.status).toBe(400);
    expect(started()).toBe(0);
  });
});

describe('the page that asks for the other account', () => {
  it('names the person by e-mail, or not at all, where no name is kept', async () => {
    const other = { login_hint: 'bob' };
    world = await createWorld({ env: { SESSION_CLAIMS: 'email' } });
    const named = await (await byLink(await world.signedIn(), own(other))).response.text();
    expect(named).toContain('ana@example.test');
    world = await createWorld({ env: { SESSION_CLAIMS: 'roles' } });
    const bare = await (await byLink(await world.signedIn(), own(other))).response.text();
    expect(bare).toContain('You are signed in.');
  });

  it('can be in no frame, runs no script and is cached nowhere', async () => {
    const { response } = await byLink(await world.signedIn(), own({ login_hint: 'bob' }));
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('referrer-policy')).toBe('same-origin');
  });

  it('stays away when it cannot be known whether the session lives', async () => {
    const browser = await world.signedIn();
    world.redis.fault = () => Promise.reject(new TypeError('fetch failed'));
    const visit = await byLink(browser, own({ login_hint: 'bob', target_link_uri: '/account' }));
    expect([visit.response.status, placeOf(visit)]).toEqual([303, `${world.site}/account`]);
  });
});

describe('the issuer that another site names', () => {
  const [OURS, OTHERS] = ['1c9f7b2e-0000-4000-8000-000000000001', '9188040d-6c67-4b5a-b112-36a304b66dad'];

  it.each<[tenants: string, named: string, status: number]>([
    [OURS, '{tenantid}', 303],
    [OURS, OURS, 303],
    [OURS, OTHERS, 400],
    ['*', OTHERS, 303],
    ['*', 'a/b', 400],
  ])('with SSO_TENANTS %s may be that of %s: %d', async (tenants, named, status) => {
    const issuer = 'https://login.test/{tenantid}/v2.0';
    world = await createWorld({ env: { SSO_ISSUER: issuer, SSO_TENANTS: tenants } });
    world.provider.lies.discovery = (json) => ({ ...json, issuer });
    route('https://login.test', (request) =>
      world.provider.handle(new Request(`${world.provider.issuer}/${request.url.split('/v2.0/')[1]}`)),
    );
    const { response } = await byLink(world.browser(), { iss: issuer.replace('{tenantid}', named) });
    expect(response.status).toBe(status);
  });

  it('is not the empty text', async () => {
    const { response } = await byLink(world.browser(), { iss: '' });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('ISSUER_MISMATCH')]);
  });
});

describe('a POST of another site to /auth/login', () => {
  it('is only turned into the GET, without a cookie, a call or what is no parameter of it', async () => {
    const form = own({
      login_hint: 'a@b.test',
      target_link_uri: '/a',
      prompt: 'none',
      returnTo: '/b',
      acr_values: 'x',
    });
    const cost = await world.cost(async () => {
      const visit = await byForm(world.browser(), form);
      expect([visit.response.status, visit.hops[0]?.setCookie]).toEqual([303, []]);
      const query = new URLSearchParams(own({ login_hint: 'a@b.test', target_link_uri: '/a' }));
      expect(placeOf(visit)).toBe(`${world.site}/auth/login?${query}`);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
  });

  it.each<[string, number, BodyInit, Record<string, string>]>([
    ['without iss', 400, new URLSearchParams({ login_hint: 'a' }), {}],
    ['with an empty iss', 400, new URLSearchParams({ iss: '' }), {}],
    ['with two', 400, 'iss=a&iss=b', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['with JSON', 400, '{"iss":"a"}', { 'content-type': 'application/json' }],
    ['with 65 KB', 413, new URLSearchParams({ iss: 'a'.repeat(65 * 1024) }), {}],
  ])('%s is %d', async (_, status, body, headers) => {
    const request = new Request(`${world.site}/auth/login`, { method: 'POST', body, headers });
    expect((await world.isolate.send(request)).status).toBe(status);
  });

  it('counts for the limit of /auth/login by its GET alone', async () => {
    toEarlyInMinute(world);
    const browser = world.browser();
    const last = await counted(world, async () => {
      for (let turn = 0; turn < 30; turn += 1) expect((await byForm(browser, own())).response.status).toBe(303);
      for (let turn = 0; turn < 30; turn += 1) expect((await byLink(browser, own())).response.status).toBe(303);
      return byForm(browser, own(), 'follow');
    });
    expect(last.response.status).toBe(429);
  });
});

describe('a GET of /auth/login with iss', () => {
  it.each([['iss'], ['target_link_uri'], ['login_hint']])('is refused with two of %s', async (name) => {
    const query = new URLSearchParams(own({ target_link_uri: '/a', login_hint: 'b' }));
    query.append(name, query.get(name) ?? '');
    const browser = world.browser();
    const { response } = await browser.navigate(`/auth/login?${query}`, { origin: PORTAL });
    expect([response.status, flowsOf(browser), started()]).toEqual([400, [], 0]);
  });

  it.each<[string, (browser: Browser, url: string) => Promise<Response>, number]>([
    ['a prefetch', (browser, url) => browser.fetch(url, { headers: { 'sec-purpose': 'prefetch' } }), 401],
    ['a script', (browser, url) => browser.fetch(url, { origin: PORTAL }), 401],
    ['an image', (browser, url) => browser.embed(url, { as: 'image', origin: PORTAL }), 401],
    ['a frame', (browser, url) => browser.embed(url, { as: 'iframe', origin: PORTAL }), 401],
    [
      'HEAD',
      (browser, url) => browser.navigate(url, { method: 'HEAD', origin: PORTAL }).then(({ response }) => response),
      200,
    ],
  ])('asked for by %s starts nothing', async (_, ask, status) => {
    const response = await ask(world.browser(), address(own()));
    expect([response.status, response.headers.getSetCookie()]).toEqual([status, []]);
    expect(started()).toBe(0);
  });

  it('starts nothing for a session even where the browser does not say that another site asks', async () => {
    const browser = await world.signedIn();
    const visit = await browser.navigate(address(own({ target_link_uri: '/account' })), { redirect: 'manual' });
    expect([visit.response.status, placeOf(visit), flowsOf(browser)]).toEqual([303, `${world.site}/account`, []]);
  });

  it('on another host goes to the canonical host with all that it says, once', async () => {
    const url = address(own({ login_hint: 'bob', target_link_uri: `${world.site}/account` }));
    const ask = (path: string) =>
      world.isolate.send(
        new Request(`http://localhost:3000${path}`, { headers: { host: 'other.test', accept: 'text/html' } }),
      );
    const response = await ask(url);
    const there = response.headers.get('location') ?? '';
    expect([response.status, there]).toEqual([303, `${world.site}${url}&hop=1`]);
    const { response: page } = await (await world.signedIn()).navigate(there, { origin: PORTAL });
    expect(linksOf(await page.text())[1]).toBe('/account');
    expect((await ask(`${url}&hop=1`)).status).toBe(421);
  });
});
