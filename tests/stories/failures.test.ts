import { beforeEach, describe, expect, it } from 'vitest';
import { CHECKOUT } from '../../lib/store/scripts';
import { REDIS_FAULTS, replyLostOnce } from '../world/redis';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

/** A browser that stands at the provider, ready to come back with a code. */
async function atTheProvider(browser = world.browser(), path = '/dashboard') {
  const { hops } = await browser.navigate(path, { redirect: 'manual' });
  const back = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
  return { browser, back };
}
const tokenCalls = () => world.provider.ledger.filter(({ endpoint }) => endpoint === 'token').length;

describe.each(Object.entries(REDIS_FAULTS))('Redis: %s', (_, fault) => {
  it('people who are signed in notice nothing while their tokens last', async () => {
    const browser = await world.signedIn();
    world.redis.fault = fault;
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    world.pass(31); // the check is due
    expect((await world.skippingWaits(browser.navigate('/dashboard'))).response.status).toBe(200);
    await world.skippingWaits(world.isolate.settled()); // the list of endings, which is read beside the question
    expect(await world.cost(() => browser.navigate('/dashboard'))).toEqual({ redis: 0, provider: 0 }); // nor does it wait
    expect((await browser.fetch('/auth/session')).status).toBe(200);
    expect(world.events('session_check_failed').length).toBe(1);
  });

  it('a callback answers 503 before the code is spent, and a reload succeeds when Redis is back', async () => {
    const { browser, back } = await atTheProvider();
    world.redis.fault = fault;
    const refused = await world.skippingWaits(browser.navigate(back, { redirect: 'manual' }));
    expect(refused.hops[0]?.status).toBe(503);
    expect(refused.response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await refused.response.text()).toContain('STORE_UNAVAILABLE');
    expect(tokenCalls()).toBe(0);
    world.redis.fault = null;
    expect((await browser.navigate(back)).response.status).toBe(200);
    expect(tokenCalls()).toBe(1);
  });
});

/** Where the button of a problem page leads; the empty link is the address of the page itself. */
async function button({ response, hops }: Awaited<ReturnType<ReturnType<World['browser']>['navigate']>>) {
  const [, href = ''] = /class="button" href="([^"]*)"/.exec(await response.text()) ?? [];
  return href.replaceAll('&amp;', '&') || (hops.at(-1)?.url ?? '');
}

describe('"Try again"', () => {
  it('begins a new sign-in, for the same page and demand, where the code was spent', async () => {
    const browser = await world.signedIn('/dashboard');
    world.provider.lies.refuse.token = true;
    const failed = await browser.navigate('/vault?door=2');
    expect(failed.response.status).toBe(503);
    world.provider.beHonest();
    const again = await browser.navigate(await button(failed));
    expect(again.response.status).toBe(200);
    expect(again.hops.at(-1)?.url).toBe(`${world.site}/vault?door=2`);
  });

  it.each([
    ['that it has to wait', 'temporarily_unavailable', 503],
    ['that it does not take this site', 'unauthorized_client', 502],
  ])('begins a new sign-in where the provider itself said %s', async (_, error, status) => {
    const browser = world.browser();
    world.provider.refusal = { error };
    const failed = await browser.navigate('/dashboard?a=1');
    expect(failed.response.status).toBe(status);
    world.provider.refusal = null;
    const again = await browser.navigate(await button(failed));
    expect(again.hops.at(-1)?.url).toBe(`${world.site}/dashboard?a=1`);
  });

  it('loads the same address where nothing was spent', async () => {
    const { browser, back } = await atTheProvider();
    world.redis.fault = REDIS_FAULTS.refused;
    const failed = await browser.navigate(back);
    expect(failed.response.status).toBe(503);
    world.redis.fault = null;
    expect((await browser.navigate(await button(failed))).response.status).toBe(200);
  });
});

describe('a cold isolate whose time went by in asking for documents', () => {
  it('spends no code that it could not see through, so that the reload succeeds', { timeout: 60_000 }, async () => {
    const { browser, back } = await atTheProvider();
    await world.forgetDocuments();
    const cold = world.browser(await world.anotherIsolate());
    for (const { name, value } of browser.cookies.all()) cold.cookies.set(name, value);
    for (const endpoint of ['discovery', 'jwks', 'token'] as const) world.provider.lies.delay[endpoint] = 2_800;
    world.redis.fault = async (pass) => {
      await new Promise((resolve) => setTimeout(resolve, 900));
      return pass();
    };
    const { response } = await world.skippingWaits(cold.navigate(back, { redirect: 'manual' }));
    expect(response.status).toBe(503);
    expect(tokenCalls()).toBe(0);
    const again = await world.skippingWaits(cold.navigate(back, { redirect: 'manual' }));
    expect(again.hops[0]?.status).toBe(303);
  });
});

