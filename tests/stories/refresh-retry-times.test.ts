import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const EXPIRED = 901;
const presentations = () => world.provider.refreshPresentations().length;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a refresh token that the provider accepts a little longer', () => {
  const OVERLAP = 6;
  let browser: Browser;
  beforeEach(async () => {
    world = await createWorld({
      provider: { overlapSeconds: OVERLAP },
      env: { SSO_REFRESH_OVERLAP_SECONDS: String(OVERLAP) },
    });
    browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.cut.token = true;
    await browser.fetch('/api/me'); // redeemed, and the answer is lost
    expect(presentations()).toBe(1);
  });
  const afterTheOverlap = async () => {
    world.provider.beHonest();
    await browser.fetch('/api/me');
    expect([presentations(), world.provider.familyRevoked]).toEqual([2, false]);
  };

  it('is not as good as new because a second try was answered with 429', async () => {
    world.provider.beHonest();
    world.provider.lies.instead.token = () => new Response('{}', { status: 429, headers: { 'retry-after': '7' } });
    await browser.fetch('/api/me');
    expect(presentations()).toBe(2);
    world.pass(8);
    await world.passInRedis(8, browser);
    await afterTheOverlap();
  });

  it('is counted from the first time that it was presented, not from the latest', async () => {
    await world.passInRedis(3.5, browser);
    await browser.fetch('/api/me');
    world.pass(7);
    await world.passInRedis(3.5, browser);
    await afterTheOverlap();
  });
});

it('a short pause that the provider asks for does not cut a longer one short', async () => {
  const [one, two, three] = [await world.signedIn(), await world.signedIn(), await world.signedIn()];
  world.pass(EXPIRED);
  let call = 0;
  world.provider.lies.instead.token = async () => {
    call += 1;
    const [ms, seconds] = call === 1 ? [100, '60'] : [500, '1'];
    await sleep(ms);
    return new Response('{}', { status: 429, headers: { 'retry-after': seconds } });
  };
  await Promise.all([one.fetch('/api/me'), two.fetch('/api/me')]);
  expect(presentations()).toBe(2);
  world.provider.beHonest();
  await world.passInRedis(2, three);
  expect([(await three.fetch('/api/me')).status, presentations()]).toEqual([503, 2]);
});
