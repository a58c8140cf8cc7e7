import { beforeEach, describe, expect, it } from 'vitest';
import { KEYS } from '../world/redis-keys';
import { deploymentOf } from '../world/reseal';
import { holdersOf, unsealAll } from '../world/unseal';
import { createWorld, type World, type WorldOptions } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';

describe('a proxy that does not hand the host on', () => {
  /** The browser is on the site's host; the isolate sees that of the machine behind the proxy. */
  const behind = (path: string, headers: Record<string, string> = {}) =>
    world.isolate.send(
      new Request(new URL(path, world.site), {
        headers: { host: '10.0.0.7:3000', accept: 'text/html', ...headers },
      }),
    );

  it('is named after one redirect, with the host that was seen and the one expected, in page and event', async () => {
    const first = await behind('/dashboard');
    const target = first.headers.get('location') ?? first.headers.get('refresh')?.split('url=')[1] ?? '';
    const second = await behind(target.slice(world.site.length));
    expect(second.status).toBe(421);
    const html = await second.text();
    for (const text of ['HOST_MISMATCH', '10.0.0.7:3000', new URL(world.site).host]) expect(html).toContain(text);
    expect(world.events('host_mismatch')).toEqual([
      expect.objectContaining({ seen: '10.0.0.7:3000', expected: new URL(world.site).host }),
    ]);
    expect(second.headers.getSetCookie()).toEqual([]);
  });

  it('costs no rate limit, so that the people behind it are not refused', async () => {
    expect(await world.cost(() => behind('/auth/login?returnTo=%2F&hop=1'))).toEqual({ redis: 0, provider: 0 });
  });

  it('cannot put markup or anything else into the page by the host that it names', async () => {
    const response = await behind('/auth/login?hop=1', { 'x-forwarded-host': '<b>evil</b>' });
    const html = await response.text();
    expect([response.status, html.includes('evil')]).toEqual([421, false]);
    expect(html).toContain('(unreadable)');
  });

  it.each(['first', 'last'])('is no trouble when X-Forwarded-Host is a list that has the host %s', async (place) => {
    const { host } = new URL(world.site);
    const list = place === 'first' ? `${host}, 10.0.0.9` : `10.0.0.9, ${host}`;
    const response = await behind('/dashboard', { 'x-forwarded-host': list });
    expect(response.headers.get('location')).toContain(world.provider.issuer);
  });
});

describe('two gates on one host', () => {
  it('with two names of the session cookie leave each other alone: sessions, flows and counts', async () => {
    const browser = await world.signedIn();
    const other = await world.anotherIsolate({
      SESSION_COOKIE_NAME: 'docs',
      SESSION_SECRET: 'another-secret-of-the-second-gate-0123456789',
    });
    const visitor = world.browser(other);
    for (const { name, value } of browser.cookies.all()) visitor.cookies.set(name, value);
    const { hops } = await visitor.navigate('/dashboard', { redirect: 'manual' });
    expect([hops[0]?.status, hops[0]?.setCookie.length]).toEqual([303, 1]);
    expect(hops[0]?.setCookie[0]).toMatch(/^__Host-Http-oidc_flow\.docs\.[\w-]{16}=/);
    expect(visitor.cookies.get(NAME)?.value).toBe(browser.cookies.get(NAME)?.value);
    await visitor.navigate(hops[0]?.headers.get('location') ?? '');
    expect((await visitor.fetch('/api/me')).status).toBe(200);
    const names = visitor.cookies.all().map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([NAME, '__Host-Http-docs', '__Host-Http-oidc_trips.docs']));

    // And the first one clears nothing of the second: not in a visit, not in a sign-out.
    for (const { name, value } of visitor.cookies.all()) browser.cookies.set(name, value);
    browser.cookies.set('__Host-Http-oidc_flow.docs.AAAAAAAAAAAAAAAA', 'x');
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await browser.post('/auth/logout', { redirect: 'manual' });
    const left = browser.cookies.all().map(({ name }) => name);
    expect(left).toEqual(expect.arrayContaining(['__Host-Http-docs', '__Host-Http-oidc_flow.docs.AAAAAAAAAAAAAAAA']));
    expect(left).not.toContain(NAME);
  });

  it('leave a cookie called session to the program that it belongs to', async () => {
    const browser = world.browser();
    browser.cookies.set('session', 'of another program');
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(hops[0]?.setCookie.filter((line) => /^session=/.test(line))).toEqual([]);
  });
});

