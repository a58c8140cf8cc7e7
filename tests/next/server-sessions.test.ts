import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogEvent } from '../../lib/events';
import { createServerHelpers } from '../../lib/server';
import type { Browser } from '../world/browser';
import { KEYS } from '../world/redis-keys';
import { createWorld, type World } from '../world/world';

const current = vi.hoisted(() => ({
  headers: new Headers(),
  behind: [] as unknown[],
  router: 'app' as 'app' | 'pages',
  isRendering: false,
  cookies: [] as unknown[],
}));
vi.mock('next/headers', () => ({
  headers: async () => current.headers,
  cookies: async () => ({
    set(...cookie: readonly unknown[]) {
      if (current.isRendering) throw new Error('Cookies can only be modified in a Server Action or Route Handler');
      current.cookies.push(cookie);
    },
  }),
}));
vi.mock('next/server', () => ({
  after(work: unknown) {
    if (current.router === 'pages') throw new Error('`after` was called outside a request scope');
    current.behind.push(work);
  },
}));
vi.mock('next/navigation', () => ({ unauthorized: () => {}, forbidden: () => {} }));
/** One request for each test. */
vi.mock('react', () => ({
  cache: (work: () => unknown) => {
    let result: unknown;
    return () => {
      result ??= work();
      return result;
    };
  },
}));

const NAME = '__Host-Http-session';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';

let world: World;
let here: Browser;
let there: Browser;
let events: LogEvent[];
beforeEach(async () => {
  world = await createWorld();
  here = world.browser();
  await here.navigate('/dashboard', { headers: { 'user-agent': FIREFOX } });
  there = await world.signedIn('/dashboard', await world.anotherIsolate({ SESSION_CHECK_SECONDS: '0' }));
  events = [];
  Object.assign(current, { headers: as(here), behind: [], router: 'app', isRendering: false, cookies: [] });
});

const as = (browser: Browser) => new Headers({ cookie: `${NAME}=${browser.cookies.get(NAME)?.value}` });
const helpers = (env = world.env) => createServerHelpers({ env, onEvent: (event) => void events.push(event) });
const listed = async (browser: Browser) =>
  ((await (await browser.fetch('/auth/sessions')).json()) as { sessions: readonly { id: string }[] }).sessions;
const isIn = async (browser: Browser) => (await browser.fetch('/api/me')).status === 200;
const others = async () => (await helpers().listSessions()).filter(({ current: own }) => !own).map(({ id }) => id);

