import { beforeEach, describe, expect, it } from 'vitest';
import { COMMIT } from '../../lib/store/scripts';
import { elsewhere } from '../world/elsewhere';
import { REDIS_FAULTS, type RedisFault, replyLostOnce, staleReplica } from '../world/redis';
import { signal } from '../world/signal';
import { skippedMs } from '../world/time';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';
const EXPIRED = 901;
const DUE = 730;
const presentations = () => world.provider.refreshPresentations().length;
const renewals = () => world.events('renewal').map(({ outcome }) => outcome);
const settled = () => world.isolate.settled();

describe('a Redis that hears the question, while its answers are lost', () => {
  it.each([
    ['over', EXPIRED, 503],
    ['due', DUE, 200],
  ])(
    'when tokens are %s: nothing was presented, so the session goes on as soon as it answers',
    async (_, age, status) => {
      const browser = await world.signedIn();
      world.pass(age);
      world.redis.fault = REDIS_FAULTS['reply lost'];
      expect((await world.skippingWaits(browser.fetch('/api/me'))).status).toBe(status);
      world.redis.fault = null;
      await world.skippingWaits(settled());
      world.pass(EXPIRED - age);
      expect((await browser.fetch('/api/me')).status).toBe(200);
      expect([presentations(), renewals()]).toEqual([1, ['refreshed']]);
    },
  );
});

describe('Redis and a renewal', () => {
  it.each(Object.entries(REDIS_FAULTS))(
    '%s: 503, the provider is not called, and it recovers by itself',
    async (_, fault) => {
      const browser = await world.signedIn();
      world.pass(EXPIRED);
      world.redis.fault = fault;
      const response = await world.skippingWaits(browser.fetch('/api/me'));
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
      expect((await browser.navigate('/')).response.status).toBe(200); // public pages are shown in any case
      expect(presentations()).toBe(0);
      expect(browser.cookies.get(NAME)).toBeDefined();
      world.redis.fault = null;
      expect((await browser.fetch('/api/me')).status).toBe(200);
    },
  );

  it.each<[string, number, RedisFault]>([
    ['does not answer', 503, REDIS_FAULTS.refused],
    ['knows no such session', 401, async () => Response.json({ result: ['gone'] })],
  ])('that %s: a crowd is told at once, and not one after the other', async (_, status, fault) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.redis.fault = fault;
    const crowd = Array.from({ length: 30 }, () => browser.clone());
    const before = skippedMs();
    const answers = await world.skippingWaits(Promise.all(crowd.map((one) => one.fetch('/api/me'))));
    expect(answers.map((answer) => answer.status)).toEqual(Array(30).fill(status));
    expect(skippedMs() - before).toBeLessThan(500); // one look of each waiter; one after the other would be thirty
  });

  it('answering from a stale replica changes nothing: what decides is a script on the primary', async () => {
    const browser = await world.signedIn();
    const isolates = await Promise.all([
      elsewhere(world, browser),
      elsewhere(world, browser),
      elsewhere(world, browser),
    ]);
    world.redis.fault = staleReplica;
    world.pass(EXPIRED);
    const answers = await Promise.all(isolates.map((one) => one.fetch('/api/me')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(presentations()).toBe(1);
  });

  it('restarted empty: the session is over, nothing is presented, and the person passes through the provider', async () => {
    const browser = await world.signedIn();
    await world.redis.command('DEL', await world.recordKey(browser));
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(0);
    const { response, hops } = await browser.navigate('/dashboard');
    expect([response.status, hops.length]).toEqual([200, 4]);
  });

  it.each([1, 2])('a lost reply of call %i costs a second trip and nothing else', async (lost) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const lose = replyLostOnce();
    let call = 0;
    world.redis.fault = (pass, number, command) => {
      call += 1;
      return call < lost ? pass() : lose(pass, number, command);
    };
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(1);
    expect(world.provider.calls('revocation')).toEqual([]);
  });

  it('away for a moment when the result is to be stored: it is stored all the same', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    let call = 0;
    world.redis.fault = (pass) => {
      call += 1;
      return call >= 2 && call <= 4 ? REDIS_FAULTS.refused() : pass();
    };
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(renewals()).toEqual(['refreshed']);
  });

  it('away for longer: the result is stored as soon as it is back', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    let refused = 0;
    world.redis.fault = (pass, _call, [, script]) => {
      if (script !== COMMIT || refused === 12) return pass();
      refused += 1;
      return REDIS_FAULTS.refused();
    };
    expect((await world.skippingWaits(browser.fetch('/api/me'))).status).toBe(200);
    expect([refused, renewals(), presentations()]).toEqual([12, ['refreshed'], 1]);
  });

  it('away for longer than a request waits: 503 in time, and the result is stored behind the answer', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const [answered, answer] = signal();
    world.redis.fault = async (pass, _call, [, script]) => {
      if (script !== COMMIT) return pass();
      await answered;
      return pass();
    };
    world.provider.lies.instead.token = () => {
      world.pass(9); // all the time that the request has
      return null;
    };
    expect((await world.skippingWaits(browser.fetch('/api/me'))).status).toBe(503);
    answer();
    await world.skippingWaits(settled());
    world.provider.beHonest();
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect([renewals(), presentations()]).toEqual([['refreshed'], 1]);
  });

  it('gone for good when the result is to be stored: 503, and the old token is never presented again', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    let call = 0;
    world.redis.fault = (pass) => {
      call += 1;
      if (call < 2) return pass();
      world.pass(6); // twenty seconds are over soon
      return REDIS_FAULTS.refused();
    };
    expect((await world.skippingWaits(browser.fetch('/api/me'))).status).toBe(503);
    await world.skippingWaits(settled());
    world.redis.fault = null;
    expect((await world.skippingWaits(browser.fetch('/api/me'))).status).toBe(503); // until the lease is over
    world.pass(30);
    await world.passInRedis(30, browser);
    for (let time = 0; time < 3; time += 1) expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(1);
  });
});
