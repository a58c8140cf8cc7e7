import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import type { Isolate } from '../world/isolate';
import { REDIS_FAULTS } from '../world/redis';
import { createWorld, type World } from '../world/world';

let world: World;
let isolate: Isolate;
/** The same browser, whose requests go to the other isolate. */
const elsewhere = (browser: Browser) => {
  const other = world.browser(isolate);
  for (const { name, value } of browser.cookies.all()) other.cookies.set(name, value);
  return other;
};
/** Calls to Redis before the answer, and in all. */
async function costs(browser: Browser): Promise<{ status: number; before: number; all: number }> {
  const start = world.redis.calls;
  const { status } = await browser.fetch('/api/me');
  const before = world.redis.calls - start;
  await isolate.settled();
  return { status, before, all: world.redis.calls - start };
}
const statusOf = async (browser: Browser) => (await browser.fetch('/api/me')).status;

beforeEach(async () => {
  world = await createWorld();
  isolate = await world.anotherIsolate();
});

describe('a page of a person who is signed in', () => {
  it('costs a cold isolate one call before the answer, and the list of endings behind it', async () => {
    const { status, all } = await costs(elsewhere(await world.signedIn()));
    expect([status, all]).toEqual([200, 2]);
  });

  it('costs no call to Redis after that, however many people come', async () => {
    await costs(elsewhere(await world.signedIn()));
    for (let person = 0; person < 20; person += 1)
      expect(await costs(elsewhere(await world.signedIn()))).toEqual({ status: 200, before: 0, all: 0 });
  });

  it('costs one call behind the answer after half of SESSION_CHECK_SECONDS, for all people together', async () => {
    const [ana, budi] = [elsewhere(await world.signedIn()), elsewhere(await world.signedIn())];
    await costs(ana);
    world.pass(15);
    expect((await costs(ana)).all).toBe(1);
    expect(await costs(budi)).toEqual({ status: 200, before: 0, all: 0 });
  });

  it('costs one call after SESSION_CHECK_SECONDS without any request, and nothing again', async () => {
    const [ana, budi] = [elsewhere(await world.signedIn()), elsewhere(await world.signedIn())];
    await costs(ana);
    world.pass(31);
    expect(await costs(ana)).toEqual({ status: 200, before: 1, all: 1 });
    expect(await costs(budi)).toEqual({ status: 200, before: 0, all: 0 });
  });

  it('costs one call an hour where tokens are older than the list goes back', async () => {
    world = await createWorld({ env: { SSO_SCOPE: 'openid profile' } }); // no refresh token;
    isolate = await world.anotherIsolate();
    const ana = elsewhere(await world.signedIn());
    await costs(ana);
    world.pass(3_700);
    expect((await costs(ana)).status).toBe(200);
    world.pass(14);
    expect(await costs(ana)).toEqual({ status: 200, before: 0, all: 0 });
    for (let minute = 1; minute < 50; minute += 1) {
      world.pass(29);
      expect((await costs(ana)).all).toBe(1); // the list, and no question for the session
    }
  });
});

describe('a session that was ended in one isolate', () => {
  it('is refused within SESSION_CHECK_SECONDS by an isolate that has seen it', async () => {
    const browser = await world.signedIn();
    const there = elsewhere(browser);
    expect(await statusOf(there)).toBe(200);
    await isolate.settled();
    await browser.post('/auth/logout', { redirect: 'manual' });
    world.pass(31);
    expect(await statusOf(there)).toBe(401);
  });

  it('is refused by an isolate that never saw it, and costs nothing there', async () => {
    const browser = await world.signedIn();
    const there = elsewhere(browser);
    await browser.post('/auth/logout', { redirect: 'manual' });
    await costs(elsewhere(await world.signedIn())); // warm now
    expect(await costs(there)).toEqual({ status: 401, before: 0, all: 0 });
  });

  it('is refused as soon as the list was read behind the answer to another person', async () => {
    const [ana, budi] = [await world.signedIn(), elsewhere(await world.signedIn())];
    await costs(elsewhere(ana));
    await ana.post('/auth/logout', { redirect: 'manual' });
    world.pass(16);
    await costs(budi);
    expect(await costs(elsewhere(ana))).toEqual({ status: 401, before: 0, all: 0 });
  });

  it('is refused where another sign-in of its browser took its place', async () => {
    const browser = await world.signedIn();
    const old = elsewhere(browser);
    await costs(old);
    await browser.navigate('/auth/login?prompt=login&returnTo=/dashboard');
    world.pass(31);
    expect(await statusOf(old)).toBe(401);
    expect(await statusOf(elsewhere(browser))).toBe(200);
  });
});

describe('while Redis does not answer', () => {
  it.each(Object.entries(REDIS_FAULTS))(
    '%s: pages are served as long as the tokens are valid, and it says so',
    async (_, fault) => {
      const there = elsewhere(await world.signedIn());
      await costs(there);
      world.redis.fault = fault;
      world.pass(20);
      expect(await statusOf(there)).toBe(200);
      await isolate.settled();
      expect(world.events('session_check_failed')).toEqual([]);
      world.pass(20);
      expect(await world.skippingWaits(there.fetch('/api/me'))).toMatchObject({ status: 200 });
      expect(world.events('session_check_failed').length).toBeGreaterThan(0);
      world.redis.fault = null;
      world.pass(3);
      expect(await costs(there)).toEqual({ status: 200, before: 1, all: 1 });
    },
  );
});

it('many requests that wait for the list cost one call', async () => {
  const people = await Promise.all(Array.from({ length: 10 }, async () => elsewhere(await world.signedIn())));
  await costs(people[0] as Browser);
  world.pass(31);
  const start = world.redis.calls;
  const answers = await Promise.all(people.map((person) => statusOf(person)));
  expect([answers, world.redis.calls - start]).toEqual([people.map(() => 200), 1]);
});
