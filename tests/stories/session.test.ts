import { beforeEach, describe, expect, it } from 'vitest';
import { REDIS_FAULTS, staleReplica } from '../world/redis';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';
const cookieOf = (browser: ReturnType<World['browser']>) => browser.cookies.get(NAME)?.value ?? '';

describe('a cookie that is no session', () => {
  const garbage: [string, (good: string) => string][] = [
    ['nonsense', () => 'x'],
    ['empty', () => ''],
    ['cut off', (good) => good.slice(0, -1)],
    ['changed in one character', (good) => `${good.slice(0, 300)}${good[300] === 'A' ? 'B' : 'A'}${good.slice(301)}`],
    ['oversized', () => 'A'.repeat(4000)],
    ['a JWS', () => 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.'],
  ];
  it.each(garbage)('%s: 401 or the way to sign in, the cookie is cleared, and no call was made', async (_, change) => {
    const good = cookieOf(await world.signedIn());
    const browser = world.browser();
    browser.cookies.set(NAME, change(good));
    const cost = await world.cost(async () => {
      // The one of a script may be Next's own prefetch, so it clears nothing; a program's does.
      const response = await browser.fetch('/api/me');
      expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
      const headers = { cookie: `${NAME}=${change(good)}`, accept: 'application/json' };
      const told = await world.isolate.send(new Request(`${world.site}/api/me`, { headers }));
      expect(told.headers.getSetCookie()).toEqual([expect.stringMatching(`^${NAME}=; Path=/; Max-Age=0;`)]);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(hops[0]?.status).toBe(303);
    expect(browser.cookies.get(NAME)).toBeUndefined();
  });

  it('is cleared by the answer to an action, which no browser sends by itself', async () => {
    const browser = world.browser();
    browser.cookies.set(NAME, 'garbage');
    await browser.fetch('/board', { method: 'POST', headers: { 'next-action': '7f' } });
    expect(browser.cookies.get(NAME)).toBeUndefined();
  });

  it('a prefetch clears nothing', async () => {
    const headers = { cookie: `${NAME}=x`, 'sec-purpose': 'prefetch' };
    const response = await world.isolate.send(new Request(`${world.site}/dashboard`, { headers }));
    expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
  });

  it('twice is none', async () => {
    const good = cookieOf(await world.signedIn());
    const headers = { cookie: `${NAME}=${good}; ${NAME}=${good}` };
    expect((await world.isolate.send(new Request(`${world.site}/api/me`, { headers }))).status).toBe(401);
  });

  it('that a sibling host planted under a name that looks like ours is none, and ends no session', async () => {
    const mallory = cookieOf(await world.signedIn());
    const good = cookieOf(await world.signedIn());
    const who = async (cookie: string) => {
      const request = new Request(`${world.site}/auth/session`, { headers: { cookie } });
      const response = await world.isolate.send(request);
      return [((await response.json()) as { user: unknown }).user !== null, response.headers.getSetCookie()];
    };
    expect(await who(`\u00a0${NAME}=${mallory}`)).toEqual([false, []]);
    expect(await who(`${NAME}=${good}; \u00a0${NAME}=${mallory}`)).toEqual([true, []]);
    expect((await who(`${NAME}=${good}\u00a0`))[0]).toBe(false);
  });

  it('of another deployment with the same secret is none here', async () => {
    const other = await createWorld({ env: { SESSION_SECRET: world.env.SESSION_SECRET ?? '' } });
    const browser = world.browser();
    browser.cookies.set(NAME, cookieOf(await other.signedIn()));
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it.each(['/', '/signed-out'])('is not shown to the site behind an open page either: %s', async (path) => {
    const headers = { cookie: `other=1; ${NAME}=x; more=2` };
    const response = await world.isolate.send(new Request(world.site + path, { headers }));
    expect(response.status).toBe(200);
    const shown = response.headers.get('x-middleware-request-cookie');
    expect(shown).toBe('other=1; more=2');
  });
});

describe('a session', () => {
  it('survives the rotation of SESSION_SECRET', async () => {
    const good = cookieOf(await world.signedIn());
    const rotated = { SESSION_SECRET: `another-session-secret-0123456789,${world.env.SESSION_SECRET}` };
    const browser = world.browser(await world.anotherIsolate(rotated));
    browser.cookies.set(NAME, good);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('costs one read each time with SESSION_CHECK_SECONDS=0', async () => {
    world = await createWorld({ env: { SESSION_CHECK_SECONDS: '0' } });
    const browser = await world.signedIn();
    for (let time = 0; time < 2; time += 1)
      expect(await world.cost(() => browser.fetch('/api/me'))).toEqual({ redis: 1, provider: 0 });
  });

  it('with SESSION_CHECK_SECONDS=0 ends at once, though a replica still has its record', async () => {
    world = await createWorld({ env: { SESSION_CHECK_SECONDS: '0' } });
    const browser = await world.signedIn();
    const elsewhere = world.browser(await world.anotherIsolate());
    elsewhere.cookies.set(NAME, cookieOf(browser));
    await elsewhere.post('/auth/logout', { redirect: 'manual' });
    world.redis.fault = async (pass, _, [name]) => (name === 'HGET' ? Response.json({ result: '1' }) : pass());
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it('with SESSION_CHECK_SECONDS=0 is asked about also right after Redis did not answer', async () => {
    world = await createWorld({ env: { SESSION_CHECK_SECONDS: '0' } });
    const browser = await world.signedIn();
    world.redis.fault = REDIS_FAULTS.refused;
    expect((await browser.fetch('/api/me')).status).toBe(200);
    world.redis.fault = null;
    await world.redis.command('DEL', await world.recordKey(browser));
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it.each([31, 800, 901])('that was signed out costs nothing more, %d seconds later', async (seconds) => {
    const browser = await world.signedIn();
    const copy = browser.clone();
    await browser.post('/auth/logout', { redirect: 'manual' });
    world.pass(seconds);
    expect(await world.cost(() => copy.fetch('/api/me'))).toEqual({ redis: 0, provider: 0 });
  });

  it.each(['image', 'style', 'script', 'font'])('prolongs nothing in an answer to a request for a %s', async (dest) => {
    const cookie = `${NAME}=${cookieOf(await world.signedIn())}`;
    world.pass(604_800 / 2);
    const ask = (headers: Record<string, string>) =>
      world.isolate.send(new Request(`${world.site}/photo`, { headers: { cookie, ...headers } }));
    const part = await ask({ 'sec-fetch-dest': dest, 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': 'same-origin' });
    expect([part.status, part.headers.getSetCookie()]).toEqual([200, []]);
    const page = await ask({ 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' });
    expect(page.headers.getSetCookie()).toHaveLength(1);
  });

  it('that was ended elsewhere is asked about once, not for each request that still brings its cookie', async () => {
    const browser = await world.signedIn();
    await world.redis.command('DEL', await world.recordKey(browser));
    world.pass(31);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(await world.cost(() => browser.fetch('/api/me'))).toEqual({ redis: 0, provider: 0 });
  });

  it('does not end because a replica lags behind the login: a "no" is asked of the primary', async () => {
    const browser = await world.signedIn();
    const cold = world.browser(await world.anotherIsolate());
    cold.cookies.set(NAME, cookieOf(browser));
    world.redis.fault = staleReplica;
    expect((await cold.fetch('/api/me')).status).toBe(200);
    world.pass(31);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('ends when its record is removed from Redis by another program', async () => {
    const browser = await world.signedIn();
    expect(await world.redis.command('DEL', await world.recordKey(browser))).toBe(1);
    world.pass(31);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(browser.cookies.get(NAME)).toBeUndefined();
  });

  it('ends at its absolute end, however busy, and its record with it', async () => {
    world = await createWorld({ env: { SESSION_ABSOLUTE_SECONDS: '120', SESSION_IDLE_SECONDS: '60' } });
    const browser = await world.signedIn();
    const left = Number(await world.redis.command('TTL', await world.recordKey(browser)));
    expect(left).toBeGreaterThan(110);
    expect(left).toBeLessThanOrEqual(120);
    for (let time = 0; time < 3; time += 1) {
      world.pass(35);
      expect((await browser.navigate('/dashboard', { redirect: 'manual' })).response.status).toBe(200);
    }
    world.pass(20);
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it('moves its idle end with activity, a quarter of the idle time at a time, and ends without any', async () => {
    world = await createWorld({ env: { SESSION_IDLE_SECONDS: '400' } });
    const browser = await world.signedIn();
    const first = cookieOf(browser);
    world.pass(90);
    await browser.navigate('/dashboard');
    expect(cookieOf(browser)).toBe(first);
    world.pass(20);
    const { response } = await browser.navigate('/dashboard');
    expect(cookieOf(browser)).not.toBe(first);
    expect(response.headers.get('x-middleware-request-cookie')).toBe(`${NAME}=${cookieOf(browser)}`); // the site sees it too
    world.pass(395);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    const idle = browser.clone();
    idle.cookies.set(NAME, first);
    expect((await idle.fetch('/api/me')).status).toBe(401);
  });

  it('stays signed in by POST /auth/session: its idle end moves at once, and its record lives on with it', async () => {
    world = await createWorld({ env: { SESSION_IDLE_SECONDS: '400', SESSION_CHECK_SECONDS: '3600' } });
    const browser = await world.signedIn();
    const ends = async (response: Response) => Date.parse((await response.json()).idleExpiresAt);
    const before = await ends(await browser.fetch('/auth/session'));
    world.pass(10); // far less than a quarter of the idle time
    const cost = await world.cost(async () => {
      const response = await browser.fetch('/auth/session', { method: 'POST' });
      expect(response.status).toBe(200);
      expect(await ends(response)).toBeGreaterThanOrEqual(before + 10_000); // and what the requests took
    });
    expect(cost).toEqual({ redis: 1, provider: 0 });
    world.pass(395); // after the first end
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('is not prolonged past its absolute end, by another site, nor where there is none', async () => {
    world = await createWorld({ env: { SESSION_IDLE_SECONDS: '400', SESSION_ABSOLUTE_SECONDS: '400' } });
    const browser = await world.signedIn();
    world.pass(10);
    const post = (from: typeof browser, options = {}) => from.fetch('/auth/session', { method: 'POST', ...options });
    const last = await post(browser);
    const { expiresAt, idleExpiresAt } = await last.json();
    expect([idleExpiresAt, last.headers.getSetCookie()]).toEqual([expiresAt, []]);
    const foreign = await post(browser, { origin: 'https://evil.test' });
    expect([foreign.status, foreign.headers.getSetCookie()]).toEqual([403, []]);
    const none = await post(world.browser());
    expect([none.status, await none.json(), none.headers.getSetCookie()]).toEqual([200, { user: null }, []]);
  });

  it('is not prolonged by a prefetch, nor by /auth/session', async () => {
    world = await createWorld({ env: { SESSION_IDLE_SECONDS: '400' } });
    const browser = await world.signedIn();
    world.pass(200);
    const response = await browser.fetch('/auth/session');
    expect(response.headers.getSetCookie()).toEqual([]);
    const prefetch = await browser.fetch('/dashboard', { headers: { 'sec-purpose': 'prefetch' } });
    expect(prefetch.headers.getSetCookie()).toEqual([]);
    expect(prefetch.headers.has('x-middleware-override-headers')).toBe(false); // the site sees the cookie that was sent
  });
});
