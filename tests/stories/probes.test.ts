import { beforeEach, describe, expect, it } from 'vitest';
import type { Isolate } from '../world/isolate';
import { REDIS_FAULTS } from '../world/redis';
import { skippedMs } from '../world/time';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

/** A probe of an orchestrator: by address, with no header of a browser. */
const probe = (path: string, isolate: Isolate = world.isolate, method = 'GET') =>
  isolate.send(new Request(world.site + path, { method, headers: { host: '10.1.2.3:3000' } }));
/** What is known when everything that a probe has asked has answered: the next one within five seconds has it. */
const ready = async (isolate: Isolate = world.isolate) => {
  await world.skippingWaits(probe('/auth/ready', isolate));
  await world.skippingWaits(isolate.settled());
  const answer = await probe('/auth/ready', isolate);
  return [answer.status, await answer.json()];
};
const ALL = { redis: true, metadata: true, keys: true };
const ONLY = (missing: Partial<typeof ALL>) => [503, { ready: false, ...ALL, ...missing }];
/** A cold isolate of a deployment that has no copy of the provider's documents in Redis. */
const cold = () => world.anotherIsolate({ SESSION_SECRET: `secret-of-its-own-${crypto.randomUUID()}` });

describe('/auth/health', () => {
  it.each(['GET', 'HEAD'])('answers %s with 200, without a call to Redis or to the provider', async (method) => {
    const cost = await world.cost(async () => {
      const answer = await probe('/auth/health', world.isolate, method);
      expect([answer.status, await answer.text()]).toEqual([200, method === 'GET' ? '{"alive":true}' : '']);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
  });

  it('answers 503 in a deployment without a configuration, as everything does', async () => {
    const isolate = await world.anotherIsolate({ SSO_CLIENT_ID: '' });
    expect((await probe('/auth/health', isolate, 'HEAD')).status).toBe(503);
    for (const path of ['/auth/health', '/auth/ready', '/auth/healthy', '/']) {
      const answer = await probe(path, isolate);
      expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: 'MISCONFIGURED' })]);
    }
    expect(world.events('problem').map(({ code }) => code)).toEqual(['MISCONFIGURED']); // the next are repeats
  });
});

describe('/auth/ready', () => {
  it('answers 200 with its parts, and nothing else, when a sign-in could succeed', async () => {
    await ready(); // a cold isolate fetches the provider's documents, which may take longer than the answer waits
    const logged = world.logs.length;
    world.pass(6);
    expect(await ready()).toEqual([200, { ready: true, ...ALL }]);
    expect(world.logs.slice(logged)).toEqual([]);
  });

  it('answers HEAD as GET, without a body', async () => {
    await ready();
    const answer = await probe('/auth/ready', world.isolate, 'HEAD');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  const { 'reply lost': _, ...faults } = REDIS_FAULTS; // a lost reply is asked for again
  it.each(Object.entries(faults))('names Redis when that is not at hand: %s', async (_, fault) => {
    expect((await ready())[0]).toBe(200);
    world.pass(6);
    world.redis.fault = fault;
    expect(await ready()).toEqual(ONLY({ redis: false }));
    expect(world.events('not_ready')).toContainEqual(expect.objectContaining({ parts: ['redis'] }));
    world.redis.fault = null;
    world.pass(6);
    expect((await ready())[0]).toBe(200);
  });

  it('names Redis when the token may only read, or when Redis is full', async () => {
    world.redis.fault = async (pass, _, [name]) =>
      name === 'EVAL' ? new Response('{"error":"OOM command not allowed"}', { status: 400 }) : pass();
    expect(await ready()).toEqual(ONLY({ redis: false }));
  });

  it('names metadata and keys when the provider cannot be reached', async () => {
    Object.assign(world.provider.lies.refuse, { discovery: true });
    expect(await ready(await cold())).toEqual(ONLY({ metadata: false, keys: false }));
  });

  it('names the keys when only these cannot be had', async () => {
    Object.assign(world.provider.lies.refuse, { jwks: true });
    expect(await ready(await cold())).toEqual(ONLY({ keys: false }));
  });

  it('answers within a second while the provider hangs, and knows more at the next probe', async () => {
    Object.assign(world.provider.lies.delay, { jwks: 2_000 });
    const isolate = await cold();
    const before = skippedMs();
    const answer = await world.skippingWaits(probe('/auth/ready', isolate));
    expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ keys: false })]);
    expect(skippedMs() - before).toBeLessThan(1_000); // of the world’s clock
    await world.skippingWaits(isolate.settled());
    expect(await ready(isolate)).toEqual([200, { ready: true, ...ALL }]);
  });

  it('is ready by copies of the documents while the provider is away', async () => {
    await world.signedIn();
    Object.assign(world.provider.lies.refuse, { discovery: true, jwks: true });
    expect((await ready(await world.anotherIsolate()))[0]).toBe(200);
  });

  it('costs one call of Redis however many probes come, for five seconds, and refuses none for a rate limit', async () => {
    await ready(); // the provider's documents are known now
    world.pass(6);
    const flood = () => world.skippingWaits(Promise.all(Array.from({ length: 200 }, () => probe('/auth/ready'))));
    const cost = await world.cost(async () => {
      for (const { status } of [...(await flood()), ...(await flood())]) expect(status).not.toBe(429);
    });
    expect(cost).toEqual({ redis: 1, provider: 0 });
  });

  it('costs Redis and a provider that fails one call each, however many probes come', async () => {
    Object.assign(world.provider.lies.refuse, { discovery: true });
    const isolate = await cold();
    const before = [world.redis.calls, world.provider.calls('discovery').length] as const;
    const flood = Array.from({ length: 200 }, () => probe('/auth/ready', isolate));
    for (const { status } of await world.skippingWaits(Promise.all(flood))) expect(status).toBe(503);
    await world.skippingWaits(isolate.settled());
    // The write of the probe; the copy of the documents, and whose turn it is to fetch them.
    expect(world.redis.calls - before[0]).toBe(3);
    expect(world.provider.calls('discovery').length - before[1]).toBe(1);
    expect(world.events('not_ready')).toHaveLength(1); // the others are repeats
  });
});
