import { beforeEach, describe, expect, it } from 'vitest';
import { counted, toEarlyInMinute } from '../world/counted';
import { REDIS_FAULTS } from '../world/redis';
import { KEYS } from '../world/redis-keys';
import { createWorld, type World, type WorldOptions } from '../world/world';

let world: World;
beforeEach(() => begin());

async function begin(options?: WorldOptions): Promise<void> {
  world = await createWorld(options);
  toEarlyInMinute(world);
}

const LOGIN = '/auth/login';
const document = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'same-origin' };

/** A request as it arrives behind one proxy of ours, with what the client itself wrote in front. */
const arrive = (
  path: string,
  forwardedFor: string,
  headers: Record<string, string> = {},
  method = 'GET',
  isolate = world.isolate,
) =>
  isolate.send(
    new Request(world.site + path, {
      method,
      headers: { host: new URL(world.site).host, 'x-forwarded-for': forwardedFor, ...document, ...headers },
    }),
  );
const uncounted = () => world.events('rate_limiter_unavailable').length;

/** How often each status came, whether all of them were counted or not. */
async function flood(count: number, send: (index: number) => Promise<Response>) {
  const seen: Record<number, number> = {};
  for (let index = 0; index < count; index += 1) {
    const { status } = await send(index);
    seen[status] = (seen[status] ?? 0) + 1;
  }
  return seen;
}

/** The same where all were counted. */
const statuses = (count: number, send: (index: number) => Promise<Response>) =>
  counted(world, () => flood(count, send));

describe('31 requests within a minute', () => {
  it('to /auth/login: the last one is 429, as a page, with Retry-After', async () => {
    expect(await statuses(30, () => arrive(LOGIN, '203.0.113.7'))).toEqual({ 303: 30 });
    const response = await arrive(LOGIN, '203.0.113.7');
    expect(response.status).toBe(429);
    const seconds = Number(response.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(62);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await response.text()).toContain('RATE_LIMITED');
  });

  it('as data: problem JSON', async () => {
    await statuses(30, () => arrive(LOGIN, '203.0.113.7'));
    const response = await arrive(LOGIN, '203.0.113.7', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'document' });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  });

  it('cost Redis nothing once they are refused', async () => {
    await statuses(31, () => arrive(LOGIN, '203.0.113.7'));
    expect(await world.cost(() => statuses(20, () => arrive(LOGIN, '203.0.113.7')))).toMatchObject({ redis: 0 });
  });

  it('hold for every isolate', async () => {
    const other = await world.anotherIsolate();
    await statuses(30, () => arrive(LOGIN, '203.0.113.7'));
    const headers = { host: new URL(world.site).host, 'x-forwarded-for': '203.0.113.7', ...document };
    expect((await other.send(new Request(world.site + LOGIN, { headers }))).status).toBe(429);
  });

  it('of one route do not count for another, and those of one address not for another', async () => {
    await statuses(31, () => arrive(LOGIN, '203.0.113.7'));
    expect((await arrive(LOGIN, '203.0.113.8')).status).toBe(303);
    expect((await arrive('/auth/logout', '203.0.113.7', { origin: world.site }, 'POST')).status).toBe(303);
    expect((await arrive('/auth/callback?state=x&code=y', '203.0.113.7')).status).toBe(400);
  });

  it.each<[path: string, method: string, normally: number]>([
    ['/auth/callback?state=forged&code=x', 'GET', 400],
    ['/auth/refresh', 'POST', 401],
    ['/auth/logout', 'POST', 303],
  ])('to %s by %s: 429 after 30', async (path, method, normally) => {
    const send = () => arrive(path, '198.51.100.1', { origin: world.site }, method);
    expect(await statuses(31, send)).toEqual({ [normally]: 30, 429: 1 });
  });

  it('to /auth/callback count with doubled parameters too', async () => {
    expect(await statuses(31, () => arrive('/auth/callback?a=1&a=2', '203.0.113.7'))).toEqual({ 400: 30, 429: 1 });
  });

  it('in frames of another site are not counted', async () => {
    const framed = { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' };
    expect(await flood(40, () => arrive(LOGIN, '203.0.113.7', framed))).toEqual({ 401: 40 });
    expect((await arrive(LOGIN, '203.0.113.7')).status).toBe(303);
  });

  it('from another site are not counted: they are refused before', async () => {
    const forged = () => arrive('/auth/logout', '198.51.100.1', { origin: 'https://evil.test' }, 'POST');
    expect(await world.cost(() => statuses(40, forged))).toEqual({ redis: 0, provider: 0 });
    expect((await arrive('/auth/logout', '198.51.100.1', { origin: world.site }, 'POST')).status).toBe(303);
  });

  it('open again when the window has passed', async () => {
    await statuses(31, () => arrive(LOGIN, '203.0.113.7'));
    world.pass(121);
    expect((await arrive(LOGIN, '203.0.113.7')).status).toBe(303);
  });
});

