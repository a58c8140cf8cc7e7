import { beforeEach, describe, expect, it } from 'vitest';
import { KEYS } from '../world/redis-keys';
import { createWorld, type World, type WorldOptions } from '../world/world';

let world: World;
beforeEach(() => begin());

/** Early in a minute: where two of them meet, a sliding window lets one request more through. */
async function begin(options?: WorldOptions): Promise<void> {
  world = await createWorld(options);
  world.pass(61 - ((Date.now() / 1000) % 60));
}

type Browser = ReturnType<World['browser']>;
const NAME = '__Host-Http-session';
const FLOW = '__Host-Http-oidc_flow.';
const tokenCalls = () => world.provider.calls('token').length;
const flowsOf = (browser: Browser) => browser.cookies.all().filter(({ name }) => name.startsWith(FLOW));

/** A sign-in that has come back from the provider: the address of its callback. */
async function backFromProvider(browser: Browser, path = '/dashboard'): Promise<string> {
  const { hops } = await browser.navigate(path, { redirect: 'manual' });
  return world.provider.signIn(hops[0]?.headers.get('location') ?? '');
}

/** A flow cookie is to be had for nothing, and its state stands in the address: a callback with a code of no sign-in. */
async function junkCallback(browser: Browser): Promise<string> {
  const back = new URL(await backFromProvider(browser));
  back.searchParams.set('code', 'junk');
  return back.href;
}

