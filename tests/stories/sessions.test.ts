import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1';
const NAME = '__Host-Http-session';

interface Listed {
  readonly id: string;
  readonly current: boolean;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly browser: string | null;
  readonly platform: string | null;
}

async function signedInWith(agent: string, isolate = world.isolate): Promise<Browser> {
  const browser = world.browser(isolate);
  await browser.navigate('/dashboard', { headers: { 'user-agent': agent } });
  return browser;
}

async function sessionsOf(response: Response): Promise<readonly Listed[]> {
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  return ((await response.json()) as { sessions: readonly Listed[] }).sessions;
}
const listOf = async (browser: Browser) => sessionsOf(await browser.fetch('/auth/sessions'));
const ownId = async (browser: Browser) => (await listOf(browser)).find(({ current }) => current)?.id ?? '';
const isIn = async (browser: Browser) => (await browser.fetch('/api/me')).status === 200;

const sent = (body: string, type = 'application/json') => ({ method: 'POST', body, headers: { 'content-type': type } });
const end = (browser: Browser, asked: object) => browser.fetch('/auth/sessions', sent(JSON.stringify(asked)));

describe('the list of sessions', () => {
  it('has those of the person in all isolates, the one that asks first, then the latest', async () => {
    const first = await signedInWith(FIREFOX);
    world.pass(10);
    const second = await signedInWith(SAFARI, await world.anotherIsolate());
    world.pass(10);
    const third = await signedInWith('curl/8.14.1');

    const list = await listOf(first);
    expect(list.map(({ current, browser, platform }) => [current, browser, platform])).toEqual([
      [true, 'Firefox', 'Windows'],
      [false, null, null],
      [false, 'Safari', 'iOS'],
    ]);
    expect(await listOf(second)).toEqual(
      [list[2], list[1], list[0]].map((one, place) => ({ ...one, current: !place })),
    );
    expect((await listOf(third)).map(({ current }) => current)).toEqual([true, false, false]);
    const [own, , phone] = list.map(({ createdAt }) => Date.parse(createdAt));
    expect((phone ?? 0) - (own ?? 0)).toBeGreaterThanOrEqual(10_000);
  });

  it('names a session by what is in no cookie, and tells no more of it', async () => {
    const browser = await signedInWith(FIREFOX);
    const [session, ...others] = await listOf(browser);
    expect(others).toEqual([]);
    expect(session).toEqual({
      id: expect.stringMatching(/^[\w-]{43}$/),
      current: true,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
      lastSeenAt: session?.createdAt,
      browser: 'Firefox',
      platform: 'Windows',
    });
    const named = { cookie: `${NAME}=${session?.id}` };
    const response = await world.isolate.send(new Request(`${world.site}/auth/session`, { headers: named }));
    expect(await response.json()).toEqual({ user: null });
  });

  it('has none of another person', async () => {
    const ana = await signedInWith(FIREFOX);
    world.provider.person = { sub: 'person-2', name: 'Ben Example' };
    const ben = await signedInWith(SAFARI);
    expect((await listOf(ana)).map(({ browser }) => browser)).toEqual(['Firefox']);
    expect((await listOf(ben)).map(({ browser }) => browser)).toEqual(['Safari']);
  });

  it('says when a session was seen, to a quarter of the idle time', async () => {
    world = await createWorld({ env: { SESSION_IDLE_SECONDS: '4000' } });
    const [browser, other] = [await signedInWith(FIREFOX), await signedInWith(SAFARI)];
    const before = (await listOf(other)).find(({ current }) => !current);
    world.pass(900);
    await browser.navigate('/dashboard');
    await world.isolate.settled();
    expect((await listOf(other)).find(({ current }) => !current)).toEqual(before);
    world.pass(200);
    await browser.navigate('/dashboard');
    await world.isolate.settled();
    const after = (await listOf(other)).find(({ current }) => !current);
    const movedMs = Date.parse(after?.lastSeenAt ?? '') - Date.parse(before?.lastSeenAt ?? '');
    expect([after?.createdAt, movedMs >= 1_100_000 && movedMs < 1_200_000]).toEqual([before?.createdAt, true]);
  });

  it('costs one call to Redis, and HEAD as GET', async () => {
    const browser = await signedInWith(FIREFOX);
    await browser.fetch('/api/me');
    expect(await world.cost(() => listOf(browser))).toEqual({ redis: 1, provider: 0 });
    const head = await browser.fetch('/auth/sessions', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'application/json', '']);
  });

  it.each([
    ['no cookie', () => ''],
    ['a forged one', () => `${NAME}=eyJhbGciOiJkaXIifQ..x.y.z`],
  ])('is refused with %s, at no cost', async (_, cookie) => {
    for (const method of ['GET', 'HEAD']) {
      const cost = await world.cost(async () => {
        const request = new Request(`${world.site}/auth/sessions`, { method, headers: { cookie: cookie() } });
        const response = await world.isolate.send(request);
        expect(response.status).toBe(401);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        if (method === 'GET') expect(await response.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
      });
      expect(cost).toEqual({ redis: 0, provider: 0 });
    }
  });

  it('is refused to a session that was ended elsewhere, before the isolate knows of it', async () => {
    const [browser, other] = [await signedInWith(FIREFOX), await signedInWith(SAFARI, await world.anotherIsolate())];
    expect(await isIn(browser)).toBe(true);
    await end(other, { others: true });
    expect((await browser.fetch('/auth/sessions')).status).toBe(401);
  });
});