describe('more roles than a cookie has room for', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => `8c1f7f0e-0000-4000-8000-${String(index).padStart(12, '0')}`);
  const withRoles = async (roles: readonly string[], options?: WorldOptions) => {
    world = await createWorld(options);
    world.provider.person = { sub: 'person-1', name: 'Ana Example', roles };
    return world.signedIn();
  };

  it.each([65, 200, 1_000])('%i group ids beside the role that a rule names: the page opens', async (count) => {
    const browser = await withRoles([...many(count), 'admin']);
    expect((await browser.fetch('/admin')).status).toBe(200);
    expect(world.events('signed_in')[0]?.droppedClaims).toContain('roles');
    const cookie = browser.cookies.get(NAME);
    expect(`${NAME}=${cookie?.value}`.length).toBeLessThanOrEqual(3_072);
  });

  it('a claim that no rule names goes before a role does', async () => {
    const browser = await withRoles([...many(20), 'admin']);
    expect((await browser.fetch('/admin')).status).toBe(200);
    expect(world.events('signed_in')[0]?.droppedClaims).not.toContain('roles');
  });

  it('a refusal that may follow from it says so, in event and answer', async () => {
    const browser = await withRoles(many(200));
    const response = await browser.fetch('/admin');
    expect([response.status, await response.json()]).toEqual([
      403,
      expect.objectContaining({
        code: 'FORBIDDEN',
        detail: expect.stringContaining('more data than a session can keep'),
      }),
    ]);
    expect(world.events('access_refused').at(-1)).toMatchObject({ why: 'not_met', droppedClaims: ['roles'] });
    const page = await browser.navigate('/admin');
    expect([page.response.status, await page.response.text()]).toEqual([
      403,
      expect.stringContaining('more data than a session can keep'),
    ]);
  });

  it('a refusal that does not follow from it says nothing of it', async () => {
    const browser = await withRoles(['member']);
    const body = (await (await browser.fetch('/admin')).json()) as { detail: string };
    expect(body.detail).not.toContain('more data');
    expect(world.events('access_refused').at(-1)).not.toHaveProperty('droppedClaims');
  });

  it('is still so after a renewal, and after the idle end has moved', async () => {
    const browser = await withRoles([...many(200), 'admin']);
    world.pass(901);
    expect((await browser.fetch('/admin')).status).toBe(200);
    world.pass(2 * 86_400);
    expect((await browser.navigate('/admin')).response.status).toBe(200);
  });
});

describe('a sign-out that a script makes', () => {
  type Answer = { readonly location: string };
  const signOut = (browser: ReturnType<World['browser']>) => browser.fetch('/auth/logout', { method: 'POST' });

  it('is answered with a path of this site that goes on to the provider, once, and holds no token', async () => {
    const browser = await world.signedIn();
    const response = await signOut(browser);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    const { location, ...others } = (await response.json()) as Answer;
    expect(others).toEqual({});
    expect(location).toMatch(/^\/auth\/logout\?continue=[\w-]{43}$/);
    expect(browser.cookies.get(NAME)).toBeUndefined();
    const { hops } = await browser.navigate(location, { redirect: 'manual' });
    const target = new URL(hops[0]?.headers.get('location') ?? '');
    expect(target.origin + target.pathname).toBe(`${world.provider.issuer}/connect/logout`);
    expect(target.searchParams.get('id_token_hint')).toMatch(/^eyJ/);
    const again = await browser.navigate(location, { redirect: 'manual' });
    expect(world.resolve(again.hops[0]?.headers.get('location'))).toBe(`${world.site}/signed-out`);
  });

  it('can be gone on with for a minute, and by a navigation alone', async () => {
    const browser = await world.signedIn();
    const { location } = (await (await signOut(browser)).json()) as Answer;
    expect((await browser.fetch(location)).status).toBe(401);
    world.pass(61);
    const { hops } = await browser.navigate(location, { redirect: 'manual' });
    expect(world.resolve(hops[0]?.headers.get('location'))).toBe(`${world.site}/signed-out`);
  });

  it('leaves no token unsealed in Redis, and none in the log', async () => {
    const browser = await world.signedIn();
    await signOut(browser);
    const dump = await world.redis.dump();
    expect(dump).toContain(KEYS.hint);
    const unsealed = await unsealAll(dump, deploymentOf(world.env));
    expect(holdersOf(unsealed, world.provider.secrets)).toEqual([
      'hint idToken',
      'record tokens.accessToken', // of the tombstone, which answers a re-sent sign-out
      'record tokens.idToken',
      'record tokens.refreshToken',
    ]);
    expect(dump + world.logs.join()).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });

  it('without Redis goes on without a hint', async () => {
    const browser = await world.signedIn();
    world.redis.fault = () => Promise.reject(new TypeError('fetch failed'));
    const { location } = (await (await signOut(browser)).json()) as Answer;
    const { hops } = await browser.navigate(location, { redirect: 'manual' });
    const target = new URL(hops[0]?.headers.get('location') ?? '');
    expect([target.pathname, target.searchParams.has('id_token_hint')]).toEqual(['/connect/logout', false]);
  });

  it('from another site is refused', async () => {
    const browser = await world.signedIn();
    const response = await browser.fetch('/auth/logout', { method: 'POST', origin: 'https://evil.test' });
    expect([response.status, browser.cookies.get(NAME) !== undefined]).toEqual([403, true]);
  });
});

it('a proxy that writes out the default port is on the canonical host', async () => {
  const headers = { host: `${new URL(world.site).host}:443`, accept: 'text/html' };
  const response = await world.isolate.send(new Request(`${world.site}/dashboard`, { headers }));
  expect(new URL(response.headers.get('location') ?? '').origin).toBe(world.provider.issuer);
});