describe('listSessions()', () => {
  it('has what /auth/sessions has', async () => {
    const list = await helpers().listSessions();
    expect(list).toEqual(await listed(here));
    expect(list.map(({ current: own, browser }) => [own, browser])).toEqual([
      [true, 'Firefox'],
      [false, null],
    ]);
  });

  it('costs a page one call to Redis, however often it asks', async () => {
    const { listSessions, getSession } = helpers();
    const cost = await world.cost(async () => {
      const [one, other] = await Promise.all([listSessions(), listSessions(), getSession()]);
      expect(one).toEqual(other);
      expect(await listSessions()).toHaveLength(2);
    });
    expect(cost).toEqual({ redis: 1, provider: 0 });
  });

  it('takes the request of the Pages Router', async () => {
    const { listSessions } = helpers();
    current.headers = new Headers();
    const request = { headers: { cookie: as(there).get('cookie') ?? '' } };
    expect((await listSessions(request)).map(({ browser }) => browser)).toEqual([null, 'Firefox']);
  });

  it.each<[string, Record<string, string>]>([
    ['no cookie', {}],
    ['a forged cookie', { cookie: `${NAME}=x` }],
  ])('is empty with %s, at no cost', async (_, headers) => {
    current.headers = new Headers(headers);
    const cost = await world.cost(async () => expect(await helpers().listSessions()).toEqual([]));
    expect(cost).toEqual({ redis: 0, provider: 0 });
  });

  it('is empty for a request that passes by the middleware, and for a session that was ended elsewhere', async () => {
    current.headers.set('x-prerender-revalidate', 'id');
    expect(await helpers().listSessions()).toEqual([]);
    current.headers = as(here);
    await there.fetch('/auth/sessions', { method: 'POST', body: 'others=1', headers: FORM });
    expect(await helpers().listSessions()).toEqual([]);
  });

  it('throws what a site can tell by its code while Redis is down', async () => {
    world.redis.fault = () => Promise.reject(new TypeError('fetch failed'));
    await expect(helpers().listSessions()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('endSession()', () => {
  it('ends another session of the person, and revokes its refresh token behind the answer', async () => {
    const [id = ''] = await others();
    expect(await helpers().endSession(id)).toBe(true);
    expect([await isIn(here), await isIn(there)]).toEqual([true, false]);
    expect(current.behind).toHaveLength(1);
    await Promise.all(current.behind);
    expect(world.provider.calls('revocation')).toHaveLength(1);
    expect(events).toEqual([
      expect.objectContaining({ event: 'sessions_ended', cause: 'server_code', sessions: 1 }),
      expect.objectContaining({ event: 'tokens_revoked', why: 'ended_elsewhere' }),
    ]);
    expect(current.cookies).toEqual([]);
    expect(await helpers().endSession(id)).toBe(false);
  });

  it('costs one call to Redis before the answer', async () => {
    const [id = ''] = await others();
    const before = world.redis.calls;
    await helpers().endSession(id);
    const calls = world.redis.calls - before;
    await Promise.all(current.behind); // the revocation looks for the documents of the provider
    expect(calls).toBe(1);
  });

  it('in the Pages Router: by its request, revoked before the answer', async () => {
    const [id = ''] = await others();
    current.router = 'pages';
    current.headers = new Headers();
    const request = { headers: { cookie: as(here).get('cookie') ?? '' } };
    expect(await helpers().endSession(id, request)).toBe(true);
    expect(world.provider.calls('revocation')).toHaveLength(1);
    expect(await isIn(there)).toBe(false);
  });

  it('of the session that asks takes its cookie away where code can', async () => {
    const own = (await listed(here))[0]?.id ?? '';
    expect(await helpers().endSession(own)).toBe(true);
    const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: true, maxAge: 0 };
    expect(current.cookies).toEqual([[NAME, '', attributes]]);
    current.isRendering = true;
    current.headers = as(there);
    expect(await helpers().endSession((await listed(there))[0]?.id ?? '')).toBe(true);
    expect(await helpers().listSessions()).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'of another person',
      async () => {
        world.provider.person = { sub: 'person-2', name: 'Ben Example' };
        return (await listed(await world.signedIn()))[0]?.id;
      },
    ],
    ['that is forged', async () => 'A'.repeat(43)],
    ['that is a key of Redis', async () => `${KEYS.record}${(await others())[0]}`],
    ['that is missing', async () => undefined],
    ['that is no text', async () => ({})],
  ])('ends nothing by an id %s', async (_, idFor) => {
    expect(await helpers().endSession((await idFor()) as string)).toBe(false);
    expect([await isIn(here), await isIn(there)]).toEqual([true, true]);
    expect(events).toEqual([]);
  });

  it('ends nothing for a session that was ended elsewhere a moment ago', async () => {
    const [id = ''] = await others();
    await there.fetch('/auth/sessions', { method: 'POST', body: 'others=1', headers: FORM });
    expect([await helpers().endSession(id), await isIn(there)]).toEqual([false, true]);
  });

  it('ends nothing without a session', async () => {
    const [id = ''] = await others();
    current.headers = new Headers();
    expect(await helpers().endSession(id)).toBe(false);
    expect(await isIn(there)).toBe(true);
  });
});

describe('endSessionsOf()', () => {
  it('ends all sessions of a person, and none of another one', async () => {
    const { sub } = world.provider.person;
    world.provider.person = { sub: 'person-2', name: 'Ben Example' };
    const ben = await world.signedIn();
    current.headers = new Headers();
    expect(await helpers().endSessionsOf(sub)).toBe(2);
    expect([await isIn(there), await isIn(ben)]).toEqual([false, true]);
    await Promise.all(current.behind);
    expect(world.provider.calls('revocation')).toHaveLength(2);
    expect(events[0]).toMatchObject({ event: 'sessions_ended', cause: 'server_code', sessions: 2 });
    expect(await helpers().endSessionsOf(sub)).toBe(0);
  });

  it('ends the sign-ins under way too', async () => {
    const browser = world.browser();
    const { hops } = await browser.navigate('/auth/login', { redirect: 'manual' });
    const callback = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
    world.pass(2); // OIDC Core §2: `iat` has whole seconds
    await helpers().endSessionsOf(world.provider.person.sub);
    await browser.navigate(callback);
    expect(await isIn(browser)).toBe(false);
  });

  it.each([undefined, null, '', 7])('throws for a sub that is %s', async (sub) => {
    await expect(helpers().endSessionsOf(sub as string)).rejects.toThrow(TypeError);
  });

  it('needs the issuer where it has tenants, and refuses one that is not of this site', async () => {
    const { endSessionsOf } = helpers();
    await expect(endSessionsOf('ana', { issuer: 'https://other.test' })).rejects.toThrow('the issuer is none');
    expect(await endSessionsOf('ben', { issuer: world.provider.issuer })).toBe(0);
    const tenants = { ...world.env, SSO_ISSUER: 'https://op.test/{tenantid}/v2.0', SSO_TENANTS: 'one,two' };
    await expect(helpers(tenants).endSessionsOf('ana')).rejects.toThrow('needs the issuer');
    const ofThird = helpers(tenants).endSessionsOf('ana', { issuer: 'https://op.test/three/v2.0' });
    await expect(ofThird).rejects.toThrow('the issuer is none');
    expect(await helpers(tenants).endSessionsOf('ana', { issuer: 'https://op.test/two/v2.0' })).toBe(0);
  });
});
