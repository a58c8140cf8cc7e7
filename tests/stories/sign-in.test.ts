import { beforeEach, describe, expect, it } from 'vitest';
import { REDIS_FAULTS } from '../world/redis';
import { deploymentOf } from '../world/reseal';
import { fieldsOf, holdersOf, unsealAll } from '../world/unseal';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

describe('a browser without a session', () => {
  it('opens a page, is sent to the provider, and comes back to exactly that page', async () => {
    const browser = world.browser();
    const { response, hops } = await browser.navigate('/reports/2026?tab=costs&q=a%2Fb');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("the site's page /reports/2026");
    expect(hops.map(({ url, status }) => [new URL(url).origin, new URL(url).pathname, status])).toEqual([
      [world.site, '/reports/2026', 303],
      [world.provider.issuer, '/authorize', 303],
      [world.site, '/auth/callback', 303],
      [world.site, '/reports/2026', 200],
    ]);
    expect(hops.at(-1)?.url).toBe(`${world.site}/reports/2026?tab=costs&q=a%2Fb`);
  });

  it('asks for data, and gets a 401 with the way to sign in and no cookie', async () => {
    const browser = world.browser();
    const response = await browser.fetch('/api/me', { headers: { referer: `${world.site}/dashboard?x=1` } });
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.getSetCookie()).toEqual([]);
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toEqual({
      title: 'Sign-in required',
      status: 401,
      code: 'UNAUTHENTICATED',
      detail: expect.any(String),
      ref: response.headers.get('x-request-id'),
      loginUrl: '/auth/login?returnTo=%2Fdashboard%3Fx%3D1',
    });
  });

  it('runs a server action, and Next’s client is told to go to the sign-in and back to the page', async () => {
    const response = await world.browser().fetch('/board?x=1', { method: 'POST', headers: { 'next-action': '7f' } });
    expect(response.status).toBe(303);
    expect(response.headers.get('x-action-redirect')).toBe('/auth/login?returnTo=%2Fboard%3Fx%3D1;push');
    expect(await response.text()).toBe('');
  });

  it('posts a form, and goes to the sign-in with the page that it stood on', async () => {
    const browser = world.browser();
    const { response } = await browser.post('/board', {
      form: { a: '1' },
      headers: { referer: `${world.site}/board?x=1` },
      redirect: 'manual',
    });
    expect(response.status).toBe(303);
    expect(world.resolve(response.headers.get('location'))).toBe(`${world.site}/auth/login?returnTo=%2Fboard%3Fx%3D1`);
  });

  it('sees public pages, and nothing keeps those from being cached', async () => {
    const { response } = await world.browser().navigate('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBeNull();
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

describe('the way to the provider', () => {
  const ahead = { headers: { 'sec-purpose': 'prefetch;prerender' } };

  it('carries the parameters of OIDC Core §3.1.2.1 and PKCE alone, with fresh random values each time', async () => {
    const authorize = async () => {
      const { hops } = await world
        .browser()
        .navigate('/auth/login?evil=1&redirect_uri=x&scope=y', { redirect: 'manual' });
      return new URL(hops[0]?.headers.get('location') ?? '');
    };
    const url = await authorize();
    expect(url.origin + url.pathname).toBe(`${world.provider.issuer}/authorize`);
    expect([...url.searchParams.keys()].sort()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'nonce',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ]);
    const parameters = Object.fromEntries(url.searchParams);
    expect(parameters).toMatchObject({
      response_type: 'code',
      client_id: world.provider.clientId,
      redirect_uri: `${world.site}/auth/callback`,
      scope: world.env.SSO_SCOPE,
      code_challenge_method: 'S256',
    });
    const other = Object.fromEntries((await authorize()).searchParams);
    for (const name of ['state', 'nonce', 'code_challenge'] as const) {
      expect(parameters[name]).toMatch(/^[\w-]{43}$/);
      expect(other[name]).not.toBe(parameters[name]);
    }
  });

  it('hands on the allowed extras and nothing else', async () => {
    const extras = 'prompt=login&login_hint=ana%40example.test&max_age=60&acr_values=urn%3Aa+urn%3Ab&ui_locales=id';
    const { hops } = await world.browser().navigate(`/auth/login?${extras}&ui_hint=x`, { redirect: 'manual' });
    const { searchParams } = new URL(hops[0]?.headers.get('location') ?? '');
    for (const [name, value] of new URLSearchParams(extras)) expect(searchParams.get(name)).toBe(value);
    expect(searchParams.has('ui_hint')).toBe(false);
  });

  it.each<[string, (path: string) => Promise<Response>]>([
    ['an image', (path) => world.browser().embed(path, { as: 'image' })],
    ['a script, as a `<Link>` does', (path) => world.browser().fetch(path)],
    ['a prefetch', async (path) => (await world.browser().navigate(path, ahead)).response],
  ])('is not begun by %s: 401, and no flow cookie', async (_, ask) => {
    const response = await ask('/auth/login?returnTo=%2Fdashboard&prompt=login');
    expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
    const { loginUrl } = (await response.json()) as { loginUrl: string };
    expect(loginUrl).toBe('/auth/login?returnTo=%2Fdashboard&prompt=login');
  });

  it('goes to the canonical host first, because the flow cookie has to be there', async () => {
    const headers = { host: 'www.other.test', accept: 'text/html' };
    const response = await world.isolate.send(new Request('http://10.0.0.7:3000/reports?a=1', { headers }));
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`${world.site}/auth/login?returnTo=%2Freports%3Fa%3D1&hop=1`);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('takes along what was asked of it', async () => {
    const headers = { host: 'www.other.test', accept: 'text/html' };
    const login = '/auth/login?returnTo=%2Fvault&max_age=60&acr_values=urn%3Ax';
    const response = await world.isolate.send(new Request(`http://10.0.0.7:3000${login}`, { headers }));
    const { origin, pathname, searchParams } = new URL(response.headers.get('location') ?? '');
    expect([response.status, origin, pathname]).toEqual([303, world.site, '/auth/login']);
    expect(Object.fromEntries(searchParams)).toEqual({
      returnTo: '/vault',
      max_age: '60',
      acr_values: 'urn:x',
      hop: '1',
    });
  });

  it('does so by a page where Next would make the redirect relative, which would go round for ever', async () => {
    const headers = { host: '127.0.0.1:3000', accept: 'text/html' };
    const response = await world.isolate.send(new Request(`${world.site}/reports?a=1`, { headers }));
    expect([response.status, response.headers.get('location')]).toEqual([200, null]);
    const target = `${world.site}/auth/login?returnTo=%2Freports%3Fa%3D1&hop=1`;
    expect(response.headers.get('refresh')).toBe(`0; url=${target}`);
    expect(await response.text()).toContain(`href="${target.replace('&', '&amp;')}"`);
  });

  it('costs the provider nothing once its metadata is known, and Redis the rate limiter at most', async () => {
    const start = (path: string) => world.browser().navigate(path, { redirect: 'manual' });
    await start('/auth/login');
    expect(await world.cost(() => start('/dashboard'))).toEqual({ redis: 0, provider: 0 });
    expect(await world.cost(() => start('/auth/login'))).toEqual({ redis: 1, provider: 0 }); // the rate limiter
  });
});

describe('a browser with a session', () => {
  it('opens pages at no cost: no Redis call, no provider call', async () => {
    const browser = await world.signedIn();
    const cost = await world.cost(async () => {
      for (const path of ['/dashboard', '/account', '/'])
        expect((await browser.navigate(path)).response.status).toBe(200);
      expect((await browser.fetch('/api/me')).status).toBe(200);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
  });

  it('gets pages that no cache may keep, prerendered and public ones too', async () => {
    const browser = await world.signedIn();
    for (const path of ['/dashboard', '/']) {
      const { response } = await browser.navigate(path);
      expect(response.headers.get('cache-control')).toBe('private, no-store');
      expect(response.headers.get('vary')).toContain('Cookie');
    }
  });

  it('is known to /auth/session by the kept claims, and never by a token', async () => {
    const browser = await world.signedIn();
    const response = await browser.fetch('/auth/session');
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toEqual({
      user: expect.objectContaining({ sub: expect.any(String), name: expect.any(String), email: expect.any(String) }),
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
      idleExpiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('holds one cookie that shows nothing, at most 4,096 bytes', async () => {
    const browser = await world.signedIn();
    const ours = browser.cookies
      .all()
      .filter(({ name }) => !name.startsWith('__Host-Http-oidc_trips') && name.startsWith('__Host-'));
    expect(ours.map(({ name }) => name)).toEqual(['__Host-Http-session']);
    expect(ours[0]).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });
    const unsealed = await unsealAll(ours[0]?.value ?? '', deploymentOf(world.env));
    expect(Object.keys(fieldsOf(unsealed))).toEqual(['session']);
    expect(holdersOf(unsealed, world.provider.secrets)).toEqual([]);
  });

  it('may open what a role opens, and no more: 403 as a page or as JSON', async () => {
    const plain = await world.signedIn();
    const refused = await plain.navigate('/admin');
    expect(refused.response.status).toBe(403);
    expect(refused.response.headers.get('content-type')).toContain('text/html');
    expect(await (await plain.fetch('/admin/users')).json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const admin = await world.signedIn('/admin');
    expect((await admin.navigate('/admin')).response.status).toBe(200);
  });

  it('without a refresh token stays signed in to the end that /auth/session names, and not a second longer', async () => {
    world = await createWorld({ env: { SESSION_ABSOLUTE_SECONDS: '3600' } });
    world.provider.lies.tokenResponse = ({ refresh_token: _, ...json }) => ({ ...json, expires_in: 3 });
    const browser = await world.signedIn();
    const told = (await (await browser.fetch('/auth/session')).json()) as { expiresAt: string; idleExpiresAt: string };
    world.pass(3_590);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(await (await browser.fetch('/auth/session')).json()).toMatchObject({ expiresAt: told.expiresAt });
    expect(world.provider.refreshPresentations()).toEqual([]);
    world.pass(Date.parse(told.expiresAt) / 1000 - Math.floor(Date.now() / 1000));
    expect(await (await browser.fetch('/auth/session')).json()).toEqual({ user: null });
  });

  it('without a refresh token is 503 while Redis is down and the access token is over', async () => {
    world.provider.lies.tokenResponse = ({ refresh_token: _, ...json }) => json;
    const browser = await world.signedIn();
    world.pass(600);
    world.redis.fault = REDIS_FAULTS.refused;
    expect((await browser.fetch('/api/me')).status).toBe(200);
    world.pass(302);
    expect((await browser.fetch('/api/me')).status).toBe(503);
    expect((await browser.fetch('/auth/session')).status).toBe(503);
    world.redis.fault = null;
    world.pass(3);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('without a refresh token is signed out elsewhere within SESSION_CHECK_SECONDS all the same', async () => {
    world.provider.lies.tokenResponse = ({ refresh_token: _, ...json }) => json;
    const browser = await world.signedIn();
    const copy = world.browser(await world.anotherIsolate());
    copy.cookies.set('__Host-Http-session', browser.cookies.get('__Host-Http-session')?.value ?? '');
    world.pass(86_400);
    expect((await copy.fetch('/api/me')).status).toBe(200);
    await browser.post('/auth/logout', { redirect: 'manual' });
    world.pass(31);
    expect((await copy.fetch('/api/me')).status).toBe(401);
  });
});

describe('the callback', () => {
  it('costs at most 3 Redis calls and 1 provider call', async () => {
    await world.signedIn(); // warms this isolate's metadata and keys
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const back = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
    const cost = await world.cost(async () => {
      expect((await browser.navigate(back, { redirect: 'manual' })).hops[0]?.status).toBe(303);
    });
    expect(cost).toEqual({ redis: 2, provider: 1 });
    // The record was just written: the page that comes next has nothing to ask.
    expect(await world.cost(() => browser.navigate('/dashboard'))).toEqual({ redis: 0, provider: 0 });
  });

  it('again by back button, reload or restored tab goes home, and the provider is not asked', async () => {
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard');
    const callback = hops.find(({ url }) => url.includes('/auth/callback'))?.url ?? '';
    const cost = await world.cost(async () => {
      const again = await browser.navigate(callback, { redirect: 'manual' });
      expect(again.hops[0]?.status).toBe(303);
      expect(world.resolve(again.hops[0]?.headers.get('location'))).toBe(`${world.site}/`);
      const bare = await browser.navigate('/auth/callback', { redirect: 'manual' });
      expect(bare.hops[0]?.status).toBe(303);
    });
    expect(cost.provider).toBe(0);
  });

  it('of two tabs works in both, whichever finishes first', async () => {
    const browser = world.browser();
    const first = await browser.navigate('/a', { redirect: 'manual' });
    const second = await browser.navigate('/b', { redirect: 'manual' });
    const finish = async (tab: typeof first) => {
      const back = await world.provider.signIn(tab.hops[0]?.headers.get('location') ?? '');
      return browser.navigate(back);
    };
    expect(new URL((await finish(second)).hops.at(-1)?.url ?? '').pathname).toBe('/b');
    expect(new URL((await finish(first)).hops.at(-1)?.url ?? '').pathname).toBe('/a');
  });

  it('ends the session that it replaces, of another person, and revokes its refresh token', async () => {
    const browser = await world.signedIn();
    const old = browser.clone();
    world.provider.person = { sub: 'person-2', name: 'Ben Example' };
    await browser.navigate('/auth/login?returnTo=/dashboard&prompt=login');
    await world.isolate.settled();
    expect(world.provider.ledger.filter(({ endpoint }) => endpoint === 'revocation')).toHaveLength(1);
    expect(browser.cookies.get('__Host-Http-session')?.value).not.toBe(old.cookies.get('__Host-Http-session')?.value);
    expect((await old.fetch('/api/me')).status).toBe(401);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });
});

describe('a browser that does not keep the session', () => {
  it('is not sent round for ever: after three trips in a minute a page with a button waits', async () => {
    const browser = world.browser();
    for (let trip = 0; trip < 3; trip += 1) {
      await browser.navigate('/dashboard');
      browser.cookies.delete('__Host-Http-session');
    }
    const { response, hops } = await browser.navigate('/dashboard?x=1');
    expect([response.status, hops.length]).toEqual([400, 1]);
    const html = await response.text();
    expect(html).toContain('LOGIN_LOOP');
    expect(html).toContain('/auth/login?returnTo=%2Fdashboard%3Fx%3D1');
    const button = await browser.navigate('/auth/login?returnTo=%2Fdashboard', { redirect: 'manual' });
    expect(button.hops[0]?.headers.get('location')).toContain(world.provider.issuer);
    world.pass(61);
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
  });

  it('and whose cookie is no session is told so by that page too', async () => {
    const browser = world.browser();
    for (let trip = 0; trip < 3; trip += 1) {
      await browser.navigate('/dashboard');
      browser.cookies.set('__Host-Http-session', 'garbage');
    }
    expect((await browser.navigate('/dashboard')).response.status).toBe(400);
    expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
  });

  it('as long as three of its trips are of this minute, however many came before', async () => {
    const browser = world.browser();
    for (const pause of [0, 30, 20, 0]) {
      world.pass(pause);
      await browser.navigate('/auth/login?returnTo=/dashboard');
      expect(browser.cookies.get('__Host-Http-oidc_trips')?.value).toBeDefined();
      browser.cookies.delete('__Host-Http-session');
    }
    world.pass(15); // the first one is older now
    expect((await browser.navigate('/dashboard')).response.status).toBe(400);
  });

  it('nor is one whose every trip ends in an error', async () => {
    const browser = world.browser();
    world.provider.refusal = { error: 'access_denied' };
    for (let trip = 0; trip < 3; trip += 1) await browser.navigate('/dashboard');
    const { response, hops } = await browser.navigate('/dashboard');
    expect([response.status, hops.length]).toEqual([400, 1]);
    expect(await response.text()).toContain('LOGIN_LOOP');
  });

  it('and what was counted is forgotten with the minute', async () => {
    const browser = await world.signedIn();
    expect(browser.cookies.get('__Host-Http-oidc_trips')).toBeDefined();
    world.pass(61);
    expect(browser.cookies.get('__Host-Http-oidc_trips')).toBeUndefined();
  });

  it('but many tabs opened at once are no loop', async () => {
    const browser = world.browser();
    const tabs = await Promise.all(
      ['/a', '/b', '/c', '/d', '/e'].map((path) => browser.navigate(path, { redirect: 'manual' })),
    );
    expect(tabs.map(({ hops }) => hops[0]?.status)).toEqual([303, 303, 303, 303, 303]);
  });
});