/** Browsers behind one address, as in an office; all of `world` have addresses of their own. */
const office = { 'x-forwarded-for': '198.51.100.77' };
const from = (browser: Browser, url: string, through = world) => {
  const cookie = browser.cookies.header({ url: new URL(url), sameSite: false, topLevel: true, safeMethod: true });
  const headers = { host: new URL(world.site).host, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  return through.isolate.send(new Request(url, { headers: { ...headers, ...office, cookie } }));
};

/** Sends until one is refused. On a busy machine the limiter may answer too late, and then it is left alone for two seconds. */
async function untilLimited(send: () => Promise<number>): Promise<number> {
  let status = 0;
  for (let time = 1; time <= 300 && status !== 429; time += 1) {
    status = await send();
    if (time % 35 === 0) world.pass(3);
  }
  return status;
}

describe('callbacks that fail, from one address', () => {
  it('one after the other: the provider hears of ten, and every later one waits with its flow kept', async () => {
    const statuses: number[] = [];
    let last: Response | undefined;
    for (let time = 0; time < 25; time += 1) {
      const browser = world.browser();
      last = await from(browser, await junkCallback(browser));
      statuses.push(last.status);
      await world.isolate.settled();
    }
    expect(statuses).toEqual([...Array(10).fill(400), ...Array(15).fill(429)]);
    expect(tokenCalls()).toBe(10);
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(last?.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(last?.headers.getSetCookie().filter((line) => line.startsWith(FLOW))).toEqual([]);
    expect(await last?.text()).toContain('RATE_LIMITED');
  });

  it('all at once: a burst cannot overtake its own failures', async () => {
    world.provider.lies.delay.token = 100;
    const browsers = Array.from({ length: 40 }, () => world.browser());
    const urls = await Promise.all(browsers.map(junkCallback));
    const answers = await Promise.all(browsers.map((browser, index) => from(browser, urls[index] ?? '')));
    const limited = answers.filter(({ status }) => status === 429);
    expect([tokenCalls(), limited.length]).toEqual([10, 30]);
  });

  it('hold for every isolate, and one that knows of it asks neither Redis nor the provider', async () => {
    for (let time = 0; time < 10; time += 1) {
      const browser = world.browser();
      await from(browser, await junkCallback(browser));
    }
    await world.isolate.settled();
    const browser = world.browser();
    const url = await junkCallback(browser);
    expect(await world.cost(() => from(browser, url))).toEqual({ redis: 0, provider: 0 });
    const other = { ...world, isolate: await world.anotherIsolate() };
    expect((await from(browser, url, other)).status).toBe(429);
    expect(tokenCalls()).toBe(10);
  });

  it('are counted by what the provider said too, and without asking it', async () => {
    for (let time = 0; time < 10; time += 1) {
      const browser = world.browser();
      const back = new URL(await backFromProvider(browser));
      back.searchParams.set('error', 'access_denied');
      expect((await from(browser, back.href)).status).toBe(400);
    }
    await world.isolate.settled();
    const browser = world.browser();
    const back = new URL(await backFromProvider(browser));
    const denied = new URL(back);
    denied.searchParams.set('error', 'access_denied');
    expect(await world.cost(async () => expect((await from(browser, denied.href)).status).toBe(429))).toEqual({
      redis: 0,
      provider: 0,
    });
    expect((await from(browser, back.href)).status).toBe(429); // its flow was kept
    expect(tokenCalls()).toBe(0);
  });

  it('cost one Redis call more than the claim, each', async () => {
    await world.signedIn(); // the isolate knows the provider's documents
    const browser = world.browser();
    const url = await junkCallback(browser);
    expect(await world.cost(() => from(browser, url))).toEqual({ redis: 2, provider: 1 });
  });

  it('are those of that address alone', async () => {
    for (let time = 0; time < 11; time += 1) {
      const browser = world.browser();
      await from(browser, await junkCallback(browser));
    }
    expect((await (await world.signedIn()).fetch('/api/me')).status).toBe(200);
  });
});

describe('a good sign-in from an address whose callbacks fail', () => {
  it('is not refused after nine of them', async () => {
    for (let time = 0; time < 9; time += 1) {
      const browser = world.browser();
      await from(browser, await junkCallback(browser));
      await world.isolate.settled();
    }
    const browser = world.browser();
    const response = await from(browser, await backFromProvider(browser));
    expect([response.status, response.headers.getSetCookie().join()]).toEqual([303, expect.stringContaining(NAME)]);
  });

  it('succeeds with the same address of the callback once the wait is over', async () => {
    const browser = world.browser();
    const url = await backFromProvider(browser);
    const seen = await failTenTimes();
    expect((await from(browser, url)).status).toBe(429);
    await forget(seen);
    expect((await from(browser, url)).status).toBe(303);
  });

  it('of forty people at the same moment: each one gets in, none is refused', async () => {
    world.provider.lies.delay.token = 20;
    const people = Array.from({ length: 40 }, () => world.browser());
    const urls = await Promise.all(people.map((browser) => backFromProvider(browser)));
    const answers = await Promise.all(people.map((browser, index) => from(browser, urls[index] ?? '')));
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(303));
  });

  async function failTenTimes(): Promise<string[]> {
    for (let time = 0; time < 10; time += 1) {
      const browser = world.browser();
      await from(browser, await junkCallback(browser));
    }
    await world.isolate.settled();
    return world.redis.keys().filter((key) => key.startsWith(KEYS.caller));
  }

  /** The minute of Redis' own clock is over, and that of the isolate. */
  async function forget(keys: readonly string[]): Promise<void> {
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) await world.redis.command('DEL', key);
    world.pass(61);
  }
});

describe('a sign-out', () => {
  it('with a session is never refused, however many came from that address without one', async () => {
    const foreign = () =>
      world.isolate.send(
        new Request(`${world.site}/auth/logout`, { method: 'POST', headers: { ...office, origin: world.site } }),
      );
    expect(await untilLimited(async () => (await foreign()).status)).toBe(429);
    const browser = await world.signedIn();
    const { response } = await browser.post('/auth/logout', { redirect: 'manual', headers: office });
    expect(response.status).toBe(303);
    expect(browser.cookies.get(NAME)).toBeUndefined();
  });
});