describe('a callback whose time went by in claiming its flow', () => {
  it('waits no longer for the tokens than it can answer for', async () => {
    await world.signedIn(); // from here on this isolate knows the provider, and the next call is the claim
    const { browser, back } = await atTheProvider();
    world.redis.fault = async (pass) => {
      world.redis.fault = null;
      const claimed = await pass();
      world.pass(10); // one second is left for an exchange that may take eight
      return claimed;
    };
    world.provider.lies.delay.token = 4_000;
    const { response } = await world.skippingWaits(browser.navigate(back, { redirect: 'manual' }));
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('PROVIDER_UNAVAILABLE')]);
  });
});

describe('a callback whose time went by, and whose ID token needs new keys', () => {
  it('waits no longer for them than it can answer for, and what it got is revoked', async () => {
    await world.signedIn(); // from here on this isolate knows the provider, and the next call is the claim
    const { browser, back } = await atTheProvider();
    await world.provider.rotateKeys();
    world.redis.fault = async (pass) => {
      world.redis.fault = null;
      const claimed = await pass();
      world.pass(10);
      return claimed;
    };
    world.provider.lies.hang.jwks = true; // for three seconds, of which two and a half are left
    const { response } = await world.skippingWaits(browser.navigate(back, { redirect: 'manual' }));
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('PROVIDER_UNAVAILABLE')]);
    expect(world.events('problem')[0]).toMatchObject({ reason: 'the proof takes too long' });
    await world.isolate.settled();
    expect(world.events('tokens_revoked')).toHaveLength(1);
  });
});

describe('Redis failing after the code was spent', () => {
  it('the tokens are revoked, no half of a session is left, and the page says so', async () => {
    await world.signedIn(); // from here on this isolate knows the provider, and the next call is the claim
    const { browser, back } = await atTheProvider();
    let calls = 0;
    world.redis.fault = (pass) => {
      calls += 1;
      return calls === 1 ? pass() : REDIS_FAULTS.refused();
    };
    const { response } = await world.skippingWaits(browser.navigate(back, { redirect: 'manual' }));
    await world.skippingWaits(world.isolate.settled());
    expect(response.status).toBe(503);
    expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
    expect(world.events('tokens_revoked')).toHaveLength(1);
  });

  it('a lost reply is no failure: scripts are sent once more and answer the same', async () => {
    const { browser, back } = await atTheProvider();
    world.redis.fault = replyLostOnce(); // the claim's
    expect((await browser.navigate(back)).response.status).toBe(200);

    const second = await atTheProvider(world.browser(), '/account');
    const lost = replyLostOnce();
    let calls = 0;
    world.redis.fault = (pass, call, command) => {
      calls += 1;
      return calls === 1 ? pass() : lost(pass, call, command); // the record's
    };
    expect((await second.browser.navigate(second.back)).response.status).toBe(200);
    expect((await second.browser.fetch('/api/me')).status).toBe(200);

    world.redis.fault = replyLostOnce(); // the removal's: what the record held must still come back
    const { hops } = await second.browser.post('/auth/logout', { form: {}, redirect: 'manual' });
    expect(hops[0]?.headers.get('location')).toContain('id_token_hint=');
  });
});

