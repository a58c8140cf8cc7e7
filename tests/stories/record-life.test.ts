import { beforeEach, describe, expect, it } from 'vitest';
import { PROLONG } from '../../lib/store/scripts';
import type { Browser } from '../world/browser';
import { REDIS_FAULTS } from '../world/redis';
import { createWorld, type World } from '../world/world';

const IDLE = 3_600;
/** Of an access token: longer than `MOVED`, so that pages cause no renewal by then. */
const LIFE = 2_000;
/** A quarter of the idle time, and a second: an activity now moves the idle end. */
const MOVED = IDLE / 4 + 1;

let world: World;
let browser: Browser;
let key: string;
beforeEach(async () => {
  world = await createWorld({ provider: { tokenSeconds: LIFE }, env: { SESSION_IDLE_SECONDS: String(IDLE) } });
  browser = await world.signedIn();
  key = await world.recordKey(browser);
});

const secondsLeft = async () => Number(await world.redis.command('PTTL', key)) / 1000;
/** As if the time of Redis had gone by. */
const expireIn = (seconds: number) => world.redis.command('EXPIRE', key, seconds);
const visit = async () => {
  expect((await browser.navigate('/dashboard')).response.status).toBe(200);
  await world.isolate.settled();
};
/** Counts the prolongations that reach Redis. */
function prolongations() {
  const seen = { count: 0 };
  world.redis.fault = (pass, _call, [, script]) => {
    seen.count += Number(script === PROLONG);
    return pass();
  };
  return seen;
}

describe('the record of a session', () => {
  it('lives until the idle end and one access-token life more, not until the absolute end', async () => {
    expect(await secondsLeft()).toBeGreaterThan(IDLE + LIFE - 60);
    expect(await secondsLeft()).toBeLessThanOrEqual(IDLE + LIFE);
  });

  it('is prolonged behind the answer to the request that moves the idle end', async () => {
    world.pass(MOVED);
    await expireIn(100);
    await visit();
    expect(await secondsLeft()).toBeGreaterThan(IDLE + LIFE - 60);
    expect(await secondsLeft()).toBeLessThanOrEqual(IDLE + LIFE);
  });

  it('costs no call for a page that moves nothing', async () => {
    const prolonged = prolongations();
    world.pass(20);
    expect(await world.cost(visit)).toEqual({ redis: 0, provider: 0 });
    world.pass(MOVED);
    await visit();
    expect(prolonged.count).toBe(1);
    expect(await world.cost(visit)).toEqual({ redis: 0, provider: 0 });
  });

  it('is prolonged by a renewal, whatever became of the prolongations before it', async () => {
    world.pass(LIFE + 1);
    await expireIn(100);
    expect((await browser.fetch('/auth/refresh', { method: 'POST' })).status).toBe(200); // moves no idle end
    expect(await secondsLeft()).toBeGreaterThan(IDLE - 60);
    expect(await secondsLeft()).toBeLessThanOrEqual(IDLE);
  });

  it('is never cut short', async () => {
    await expireIn(10 * IDLE);
    world.pass(MOVED);
    await visit();
    world.pass(LIFE);
    await visit();
    expect(world.events('renewal')).toHaveLength(1);
    expect(await secondsLeft()).toBeGreaterThan(9 * IDLE);
  });

  it('is prolonged although Redis does not answer at first', async () => {
    let refused = 0;
    world.redis.fault = (pass, _call, [, script]) => {
      if (script !== PROLONG || refused === 4) return pass();
      refused += 1;
      return REDIS_FAULTS.refused();
    };
    world.pass(MOVED);
    await expireIn(100);
    await visit();
    expect(refused).toBe(4);
    expect(await secondsLeft()).toBeGreaterThan(IDLE);
  });

  it('is left as it is where the answer carries no cookie: the idle end has not moved', async () => {
    const prolonged = prolongations();
    world.pass(MOVED);
    await browser.embed('/photo', { as: 'image' });
    await browser.fetch('/dashboard', { headers: { 'sec-purpose': 'prefetch' } });
    await world.isolate.settled();
    expect(prolonged.count).toBe(0);
    await visit();
    expect(prolonged.count).toBe(1);
  });

  it('stays a tombstone when a prolongation arrives after the sign-out', async () => {
    world.pass(MOVED);
    let release = () => {};
    const signedOut = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.redis.fault = async (pass, _call, [, script]) => {
      if (script === PROLONG) await signedOut;
      return pass();
    };
    await browser.clone().navigate('/dashboard');
    await browser.post('/auth/logout', { redirect: 'manual' });
    release();
    await world.isolate.settled();
    expect(await world.redis.command('HGET', key, 'state')).toBe('removed');
    expect(await secondsLeft()).toBeLessThanOrEqual(120);
  });
});

it.each(['/', '/dashboard'])(
  'visits to %s prolong a session, also when each of them renews the tokens',
  async (path) => {
    world = await createWorld();
    const browser = await world.signedIn();
    for (let visit = 0; visit < 3; visit += 1) {
      world.pass(3 * 86_400); // idle is seven days
      expect((await browser.navigate(path)).hops).toHaveLength(1);
    }
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(world.events('signed_in')).toHaveLength(1);
    expect(world.provider.refreshPresentations()).toHaveLength(3);
  },
);
