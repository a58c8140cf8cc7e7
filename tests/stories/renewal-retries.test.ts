import { beforeEach, describe, expect, it } from 'vitest';
import { ABANDON } from '../../lib/store/scripts';
import { elsewhere } from '../world/elsewhere';
import { REDIS_FAULTS } from '../world/redis';
import { signal } from '../world/signal';
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

describe('an answer that proves the token unused', () => {
  it.each<[string, () => Response]>([
    ['503', () => new Response('{}', { status: 503, headers: { 'retry-after': '1' } })],
    ['429', () => Response.json({ error: 'too_many_attempts' }, { status: 429, headers: { 'retry-after': '1' } })],
  ])(
    '%s with Retry-After: 503 with the cookie kept, the whole deployment waits, then it recovers',
    async (_, answer) => {
      const [ana, other] = [await world.signedIn(), await world.signedIn()];
      world.pass(EXPIRED);
      world.provider.lies.instead.token = answer;
      const response = await ana.fetch('/api/me');
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      expect((await ana.fetch('/api/me')).status).toBe(503);
      expect((await (await elsewhere(world, other)).fetch('/api/me')).status).toBe(503);
      expect(presentations()).toBe(1);
      expect(ana.cookies.get(NAME)).toBeDefined();
      world.provider.beHonest();
      await world.passInRedis(1, ana);
      expect((await ana.fetch('/api/me')).status).toBe(200);
      expect((await other.fetch('/api/me')).status).toBe(200);
      expect(world.provider.reuseEvents).toEqual([]);
    },
  );

  it('503 without Retry-After: others need not wait for it', async () => {
    const [ana, other] = [await world.signedIn(), await world.signedIn()];
    world.pass(EXPIRED);
    world.provider.lies.instead.token = () => new Response('{}', { status: 503 });
    expect((await ana.fetch('/api/me')).status).toBe(503);
    world.provider.beHonest();
    expect((await ana.fetch('/api/me')).status).toBe(503);
    expect((await other.fetch('/api/me')).status).toBe(200);
  });

  it('none at all, where nothing is known of the provider: nothing was presented, and it recovers', async () => {
    const browser = await world.signedIn();
    await world.forgetDocuments();
    const cold = await elsewhere(world, browser);
    world.pass(EXPIRED);
    world.provider.lies.refuse.discovery = true;
    expect((await cold.fetch('/api/me')).status).toBe(503);
    expect(presentations()).toBe(0);
    world.provider.beHonest();
    world.pass(2);
    await world.passInRedis(5, browser);
    expect((await cold.fetch('/api/me')).status).toBe(200);
    expect(renewals()).toEqual(['postponed', 'refreshed']);
  });

  it('is told to Redis until it hears, or the next one would take the token for lost', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.instead.token = () => new Response('{}', { status: 503, headers: { 'retry-after': '1' } });
    let unheard = 0;
    world.redis.fault = (pass, _call, [, script]) => {
      if (script !== ABANDON || unheard === 2) return pass();
      unheard += 1;
      return REDIS_FAULTS.refused();
    };
    expect((await browser.fetch('/api/me')).status).toBe(503);
    await settled();
    world.provider.beHonest();
    await world.passInRedis(1, browser);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect([unheard, presentations()]).toEqual([2, 2]);
  });

  it('a connection never made: again after the backoff', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.refuse.token = true;
    expect((await browser.fetch('/api/me')).status).toBe(503);
    expect(world.events('renewal')[0]).toMatchObject({ outcome: 'postponed', reason: 'no connection' });
  });
});

describe('a 500 or 502, which proves nothing', () => {
  it.each([500, 502])(
    '%i is worth one more try after the backoff; the second one counts as unknown',
    async (status) => {
      const browser = await world.signedIn();
      world.pass(EXPIRED);
      world.provider.lies.instead.token = () => new Response('<h1>oops</h1>', { status });
      expect((await browser.fetch('/api/me')).status).toBe(503);
      expect((await browser.fetch('/api/me')).status).toBe(503); // the backoff holds
      expect(presentations()).toBe(1);
      await world.passInRedis(5, browser);
      expect((await browser.fetch('/api/me')).status).toBe(503);
      expect(presentations()).toBe(2);
      world.provider.beHonest();
      expect((await browser.fetch('/api/me')).status).toBe(401);
      expect(presentations()).toBe(2);
      expect(browser.cookies.get(NAME)).toBeDefined();
    },
  );

  it('and a try that succeeds forgets it', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.instead.token = () => new Response('', { status: 500 });
    expect((await browser.fetch('/api/me')).status).toBe(503);
    world.provider.beHonest();
    await world.passInRedis(5, browser);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(renewals()).toEqual(['postponed', 'refreshed']);
  });
});

