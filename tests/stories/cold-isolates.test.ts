import { beforeEach, describe, expect, it } from 'vitest';
import { REDIS_FAULTS } from '../world/redis';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const calls = () => ({
  discovery: world.provider.calls('discovery').length,
  jwks: world.provider.calls('jwks').length,
});

describe('a cold isolate', () => {
  it('signs people in with no provider call but the token exchange: the rest it reads from Redis', async () => {
    await world.signedIn();
    const before = calls();
    const cold = await world.anotherIsolate();
    const browser = world.browser(cold);
    const redis = world.redis.calls;
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(world.redis.calls - redis).toBe(1);
    const back = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
    expect((await browser.navigate(back)).response.status).toBe(200);
    expect(calls()).toEqual(before);
  });

  it('starts a sign-in at /auth/login with two Redis calls, the count and the metadata, and the next one with one', async () => {
    await world.browser().navigate('/auth/login'); // now Redis knows the limiter's script (EVALSHA) and has the metadata
    const browser = world.browser(await world.anotherIsolate());
    const start = async () => {
      const { response } = await browser.navigate('/auth/login', { redirect: 'manual' });
      expect(response.status).toBe(303);
    };
    expect(await world.cost(start)).toEqual({ redis: 2, provider: 0 });
    expect(await world.cost(start)).toEqual({ redis: 1, provider: 0 });
  });

  it('finishes a sign-in that another one began, with at most three Redis calls', async () => {
    await world.signedIn();
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const back = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
    const other = world.browser(await world.anotherIsolate());
    for (const { name, value } of browser.cookies.all()) other.cookies.set(name, value);
    const redis = world.redis.calls;
    const ledger = world.provider.ledger.length;
    expect((await other.navigate(back, { redirect: 'manual' })).response.status).toBe(303);
    expect(world.redis.calls - redis).toBe(3);
    expect(world.provider.ledger.length - ledger).toBe(1);
  });

  it('of another deployment has a copy of its own, and neither takes the other’s away', async () => {
    const env = { SESSION_SECRET: `the-secret-of-another-deployment-${crypto.randomUUID()}` };
    for (const of of [undefined, env, undefined, env, undefined]) {
      const isolate = await world.anotherIsolate(of);
      await world.browser(isolate).navigate('/dashboard', { redirect: 'manual' });
      await isolate.settled();
    }
    expect(calls().discovery).toBe(2);
  });

  it('of many that start at once one asks the provider for all', async () => {
    const isolates = await Promise.all(Array.from({ length: 8 }, () => world.anotherIsolate()));
    world.provider.lies.delay.discovery = 100;
    const answers = await Promise.all(
      isolates.map((isolate) => world.browser(isolate).navigate('/dashboard', { redirect: 'manual' })),
    );
    expect(answers.map(({ response }) => response.status)).toEqual(Array(8).fill(303));
    expect(calls().discovery).toBe(1);
  });

  it('fetches for itself when Redis is away, and when no other isolate delivers', async () => {
    world.redis.fault = REDIS_FAULTS.refused;
    expect((await world.browser().navigate('/dashboard', { redirect: 'manual' })).response.status).toBe(303);
    world.redis.fault = null;
    const dying = world.browser(await world.anotherIsolate());
    world.pass(3601);
    world.provider.lies.hang.discovery = true;
    void dying.navigate('/dashboard', { redirect: 'manual' }); // claims the fetch, and gets no answer
    await new Promise((resolve) => setTimeout(resolve, 100));
    world.provider.beHonest();
    const cold = world.browser(await world.anotherIsolate());
    const { response } = await world.skippingWaits(cold.navigate('/dashboard', { redirect: 'manual' }));
    expect(response.status).toBe(303);
  });

  it('believes no copy that it cannot open', async () => {
    await world.signedIn();
    const before = calls();
    const stranger = await world.anotherIsolate({ SESSION_SECRET: 'another-secret-of-somebody-else-01' });
    await world.browser(stranger).navigate('/dashboard', { redirect: 'manual' });
    expect(calls().discovery).toBe(before.discovery + 1);
  });
});