describe('who the client is', () => {
  it('is the last entry of X-Forwarded-For behind one proxy; what the client wrote before it counts for nothing', async () => {
    const send = (index: number) => arrive(LOGIN, `10.9.8.${index}, 203.0.113.9`, { 'x-real-ip': `10.1.1.${index}` });
    expect(await statuses(31, send)).toEqual({ 303: 30, 429: 1 });
  });

  it('is the /64 of an IPv6 address', async () => {
    const send = (index: number) => arrive(LOGIN, `2001:db8:1:2:${index}::${index}`);
    expect(await statuses(31, send)).toEqual({ 303: 30, 429: 1 });
    expect((await arrive(LOGIN, '2001:db8:1:3::1')).status).toBe(303);
  });

  it('is x-real-ip on Vercel, whatever X-Forwarded-For says', async () => {
    await begin({ env: { VERCEL: '1', TRUSTED_PROXY_HOPS: '' } });
    const send = (index: number) => arrive(LOGIN, `10.9.8.${index}`, { 'x-real-ip': '203.0.113.9' });
    expect(await statuses(31, send)).toEqual({ 303: 30, 429: 1 });
    expect((await arrive(LOGIN, '1.1.1.1', { 'x-real-ip': '203.0.113.10' })).status).toBe(303);
  });

  it('is the trusted hop where hops are named, although a variable says that this is Vercel', async () => {
    await begin({ env: { VERCEL: '1', TRUSTED_PROXY_HOPS: '1' } });
    const send = (index: number) => arrive(LOGIN, '203.0.113.9', { 'x-real-ip': `10.1.1.${index}` });
    expect(await statuses(31, send)).toEqual({ 303: 30, 429: 1 });
  });

  it('is the same for all without a proxy that can be believed: one count for all, and the log says so once', async () => {
    await begin({ env: { TRUSTED_PROXY_HOPS: '0' } });
    const send = (index: number) => arrive(LOGIN, `10.9.8.${index}`, { 'x-real-ip': `10.1.1.${index}` });
    expect(await statuses(31, send)).toEqual({ 303: 30, 429: 1 });
    expect(world.events('client_address_unknown')).toHaveLength(1);
  });

  it('cannot be read from Redis', async () => {
    await arrive(LOGIN, '203.0.113.77');
    const dump = await world.redis.dump();
    expect(dump).toContain(`${KEYS.count}login:`);
    expect(dump).not.toContain('203.0.113.77');
    expect(dump.split('\n').filter((line) => line.startsWith(KEYS.count) && / ttl=-1 /.test(line))).toEqual([]);
  });
});

describe('the callback of a good flow', () => {
  it('is never refused, however many bad ones came from there', async () => {
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const address = '198.51.100.4';
    await statuses(31, () => arrive('/auth/callback?state=forged&code=x', address));
    expect((await arrive('/auth/callback?state=forged&code=x', address)).status).toBe(429);
    const back = await world.provider.handle(new Request(hops[0]?.headers.get('location') ?? ''));
    const url = new URL(back.headers.get('location') ?? '');
    const cookie = browser.cookies.header({ url, sameSite: false, topLevel: true, safeMethod: true });
    const response = await arrive(url.pathname + url.search, address, { cookie });
    expect(response.status).toBe(303);
    expect(response.headers.getSetCookie().join()).toContain('__Host-Http-session=');
  });
});

describe('the callback of a flow that was used before', () => {
  it('is told so, and not refused either', async () => {
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const address = '198.51.100.5';
    const back = await world.provider.handle(new Request(hops[0]?.headers.get('location') ?? ''));
    const url = new URL(back.headers.get('location') ?? '');
    const cookie = browser.cookies.header({ url, sameSite: false, topLevel: true, safeMethod: true });
    expect((await arrive(url.pathname + url.search, address, { cookie })).status).toBe(303);
    await statuses(31, () => arrive('/auth/callback?state=forged&code=x', address));
    const response = await arrive(url.pathname + url.search, address, { cookie });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('LOGIN_USED');
  });
});

describe('one session', () => {
  it('has 30 refreshes a minute, from however many addresses', async () => {
    const browser = await world.signedIn();
    const cookie = `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`;
    const send = (index: number) =>
      arrive('/auth/refresh', `203.0.113.${index}`, { cookie, origin: world.site }, 'POST');
    expect(await statuses(31, send)).toEqual({ 200: 30, 429: 1 });
  });
});