describe('the provider is down', () => {
  it('people who are signed in notice nothing', async () => {
    const browser = await world.signedIn();
    for (const endpoint of ['discovery', 'jwks', 'token'] as const) world.provider.lies.refuse[endpoint] = true;
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
  });

  it('a login still redirects while its metadata is known, for a day', async () => {
    await world.browser().navigate('/dashboard', { redirect: 'manual' });
    world.provider.lies.refuse.discovery = true;
    world.pass(7200);
    expect((await world.browser().navigate('/dashboard', { redirect: 'manual' })).hops[0]?.status).toBe(303);
    world.pass(86_400);
    expect((await world.browser().navigate('/dashboard', { redirect: 'manual' })).hops[0]?.status).toBe(503);
  });

  it.each(['refuse', 'hang'] as const)(
    '%s: a cold isolate answers a login with a 503 page and recovers by itself',
    async (lie) => {
      world.provider.lies[lie].discovery = true;
      const { response } = await world.skippingWaits(world.browser().navigate('/dashboard', { redirect: 'manual' }));
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(await response.text()).toContain('PROVIDER_UNAVAILABLE');
      world.provider.lies[lie].discovery = false;
      world.pass(3);
      expect((await world.browser().navigate('/dashboard')).response.status).toBe(200);
    },
  );

  it('keys out of reach: 503 before the code is spent, and a reload succeeds', async () => {
    const { browser, back } = await atTheProvider();
    world.provider.lies.refuse.jwks = true;
    expect((await browser.navigate(back, { redirect: 'manual' })).hops[0]?.status).toBe(503);
    expect(tokenCalls()).toBe(0);
    world.provider.lies.refuse.jwks = false;
    world.pass(3);
    expect((await browser.navigate(back)).response.status).toBe(200);
  });

  it.each(['refuse', 'hang'] as const)('token endpoint %s: 503 page, the code is not sent again', async (lie) => {
    const { browser, back } = await atTheProvider();
    world.provider.lies[lie].token = true;
    const { response } = await world.skippingWaits(browser.navigate(back, { redirect: 'manual' }));
    expect(response.status).toBe(503);
    world.provider.lies[lie].token = false;
    const again = await browser.navigate(back, { redirect: 'manual' });
    expect(again.response.status).toBe(400);
    expect(await again.response.text()).toContain('LOGIN_REJECTED');
  });
});

describe('a configuration that is not complete', () => {
  it('serves nothing protected, leaks nothing, and logs every name once', async () => {
    const isolate = await world.anotherIsolate({ SSO_CLIENT_ID: '', SESSION_SECRET: 'planted-too-short' });
    for (const path of ['/', '/dashboard', '/auth/login', '/auth/session', '/signed-out']) {
      const { response } = await world.browser(isolate).navigate(path, { redirect: 'manual' });
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '60']);
      const html = await response.text();
      expect(html).toContain('MISCONFIGURED');
      expect(html).not.toMatch(/SSO_|SESSION_SECRET|planted/);
    }
    expect(await (await world.browser(isolate).fetch('/api/me')).json()).toMatchObject({ code: 'MISCONFIGURED' });
    const events = world.events('misconfigured');
    expect(events).toHaveLength(1);
    expect(Object.keys(events[0]?.variables as object).sort()).toEqual(['SESSION_SECRET', 'SSO_CLIENT_ID']);
    expect(JSON.stringify(events)).not.toContain('planted');
  });
});

describe('a sign-in whose record Redis stores', () => {
  /** The script that stores it, by what it alone writes. */
  const stores = (script: unknown) => String(script).includes("'generation', '1'");

  it('and never answers for: leaves no session and no token behind', async () => {
    const { browser, back } = await signingIn();
    let stored = 0;
    world.redis.fault = async (pass, _, [, script]) => {
      const response = await pass();
      if (!stores(script)) return response;
      stored += 1;
      throw new TypeError('terminated');
    };
    const { response } = await world.skippingWaits(browser.navigate(back, { redirect: 'manual' }));
    expect([response.status, browser.cookies.get('__Host-Http-session')]).toEqual([503, undefined]);
    await world.skippingWaits(world.isolate.settled());
    expect(stored).toBeGreaterThan(2);
    expect(world.events('tokens_revoked').map(({ why }) => why)).toContain('refused');
  });

  it('and answers for at the third time: is finished', async () => {
    const { browser, back } = await signingIn();
    let lost = 0;
    world.redis.fault = async (pass, _, [, script]) => {
      const response = await pass();
      if (!stores(script) || lost === 2) return response;
      lost += 1;
      throw new TypeError('terminated');
    };
    expect((await browser.navigate(back)).response.status).toBe(200);
    expect([lost, (await browser.fetch('/api/me')).status]).toEqual([2, 200]);
  });

  async function signingIn() {
    const browser = world.browser();
    return { browser, back: (await atTheProvider(browser)).back };
  }
});

it('a Redis that hangs does not hold up every page whose tokens are due', async () => {
  const browser = await world.signedIn();
  world.pass(730);
  let asked = 0;
  world.redis.fault = (_pass, _call, [, script]) => {
    asked += Number(script === CHECKOUT);
    return new Promise(() => {});
  };
  for (let page = 0; page < 5; page += 1)
    expect((await world.skippingWaits(browser.fetch('/api/me'))).status).toBe(200);
  expect(asked).toBe(2); // by the first one, which sends it once more
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
