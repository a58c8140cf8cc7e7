import { beforeEach, describe, expect, it } from 'vitest';
import { CHECKOUT } from '../../lib/store/scripts';
import { elsewhere } from '../world/elsewhere';
import { REDIS_FAULTS } from '../world/redis';
import { signal } from '../world/signal';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

type Browser = ReturnType<World['browser']>;
const NAME = '__Host-Http-session';
const EXPIRED = 901;
const DUE = 730;
const presentations = () => world.provider.refreshPresentations().length;
const renewals = () => world.events('renewal').map(({ outcome }) => outcome);
const settled = () => world.isolate.settled();

describe('tokens that are over', () => {
  it('are renewed once for all requests of all isolates, and each gets the result (single-flight)', async () => {
    const browser = await world.signedIn();
    const isolates = await Promise.all(Array.from({ length: 5 }, () => elsewhere(world, browser)));
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 300;
    const crowd = isolates.flatMap((one) => Array.from({ length: 10 }, () => one.clone()));
    const answers = await Promise.all(crowd.map((one) => one.navigate('/dashboard', { redirect: 'manual' })));
    expect(answers.map(({ response }) => response.status)).toEqual(Array(50).fill(200));
    expect(presentations()).toBe(1);
    expect(world.provider.reuseEvents).toEqual([]);
    expect(renewals()).toEqual(['refreshed']);
    expect(new Set(crowd.map((one) => one.cookies.get(NAME)?.value)).size).toBe(50);
  });

  it('with a provider that takes seven seconds: still one call, and each request gets the result', async () => {
    const browser = await world.signedIn();
    const isolates = await Promise.all(Array.from({ length: 4 }, () => elsewhere(world, browser)));
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 7_000;
    const crowd = isolates.flatMap((one) => Array.from({ length: 5 }, () => one.clone()));
    const answers = await world.skippingWaits(Promise.all(crowd.map((one) => one.fetch('/api/me'))));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(presentations()).toBe(1);
  });

  it('are renewed for the site in the very same request: it is shown the new cookie, not the one that came', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const { response } = await browser.navigate('/account');
    const written = browser.cookies.get(NAME)?.value;
    expect(response.headers.get('x-middleware-request-cookie')).toContain(`${NAME}=${written}`);
  });

  it('cost two Redis calls and one provider call', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expect(await world.cost(() => browser.navigate('/dashboard'))).toEqual({ redis: 2, provider: 1 });
    expect(await world.cost(() => browser.navigate('/dashboard'))).toEqual({ redis: 0, provider: 0 });
  });

  it('are renewed again and again, each time once', async () => {
    const browser = await world.signedIn();
    for (let round = 1; round <= 5; round += 1) {
      world.pass(EXPIRED);
      expect((await browser.navigate('/dashboard')).response.status).toBe(200);
      expect(presentations()).toBe(round);
    }
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('are no matter for a browser that never got the new cookie', async () => {
    const browser = await world.signedIn();
    const deaf = browser.clone();
    world.pass(EXPIRED);
    await browser.navigate('/dashboard');
    const old = deaf.cookies.get(NAME)?.value ?? '';
    for (let time = 0; time < 3; time += 1) {
      expect((await deaf.fetch('/api/me')).status).toBe(200);
      deaf.cookies.set(NAME, old);
    }
    world.pass(EXPIRED); // what it would adopt is over by now
    expect((await deaf.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(2);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('are renewed for a prefetch too, but no cookie is written', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const response = await browser.fetch('/dashboard', { headers: { 'sec-purpose': 'prefetch' } });
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []]);
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(presentations()).toBe(1);
  });

  it('a closed connection does not cancel the renewal', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 200;
    const [asked, ask] = signal();
    world.provider.lies.instead.token = () => {
      ask();
      return null;
    };
    void browser.clone().navigate('/dashboard'); // the answer is not read
    await asked;
    await settled();
    expect(renewals()).toEqual(['refreshed']); // by then, or the isolate could be gone before
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(presentations()).toBe(1);
  });
});

describe('tokens that are only due', () => {
  it('are renewed after the response: no request waits, and a later one gets the new cookie', async () => {
    const browser = await world.signedIn();
    world.pass(DUE);
    world.provider.lies.delay.token = 400;
    const before = browser.cookies.get(NAME)?.value;
    const cost = { redis: world.redis.calls };
    const { response } = await browser.navigate('/dashboard');
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []]);
    expect(world.redis.calls - cost.redis).toBe(1);
    expect((await browser.fetch('/api/me')).status).toBe(200); // while it is under way
    await settled();
    await browser.navigate('/dashboard');
    expect(browser.cookies.get(NAME)?.value).not.toBe(before);
    expect(presentations()).toBe(1);
    expect(await world.cost(() => browser.navigate('/dashboard'))).toEqual({ redis: 0, provider: 0 });
  });

  it('and a provider that hangs or a Redis that fails: no request notices', async () => {
    const browser = await world.signedIn();
    world.pass(DUE);
    let asked = 0;
    world.redis.fault = (_pass, _call, [, script]) => {
      asked += Number(script === CHECKOUT);
      return REDIS_FAULTS.refused();
    };
    for (let page = 0; page < 3; page += 1) expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(asked).toBe(2); // by the first one, which sends it once more; no request waits
    world.redis.fault = null;
    world.pass(3); // until then no request asks the Redis that did not answer
    world.provider.lies.instead.token = () => new Response('{}', { status: 503 });
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    await settled();
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(presentations()).toBe(1); // the backoff holds
  });
});

describe('POST /auth/refresh', () => {
  const refresh = (browser: Browser, origin?: string) =>
    browser.fetch('/auth/refresh', { method: 'POST', ...(origin && { origin }) });

  it('renews what is over, and does not call the provider for what is fresh', async () => {
    const browser = await world.signedIn();
    expect(await world.cost(() => refresh(browser))).toEqual({ redis: 2, provider: 0 }); // two counts of the rate limiter
    world.pass(EXPIRED);
    const response = await refresh(browser);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ user: { sub: world.provider.person.sub } });
    expect(presentations()).toBe(1);
  });

  it('is 401 without a session, 403 from elsewhere, 405 by GET', async () => {
    expect((await refresh(world.browser())).status).toBe(401);
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expect((await refresh(browser, 'https://evil.test')).status).toBe(403);
    expect((await browser.fetch('/auth/refresh')).status).toBe(405);
    expect(presentations()).toBe(0);
  });
});