describe('a rate limiter that cannot be reached', () => {
  it.each(Object.entries(REDIS_FAULTS))('%s: requests pass, and the log says it', async (_, fault) => {
    await arrive(LOGIN, '203.0.113.7'); // the metadata is known
    world.redis.fault = fault;
    const { redis } = await world.cost(async () => {
      expect(await flood(40, () => arrive(LOGIN, '203.0.113.7'))).toEqual({ 303: 40 });
    });
    expect(redis).toBeLessThan(40); // who has failed is left alone for a while
    expect(world.events('rate_limiter_unavailable')[0]).toMatchObject({ route: LOGIN });
  });
});

describe('a caller over the limit', () => {
  it('may go on when they waited as they were told, and is not refused for what they sent before', async () => {
    await statuses(30, () => arrive(LOGIN, '203.0.113.7'));
    const refused = await arrive(LOGIN, '203.0.113.7');
    expect(refused.status).toBe(429);
    world.pass(Number(refused.headers.get('retry-after')));
    expect(await statuses(1, () => arrive(LOGIN, '203.0.113.7'))).toEqual({ 303: 1 });
    let status: number;
    do ({ status } = await arrive(LOGIN, '203.0.113.7'));
    while (status === 303); // as many as the window has room for, and one more
    for (let tens = 0; tens < 5; tens += 1) {
      world.pass(10);
      expect((await arrive(LOGIN, '203.0.113.7')).status).toBe(303);
    }
  });

  it('stays refused when Redis falls silent', async () => {
    await statuses(31, () => arrive(LOGIN, '203.0.113.7'));
    world.redis.fault = REDIS_FAULTS.refused;
    expect((await arrive(LOGIN, '203.0.113.8')).status).toBe(303); // another caller finds out
    expect((await arrive(LOGIN, '203.0.113.7')).status).toBe(429);
  });

  it('is refused the next time, when the verdict came too late', async () => {
    await statuses(30, () => arrive(LOGIN, '203.0.113.7'));
    world.redis.fault = async (pass) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return pass();
    };
    expect((await arrive(LOGIN, '203.0.113.7')).status).toBe(303);
    expect(uncounted()).toBe(1);
    await expect.poll(async () => (await arrive(LOGIN, '203.0.113.7')).status).toBe(429);
  });
});

describe('a count', () => {
  const login = (isolate = world.isolate) => arrive(LOGIN, '203.0.113.7', {}, 'GET', isolate);
  const cost = (isolate = world.isolate) => world.cost(async () => expect((await login(isolate)).status).toBe(303));

  it('is one trip', async () => {
    await login();
    expect(await cost()).toEqual({ redis: 1, provider: 0 });
  });

  it('is one trip more where Redis does not know its script, once for all isolates', async () => {
    await login();
    const other = await world.anotherIsolate();
    await login(other);
    const unknown: unknown[] = [];
    world.redis.fault = async (pass, _, [name]) => {
      unknown.push(name);
      return unknown.length > 1
        ? pass()
        : Response.json({ error: 'NOSCRIPT No matching script. Please use EVAL.' }, { status: 400 });
    };
    expect(await cost()).toEqual({ redis: 2, provider: 0 });
    expect(await cost(other)).toEqual({ redis: 1, provider: 0 });
    expect(unknown).toEqual(['EVALSHA', 'EVAL', 'EVALSHA']);
    expect(uncounted()).toBe(0);
  });
});

describe('a rate limiter that answers nonsense', () => {
  it.each([[[]], [['x', 'y']], ['OK'], [null], [{}], [[1]], [[1.5, 30]]])('%j: the request passes', async (result) => {
    await arrive(LOGIN, '203.0.113.7');
    world.redis.fault = async () => Response.json({ result });
    expect((await arrive(LOGIN, '203.0.113.8')).status).toBe(303);
    expect(uncounted()).toBe(1);
    world.redis.fault = null;
    world.pass(3);
    expect((await arrive(LOGIN, '203.0.113.8')).status).toBe(303); // and no caller is remembered as blocked
  });
});

describe('a rate limiter that is slow', () => {
  it('is not waited for beyond its 300 ms: the request passes uncounted', async () => {
    await arrive(LOGIN, '203.0.113.7'); // the metadata is known
    world.redis.fault = async (pass) => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      return pass();
    };
    expect((await arrive(LOGIN, '203.0.113.7')).status).toBe(303);
    expect(uncounted()).toBe(1);
  });
});

describe('a flood without a plausible cookie', () => {
  it('on protected pages costs Redis nothing', async () => {
    await arrive('/dashboard', '203.0.113.7');
    const send = (index: number) => {
      const cookie = index % 2 ? `__Host-Http-session=garbage${index}` : '';
      return arrive('/dashboard', '203.0.113.7', { cookie, ...(index % 3 === 0 && { 'sec-fetch-dest': 'empty' }) });
    };
    expect(await world.cost(() => flood(60, send))).toEqual({ redis: 0, provider: 0 });
  });
});
