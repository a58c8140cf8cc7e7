import { beforeEach, describe, expect, it } from 'vitest';
import { CHECKOUT, COMMIT } from '../../lib/store/scripts';
import type { Browser } from '../world/browser';
import type { RedisFault } from '../world/redis';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';
const EXPIRED = 901;
const presentations = () => world.provider.refreshPresentations().length;
const outcomes = () => world.events('renewal').map(({ outcome }) => outcome);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Redis does its work at once, and the replies to some commands come late. */
const lateReply =
  (isLate: (command: readonly unknown[]) => boolean, ms: number): RedisFault =>
  async (pass, _, command) => {
    const response = await pass();
    if (isLate(command)) await sleep(ms);
    return response;
  };

describe('a sign-out while something else is on its way in the same isolate', () => {
  const signOut = (browser: Browser) => browser.clone().post('/auth/logout', { redirect: 'manual' });

  it('wins over a renewal that was stored, and whose answer comes after it', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.redis.fault = lateReply(([, script]) => script === COMMIT, 700);
    const late = browser.clone().fetch('/api/me');
    while (presentations() === 0) await sleep(10);
    await sleep(100);
    expect((await signOut(browser)).response.status).toBe(303);
    const response = await late;
    expect(response.status).toBe(401);
    expect(response.headers.getSetCookie().join()).not.toMatch(new RegExp(`${NAME}=[^;]`));
    expect((await browser.fetch('/auth/session')).status).toBe(200);
    expect(await (await browser.fetch('/auth/session')).json()).toEqual({ user: null });
  });

  it('wins over a look at the record, whose answer comes after it', async () => {
    const browser = await world.signedIn();
    world.pass(31);
    world.redis.fault = lateReply(([name]) => name === 'HGET', 500);
    const late = browser.clone().fetch('/api/me');
    await sleep(100);
    await signOut(browser);
    expect((await late).status).toBe(401);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    world.pass(20);
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it('is seen at once where a rule is fresh, however far a replica lags behind', async () => {
    const browser = await world.signedIn('/vault');
    const copy = browser.clone();
    const other = world.browser(await world.anotherIsolate());
    other.cookies.set(NAME, copy.cookies.get(NAME)?.value ?? '');
    expect((await other.fetch('/vault')).status).toBe(200);
    await signOut(browser);
    const lagging: RedisFault = async (pass, _, [name]) => (name === 'HGET' ? Response.json({ result: '1' }) : pass());
    world.redis.fault = lagging;
    expect((await other.fetch('/vault')).status).toBe(401);
  });
});

describe('a provider in trouble during a renewal', () => {
  it.each<[string, () => Response]>([
    ['404', () => new Response('<h1>Not found</h1>', { status: 404 })],
    ['a maintenance page', () => new Response('<h1>Back soon</h1>')],
    ['500', () => new Response('', { status: 500 })],
  ])('its keys answer with %s: the tokens are good, the session goes on', async (_, answer) => {
    const browser = await world.signedIn();
    world.pass(3_700 + EXPIRED);
    world.provider.lies.jwks = answer;
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(outcomes()).toEqual(['refreshed']);
    expect(world.events('tokens_revoked')).toEqual([]);
  });

  it('announces no way to prove who we are: nothing is presented, and it goes on when that is over', async () => {
    const browser = await world.signedIn();
    world.pass(86_500); // metadata serves for a day
    world.provider.lies.discovery = (json) => ({ ...json, token_endpoint_auth_methods_supported: ['tls_client_auth'] });
    expect((await browser.fetch('/api/me')).status).toBe(503);
    expect([presentations(), outcomes()]).toEqual([0, ['postponed']]);
    world.provider.beHonest();
    world.pass(86_500); // metadata serves for a day
    await sleep(5_100); // Redis has a clock of its own
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(1);
  });
});

describe('a provider with large or odd answers', () => {
  it('gives an access token of 13 KB: it is renewed, and revoked at the end', async () => {
    world.provider.lies.idToken = ({ at_hash, ...claims }) => claims;
    world.provider.lies.tokenResponse = (json) => ({ ...json, access_token: 'a'.repeat(13_000) });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(outcomes()).toEqual(['refreshed']);
    await browser.post('/auth/logout', { redirect: 'manual' });
    expect(world.events('signed_out')[0]).toMatchObject({ hadRecord: true });
  });

  it('has keys with long certificate chains: a cold isolate finds them in Redis all the same', async () => {
    world.provider.lies.jwks = (json) => ({ ...json, padding: 'x5c'.repeat(8_000) });
    await world.signedIn();
    await world.isolate.settled();
    const calls = () => world.provider.calls('discovery').length + world.provider.calls('jwks').length;
    const before = calls();
    await world.signedIn('/dashboard', await world.anotherIsolate());
    expect(calls()).toBe(before);
  });

  it.each<[string, (json: Record<string, unknown>) => Record<string, unknown>]>([
    ['a life of 10^17 seconds', (json) => ({ ...json, expires_in: 1e17 })],
    ['a life with a fraction', (json) => ({ ...json, expires_in: 900.5 })],
    ['a hundred scopes as long as URLs', (json) => ({ ...json, scope: longScopes })],
  ])('gives %s: the cookie is one that the browser keeps and we can read', async (_, change) => {
    world.provider.lies.tokenResponse = (json) => change(json) as never;
    const browser = await world.signedIn();
    expect(browser.cookies.get(NAME)).toBeDefined();
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('gives no life, and an ID token that ends at a fraction of a second', async () => {
    world.provider.lies.idToken = (claims) => ({ ...claims, exp: Number(claims.exp) + 0.5 });
    world.provider.lies.tokenResponse = ({ expires_in, ...json }) => json;
    expect((await (await world.signedIn()).fetch('/api/me')).status).toBe(200);
  });
});

const longScopes = `openid ${Array.from({ length: 100 }, (_, index) => `https://api.example.test/scopes/number/${index}`).join(' ')}`;

describe('small print', () => {
  it('a poll that is late does not delete the cookie of a newer session, and a prefetch deletes nothing', async () => {
    const browser = world.browser();
    for (const path of ['/auth/session', '/auth/callback?state=a&code=b']) {
      browser.cookies.set(NAME, 'garbage');
      const headers = { 'sec-purpose': 'prefetch' };
      expect((await browser.fetch(path, { headers })).headers.getSetCookie()).toEqual([]);
    }
    expect((await browser.fetch('/auth/session')).headers.getSetCookie()).toEqual([]);
  });

  it('the loop guard does not stop a browser with a session from stepping up', async () => {
    const browser = world.browser();
    for (let time = 0; time < 4; time += 1) await browser.navigate('/auth/login');
    const { response, hops } = await browser.navigate('/vault');
    expect([response.status, hops.length]).toEqual([200, 4]);
  });

  it.each(['/', '/dashboard'])(
    'visits to %s prolong a session, also when each of them renews the tokens',
    async (path) => {
      const browser = await world.signedIn();
      for (let visit = 0; visit < 3; visit += 1) {
        world.pass(3 * 86_400); // idle is seven days
        expect((await browser.navigate(path)).hops).toHaveLength(1);
      }
      expect((await browser.fetch('/api/me')).status).toBe(200);
      expect(world.events('signed_in')).toHaveLength(1);
      expect(presentations()).toBe(3);
    },
  );

  it('a callback with a doubled parameter costs its flow', async () => {
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const state = new URL(hops[0]?.headers.get('location') ?? '').searchParams.get('state');
    const { response } = await browser.navigate(`/auth/callback?state=${state}&code=a&code=b`);
    expect(response.status).toBe(400);
    expect(browser.cookies.all().filter(({ name }) => name.includes('oidc_flow'))).toEqual([]);
  });

  it('a proxy that writes out the default port is on the canonical host', async () => {
    const headers = { host: `${new URL(world.site).host}:443`, accept: 'text/html' };
    const response = await world.isolate.send(new Request(`${world.site}/dashboard`, { headers }));
    expect(new URL(response.headers.get('location') ?? '').origin).toBe(world.provider.issuer);
  });

  it.each([
    '/admin.segments/_tree.segment',
    '/admin.segments/admin/__PAGE__.segment.rsc',
    '/admin.rsc',
    '/admin/x.rsc',
  ])('the role is asked for what was prerendered of a page too: %s', async (path) => {
    const browser = await world.signedIn();
    expect((await browser.fetch(path)).status).toBe(403);
  });

  it('a Redis that hangs does not hold up every page whose tokens are due', async () => {
    const browser = await world.signedIn();
    world.pass(730);
    let asked = 0;
    world.redis.fault = (_pass, _call, [, script]) => {
      asked += Number(script === CHECKOUT);
      return new Promise(() => {});
    };
    for (let page = 0; page < 5; page += 1) expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(asked).toBe(2); // by the first one, which sends it once more
  });
});

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
    await sleep(7_500); // Redis has a clock of its own
    world.pass(8);
    await afterTheOverlap();
  }, 20_000);

  it('is counted from the first time that it was presented, not from the latest', async () => {
    await sleep(3_500);
    await browser.fetch('/api/me');
    await sleep(3_500);
    world.pass(7);
    await afterTheOverlap();
  }, 20_000);
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
  await sleep(1_500);
  expect([(await three.fetch('/api/me')).status, presentations()]).toEqual([503, 2]);
}, 15_000);