describe('where the provider demands PAR', () => {
  beforeEach(() => begin({ provider: { par: 'required' } }));
  const pushes = () => world.provider.calls('par').length;

  it('a hundred pages without a session call the provider not once; /auth/login does, and has a limit', async () => {
    const page = () => world.browser().navigate('/dashboard?a=1', { redirect: 'manual' });
    const { hops } = await page();
    expect(world.resolve(hops[0]?.headers.get('location'))).toBe(
      `${world.site}/auth/login?returnTo=%2Fdashboard%3Fa%3D1`,
    );
    expect(hops[0]?.setCookie).toEqual([]);
    for (let time = 0; time < 99; time += 1) await page();
    expect(pushes()).toBe(0);
    const browser = world.browser();
    const login = () => browser.navigate('/auth/login', { redirect: 'manual' });
    expect(await untilLimited(async () => (await login()).response.status)).toBe(429);
    expect(pushes()).toBeGreaterThanOrEqual(30); // more where a minute of Redis' clock begins meanwhile
  });

  it('a page that asks for a stronger sign-in goes straight there, also by a link on another site', async () => {
    const browser = await world.signedIn('/dashboard');
    const { response } = await browser.navigate('/vault', { origin: 'https://elsewhere.test' });
    expect(response.status).toBe(200);
  });

  it('stronger sign-ins of one session have a limit of their own', async () => {
    const browser = await world.signedIn('/dashboard');
    const vault = () => browser.navigate('/vault', { redirect: 'manual' });
    expect(await untilLimited(async () => (await vault()).response.status)).toBe(429);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('a used flow with another code goes by way of /auth/login too', async () => {
    const browser = world.browser();
    const url = new URL(await backFromProvider(browser, '/auth/login?returnTo=/dashboard'));
    const copy = browser.clone();
    await browser.navigate(url.href, { redirect: 'manual' });
    url.searchParams.set('code', 'another');
    const before = pushes();
    const { hops } = await copy.navigate(url.href, { redirect: 'manual' });
    expect(world.resolve(hops[0]?.headers.get('location'))).toContain(`${world.site}/auth/login?returnTo=`);
    expect(pushes()).toBe(before);
  });
});

describe('a link on another site to /auth/login, while a session is alive,', () => {
  it.each([
    ['prompt=none', '/auth/login?returnTo=/account&prompt=none'],
    ['a weaker acr', '/auth/login?returnTo=/account&acr_values=urn:sso:loa:password'],
  ])('starts nothing: %s', async (_, link) => {
    const browser = await world.signedIn();
    const before = browser.cookies.get(NAME)?.value;
    const { hops } = await browser.navigate(link, { origin: 'https://elsewhere.test', redirect: 'manual' });
    expect([hops[0]?.status, world.resolve(hops[0]?.headers.get('location'))]).toEqual([303, `${world.site}/account`]);
    expect([flowsOf(browser), browser.cookies.get(NAME)?.value]).toEqual([[], before]);
  });

  it('leads nowhere else either', async () => {
    const browser = await world.signedIn();
    const link = `/auth/login?returnTo=${encodeURIComponent('https://evil.test/')}`;
    const { hops } = await browser.navigate(link, { origin: 'https://elsewhere.test', redirect: 'manual' });
    expect(world.resolve(hops[0]?.headers.get('location'))).toBe(`${world.site}/`);
  });

  it('starts a sign-in when the session has ended, and from this site always', async () => {
    const browser = await world.signedIn();
    const own = await browser.navigate('/auth/login?prompt=login', { origin: world.site, redirect: 'manual' });
    expect(own.hops[0]?.headers.get('location')).toContain(world.provider.issuer);
    const copy = browser.clone();
    await browser.post('/auth/logout', { redirect: 'manual' });
    const foreign = await copy.navigate('/auth/login', { origin: 'https://elsewhere.test', redirect: 'manual' });
    expect(foreign.hops[0]?.headers.get('location')).toContain(world.provider.issuer);
  });
});