describe('ending sessions', () => {
  let here: Browser;
  let there: Browser;
  beforeEach(async () => {
    here = await signedInWith(FIREFOX);
    // Asks Redis each time, as an isolate does that has not looked for SESSION_CHECK_SECONDS.
    there = await signedInWith(SAFARI, await world.anotherIsolate({ SESSION_CHECK_SECONDS: '0' }));
  });
  const revocations = async () => {
    await world.isolate.settled();
    return world.provider.calls('revocation').length;
  };
  const endings = () => world.events('sessions_ended').map(({ cause, sessions }) => [cause, sessions]);

  it('one by its id: it is over in every isolate, its refresh token is revoked, and the others go on', async () => {
    const third = await signedInWith(FIREFOX);
    const left = await sessionsOf(await end(here, { id: await ownId(there) }));
    expect(left.map(({ current, browser }) => [current, browser])).toEqual([
      [true, 'Firefox'],
      [false, 'Firefox'],
    ]);
    expect([await isIn(here), await isIn(there), await isIn(third)]).toEqual([true, false, true]);
    expect(await revocations()).toBe(1);
    expect(endings()).toEqual([['session_list', 1]]);
  });

  it('all others', async () => {
    const third = await signedInWith(FIREFOX);
    const left = await sessionsOf(await end(here, { others: true }));
    expect(left).toEqual([expect.objectContaining({ current: true })]);
    expect([await isIn(here), await isIn(there), await isIn(third)]).toEqual([true, false, false]);
    expect(await revocations()).toBe(2);
    expect(endings()).toEqual([['session_list', 2]]);
    expect(await sessionsOf(await end(here, { others: true }))).toHaveLength(1); // there is none any more
  });

  it('all: the browser that asked is signed out as by a sign-out', async () => {
    await here.navigate('/auth/login', { redirect: 'manual' });
    const response = await end(here, { all: true });
    expect([response.status, await response.json()]).toEqual([200, { sessions: [] }]);
    expect(here.cookies.all().filter(({ name }) => name.startsWith('__Host-'))).toEqual([]);
    expect([await isIn(here), await isIn(there)]).toEqual([false, false]);
    expect(await revocations()).toBe(2);
    expect(endings()).toEqual([['session_list', 2]]);
  });

  it('its own by the id: signed out here, and the others go on', async () => {
    const copy = here.clone();
    const left = await sessionsOf(await end(here, { id: await ownId(here) }));
    expect(left.map(({ current, browser }) => [current, browser])).toEqual([[false, 'Safari']]);
    expect(here.cookies.all().filter(({ name }) => name.startsWith('__Host-'))).toEqual([]);
    expect([await isIn(copy), await isIn(there)]).toEqual([false, true]);
    expect(await revocations()).toBe(1);
  });

  it('its own ends the sign-ins of the browser that are under way', async () => {
    const { hops } = await here.navigate('/auth/login', { redirect: 'manual' });
    const flow = here.clone(); // what a callback carries that has left already
    await end(here, { id: await ownId(here) });
    flow.cookies.delete(NAME);
    const callback = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
    expect(await (await flow.navigate(callback)).response.text()).toContain('SIGNED_OUT_MEANWHILE');
  });

  it.each([
    ['the page', '/account?tab=devices', '/account?tab=devices'],
    ['a page below /auth', '/auth/logout', '/'],
    ['no page', undefined, '/'],
    ['a page of another site', 'https://other.test/account', '/'],
  ])('by a form leads back to %s', async (_, page, expected) => {
    const referer = page && new URL(page, world.site).href;
    const headers: Record<string, string> = referer ? { referer } : {};
    const form = { id: await ownId(there) };
    const { response } = await here.post('/auth/sessions', { form, headers, redirect: 'manual' });
    expect([response.status, world.resolve(response.headers.get('location'))]).toEqual([303, world.site + expected]);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect([await isIn(here), await isIn(there)]).toEqual([true, false]);
  });

  it.each([
    ['others', '', [true, false]],
    ['others', '1', [true, false]],
    ['all', '', [false, false]],
    ['all', 'on', [false, false]],
  ])('by a form with %s=%s', async (name, value, expected) => {
    const headers = { referer: `${world.site}/account` };
    const { hops } = await here.post('/auth/sessions', { form: { [name]: value }, headers, redirect: 'manual' });
    expect(hops[0]?.status).toBe(303);
    expect([await isIn(here), await isIn(there)]).toEqual(expected);
  });

  it('its own by a form leads to the sign-in, and back to the page', async () => {
    const headers = { referer: `${world.site}/account` };
    const { hops } = await here.post('/auth/sessions', { form: { all: '1' }, headers });
    expect(hops.map(({ url }) => new URL(url).pathname)).toEqual([
      '/auth/sessions',
      '/account',
      '/authorize',
      '/auth/callback',
      '/account',
    ]);
  });
});

describe('a sign-in under way in the browser that ends all others', () => {
  it('is refused, and its tokens are not revoked: the session that goes on may hang on the same grant', async () => {
    const browser = await signedInWith(FIREFOX);
    const begun = await browser.navigate('/auth/login?returnTo=/dashboard', { redirect: 'manual' });
    expect((await end(browser, { others: true })).status).toBe(200);
    const { response } = await browser.navigate(begun.response.headers.get('location') ?? '');
    expect(response.status).toBe(400);
    await world.isolate.settled();
    expect([await isIn(browser), world.provider.calls('revocation')]).toEqual([true, []]);
  });
});