it('a renewed ID token for another audience as well ends the session', async () => {
  const browser = await world.signedIn();
  world.pass(EXPIRED);
  const aud = world.provider.clientId;
  world.provider.lies.idToken = (claims) => ({ ...claims, aud: [aud, 'another-client'], azp: aud });
  expect((await browser.fetch('/api/me')).status).toBe(401);
});

it('a claim that does not fit any more after a renewal is dropped, and the event says so', async () => {
  const browser = await world.signedIn();
  world.pass(EXPIRED);
  world.provider.lies.idToken = (claims) => ({ ...claims, picture: 'x'.repeat(5_000) });
  expect((await browser.fetch('/api/me')).status).toBe(200);
  expect(world.events('renewal_adopted')[0]).toMatchObject({ droppedClaims: ['picture'] });
});

it('one call that fails does not keep SESSION_CHECK_SECONDS=0 from asking the next time', async () => {
  world = await createWorld({ env: { SESSION_CHECK_SECONDS: '0' } });
  const browser = await world.signedIn();
  const elsewhere = browser.clone();
  world.redis.fault = () => Promise.reject(new TypeError('fetch failed'));
  expect((await browser.fetch('/api/me')).status).toBe(200);
  world.redis.fault = null;
  expect(await world.cost(() => elsewhere.fetch('/api/me'))).toEqual({ redis: 1, provider: 0 });
});