describe('while the provider is away', () => {
  it.each(['refuse', 'hang'] as const)(
    'and nothing is known of it, a crowd costs what one of them does: %s',
    async (lie) => {
      world.provider.lies[lie].discovery = true;
      const visit = async () =>
        expect((await world.browser().navigate('/dashboard', { redirect: 'manual' })).response.status).toBe(503);
      const crowd = () => world.cost(() => Promise.all(Array.from({ length: 20 }, visit)));
      const first = await world.skippingWaits(crowd());
      expect(first).toEqual({ redis: 2, provider: 1 });
      expect(await crowd()).toEqual({ redis: 0, provider: 0 });
      world.provider.beHonest();
      world.pass(3);
      expect((await world.browser().navigate('/dashboard', { redirect: 'manual' })).response.status).toBe(303);
    },
  );
});

describe('documents that are due', () => {
  it('metadata of an hour ago serves once more, and is renewed behind the answer', async () => {
    await world.signedIn();
    world.pass(3_601);
    world.provider.lies.hang.discovery = true;
    expect((await world.browser().navigate('/dashboard', { redirect: 'manual' })).response.status).toBe(303);
    await world.skippingWaits(world.isolate.settled());
    expect(calls().discovery).toBe(2);
    world.provider.beHonest();
    world.pass(5);
    expect((await world.browser().navigate('/dashboard', { redirect: 'manual' })).hops[0]?.status).toBe(303);
    await world.isolate.settled();
    expect(calls().discovery).toBe(2);
    world.pass(6); // what has just failed is left alone, all the more with a copy at hand
    await world.browser().navigate('/dashboard', { redirect: 'manual' });
    await world.isolate.settled();
    expect(calls().discovery).toBe(3);
    await world.browser().navigate('/dashboard', { redirect: 'manual' });
    await world.isolate.settled();
    expect(calls().discovery).toBe(3);
  });

  it('keys of half an hour ago serve once more, and are renewed behind the answer', async () => {
    await world.signedIn();
    world.pass(1_801);
    world.provider.lies.hang.jwks = true;
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const back = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
    expect((await browser.navigate(back)).response.status).toBe(200);
    await world.skippingWaits(world.isolate.settled());
    expect(calls().jwks).toBe(2);
  });

  it('keys of an hour ago verify nothing any more', async () => {
    await world.signedIn();
    world.pass(3_601);
    world.provider.lies.refuse.jwks = true;
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const back = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
    expect((await browser.navigate(back, { redirect: 'manual' })).response.status).toBe(503);
  });
});

describe('keys that rotate', () => {
  it('are fetched once for all isolates that meet the new kid', async () => {
    const isolates = await Promise.all(Array.from({ length: 4 }, () => world.anotherIsolate()));
    await Promise.all(isolates.map((isolate) => world.signedIn('/dashboard', isolate)));
    await world.provider.rotateKeys();
    const before = calls().jwks;
    const answers = await Promise.all(isolates.map((isolate) => world.browser(isolate).navigate('/dashboard')));
    expect(answers.map(({ response }) => response.status)).toEqual([200, 200, 200, 200]);
    expect(calls().jwks - before).toBe(1);
  });

  it('and an unknown kid costs one call a second, whatever many isolates ask', async () => {
    const isolates = await Promise.all(Array.from({ length: 4 }, () => world.anotherIsolate()));
    await Promise.all(isolates.map((isolate) => world.signedIn('/dashboard', isolate)));
    world.provider.lies.idTokenSigning = { kid: 'unknown' };
    const before = calls().jwks;
    const started = Date.now();
    await Promise.all(isolates.map((isolate) => world.browser(isolate).navigate('/dashboard')));
    const seconds = Math.ceil((Date.now() - started) / 1000);
    expect(calls().jwks - before).toBeLessThanOrEqual(seconds + 1);
  });
});