describe('an unknown outcome', () => {
  const unknown: [string, () => void][] = [
    ['an answer cut in half', () => Object.assign(world.provider.lies.cut, { token: true })],
    [
      'a 200 that cannot be read',
      () => Object.assign(world.provider.lies, { tokenResponse: () => new Response('<html>') }),
    ],
    ['an answer that never comes', () => Object.assign(world.provider.lies.hang, { token: true })],
    ...[404, 408, 409, 425].map((status): [string, () => void] => [
      `a ${status} that names no OAuth error: a proxy may have written it, and the token may be used`,
      () => Object.assign(world.provider.lies, { tokenResponse: () => new Response('<h1>oops</h1>', { status }) }),
    ]),
    [
      'a 504 that names an OAuth error',
      () =>
        Object.assign(world.provider.lies, {
          tokenResponse: () => Response.json({ error: 'server_error' }, { status: 504 }),
        }),
    ],
    ['a 504', () => Object.assign(world.provider.lies, { tokenResponse: () => new Response('', { status: 504 }) })],
    [
      'a redirect',
      () => Object.assign(world.provider.lies, { tokenResponse: () => new Response('', { status: 302 }) }),
    ],
  ];
  it.each(unknown)('%s: 503, never presented again; then the person passes through the provider', async (_, lie) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    lie();
    const other = await elsewhere(world, browser);
    const [asked, ask] = signal();
    const [isBusy, answer] = signal();
    world.provider.lies.instead.token = async () => {
      ask();
      await isBusy;
      return null; // what the lie makes of it
    };
    const renewing = browser.fetch('/api/me');
    await asked;
    world.redis.fault = async (pass) => {
      world.redis.fault = null;
      const busy = await pass();
      answer();
      return busy;
    };
    const waiting = other.fetch('/api/me');
    const answers = await world.skippingWaits(Promise.all([renewing, waiting]));
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    world.provider.beHonest();
    for (let time = 0; time < 3; time += 1) expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(1);
    const { response, hops } = await browser.navigate('/dashboard');
    expect([response.status, hops.length]).toEqual([200, 4]);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('while tokens are only due: the session lives until they end', async () => {
    const browser = await world.signedIn();
    world.pass(DUE);
    world.provider.lies.cut.token = true;
    await browser.navigate('/dashboard');
    await settled();
    world.provider.beHonest();
    for (let time = 0; time < 3; time += 1) expect((await browser.fetch('/api/me')).status).toBe(200);
    await settled();
    world.pass(EXPIRED - DUE);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(1);
  });

  it('may be asked again when the provider accepts the previous token for a while', async () => {
    world = await createWorld({ provider: { overlapSeconds: 30 }, env: { SSO_REFRESH_OVERLAP_SECONDS: '30' } });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.cut.token = true;
    await browser.fetch('/api/me');
    world.provider.beHonest();
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(2);
    expect(world.provider.familyRevoked).toBe(false);
  });

  it('but not in the last two seconds of that while', async () => {
    world = await createWorld({ provider: { overlapSeconds: 2 }, env: { SSO_REFRESH_OVERLAP_SECONDS: '2' } });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.cut.token = true;
    await browser.fetch('/api/me');
    world.provider.beHonest();
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(1);
  });

  it.each(['says nothing of it', 'sends it again'])(
    'may be asked again when the provider was seen not to rotate the token, and %s',
    async (how) => {
      world = await createWorld({ provider: { rotation: false } });
      let token: unknown;
      world.provider.lies.tokenResponse = (json) => {
        token ??= json.refresh_token;
        return how === 'sends it again' ? { ...json, refresh_token: token } : json;
      };
      const browser = await world.signedIn();
      world.pass(EXPIRED);
      expect((await browser.fetch('/api/me')).status).toBe(200);
      world.pass(EXPIRED);
      world.provider.lies.cut.token = true;
      await browser.fetch('/api/me');
      world.provider.beHonest();
      expect((await browser.fetch('/api/me')).status).toBe(200);
      expect(presentations()).toBe(3);
    },
  );
});
