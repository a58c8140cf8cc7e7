import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { breakerKey } from '../world/redis-keys';
import { createWorld, type World } from '../world/world';

const EXPIRED = 901;

let world: World;
let people: Browser[];
let breaker: string;
beforeEach(async () => {
  world = await createWorld();
  breaker = await breakerKey(world.provider.issuer, world.provider.clientId);
  people = await Promise.all(
    Array.from({ length: 3 }, async () => world.signedIn('/dashboard', await world.anotherIsolate())),
  );
  world.pass(EXPIRED);
});

const presentations = () => world.provider.refreshPresentations().length;
const ask = async (person: Browser | undefined) => (await person?.fetch('/api/me'))?.status;
const refuse = (seconds: string) => () =>
  Response.json({ error: 'too_many_attempts' }, { status: 429, headers: { 'retry-after': seconds } });
/** Redis has a clock of its own, and the test does not wait for it. */
const pauseIsOver = () => world.redis.command('HSET', breaker, 'until', 0);

/** The provider has refused a renewal, and now the pause is over; the next one that arrives there is held. */
async function afterThePause() {
  world.provider.lies.instead.token = refuse('3600');
  const [first, ...others] = people as [Browser, Browser, Browser];
  expect(await ask(first)).toBe(503);
  await pauseIsOver();
  let arrived = () => {};
  let answer = (_: Response | null) => {};
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const answered = new Promise<Response | null>((resolve) => {
    answer = resolve;
  });
  world.provider.lies.instead.token = () => {
    arrived();
    return answered;
  };
  return { others, isThere, answer };
}

describe('a provider that answers a renewal with "429, in an hour"', () => {
  it('is left alone for a minute, by all isolates, and not for longer', async () => {
    world.provider.lies.instead.token = refuse('3600');
    const response = await people[0]?.fetch('/api/me');
    expect([response?.status, response?.headers.get('retry-after')]).toEqual([503, '60']);
    expect([await ask(people[1]), await ask(people[2]), presentations()]).toEqual([503, 503, 1]);
    const [seconds] = (await world.redis.command('TIME')) as string[];
    const until = Number(await world.redis.command('HGET', breaker, 'until'));
    expect(until - Number(seconds) * 1000).toBeLessThanOrEqual(61_000);
  });

  it('holds back the session that it refused for no longer either', async () => {
    world.provider.lies.instead.token = refuse('3600');
    expect(await ask(people[0])).toBe(503);
    const [seconds] = (await world.redis.command('TIME')) as string[];
    const retry = Number(await world.redis.command('HGET', await world.recordKey(people[0] as Browser), 'retry'));
    expect(retry - Number(seconds) * 1000).toBeLessThanOrEqual(61_000);
  });

  it('half-open after the pause: one renewal is the probe, and the others follow when it succeeds', async () => {
    const { others, isThere, answer } = await afterThePause();
    const probe = ask(others[0]);
    await isThere;
    expect([await ask(others[1]), presentations()]).toEqual([503, 2]);
    answer(null);
    expect(await probe).toBe(200);
    expect([await ask(others[1]), presentations()]).toEqual([200, 3]);
    expect(await world.redis.command('EXISTS', breaker)).toBe(0);
  });

  it('and refuses the probe too: the breaker opens again', async () => {
    const { others, isThere, answer } = await afterThePause();
    const probe = ask(others[0]);
    await isThere;
    answer(refuse('3600')());
    expect(await probe).toBe(503);
    world.provider.beHonest();
    expect([await ask(others[1]), presentations()]).toEqual([503, 2]);
    await pauseIsOver();
    expect([await ask(others[1]), presentations()]).toEqual([200, 3]);
  });

  it('and answers the probe with invalid_grant: that is an answer, so the others are renewed', async () => {
    const { others, isThere, answer } = await afterThePause();
    const probe = ask(others[0]);
    await isThere;
    answer(Response.json({ error: 'invalid_grant' }, { status: 400 }));
    expect(await probe).toBe(401);
    await expect.poll(() => world.redis.command('EXISTS', breaker)).toBe(0);
    world.provider.beHonest();
    expect(await ask(others[1])).toBe(200);
  });

  it('and cannot be reached by the probe: the next renewal is the probe, not all of them', async () => {
    const { others, isThere, answer } = await afterThePause();
    world.provider.lies.refuse.token = true;
    expect(await ask(others[0])).toBe(503);
    world.provider.lies.refuse.token = false;
    const probe = ask(others[1]);
    await isThere;
    expect(await world.redis.command('HEXISTS', breaker, 'probe')).toBe(1);
    answer(null);
    expect(await probe).toBe(200);
  });

  it('and never hears the probe, whose isolate has died: its lease runs out, and the next renewal is the probe', async () => {
    const { others, isThere, answer } = await afterThePause();
    const probe = ask(others[0]);
    await isThere;
    await world.redis.command('HSET', breaker, 'lease', 0);
    world.provider.beHonest();
    expect(await ask(others[1])).toBe(200);
    answer(null);
    expect(await probe).toBe(200);
  });

  it('does not hold back a session that another isolate has renewed', async () => {
    const [first] = people as [Browser, Browser, Browser];
    const copy = first.clone();
    expect(await ask(first)).toBe(200);
    world.provider.lies.instead.token = refuse('3600');
    expect(await ask(people[1])).toBe(503);
    expect(await ask(copy)).toBe(200);
  });
});
