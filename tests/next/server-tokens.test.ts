import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogEvent } from '../../lib/events';
import { AccessTokenError, createServerHelpers } from '../../lib/server';
import type { Browser } from '../world/browser';
import { elsewhere } from '../world/elsewhere';
import { route } from '../world/network';
import { demandsOf, nameOf } from '../world/token-demands';
import { createWorld, type World } from '../world/world';

const current = vi.hoisted(() => ({ headers: new Headers(), behind: [] as unknown[], router: 'app' }));
vi.mock('next/headers', () => ({ headers: async () => current.headers, cookies: async () => new Map() }));
vi.mock('next/server', () => ({
  after(work: unknown) {
    if (current.router === 'pages') throw new Error('`after` was called outside a request scope');
    current.behind.push(work);
  },
}));
vi.mock('next/navigation', () => ({ unauthorized: () => {}, forbidden: () => {} }));
vi.mock('react', () => ({ cache: (work: unknown) => work })); // route handlers have no cache

const NAME = '__Host-Http-session';
const LIFE = 900;
const API = 'https://api.example';

let world: World;
let browser: Browser;
let events: LogEvent[];
const open = async (options: Parameters<typeof createWorld>[0] = {}) => {
  world = await createWorld({ ...options, provider: { resources: [API], ...options.provider } });
  browser = await world.signedIn();
  events = [];
  Object.assign(current, { behind: [], router: 'app' });
  nextRequest();
};
beforeEach(() => open());

/** Another request of the same browser. */
const nextRequest = () => {
  current.headers = new Headers({ cookie: `${NAME}=${browser.cookies.get(NAME)?.value}` });
};
const helpers = (env: Readonly<Record<string, string>> = world.env) =>
  createServerHelpers({ env, onEvent: (event) => void events.push(event) });
const redisCalls = async (work: () => Promise<unknown>) => {
  const before = world.redis.calls;
  await work();
  return world.redis.calls - before;
};
const failed = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: AccessTokenError) => error,
  );
const presentations = () => world.provider.refreshPresentations();

describe('getAccessToken()', () => {
  it('is the access token of the session', async () => {
    expect(nameOf(await helpers().getAccessToken())).toBe('at-1');
  });

  it.each(['0', '30'])(
    'costs a request one call to Redis, however often it asks (SESSION_CHECK_SECONDS=%s)',
    async (seconds) => {
      const { getAccessToken } = helpers({ ...world.env, SESSION_CHECK_SECONDS: seconds });
      const calls = await redisCalls(async () => {
        const tokens = await Promise.all([getAccessToken(), getAccessToken({ minTtlSeconds: 60 }), getAccessToken()]);
        expect(new Set([...tokens, await getAccessToken()]).size).toBe(1);
      });
      expect(calls).toBe(1);
    },
  );

  it('costs a request whose session has ended one call to Redis, however often it asks', async () => {
    await (await elsewhere(world, browser)).fetch('/auth/logout', { method: 'POST' });
    const { getAccessToken } = helpers();
    const calls = await redisCalls(async () => {
      const asked = [1, 2, 3].map(() => failed(getAccessToken()));
      for (const error of [...(await Promise.all(asked)), await failed(getAccessToken())])
        expect(error).toMatchObject({ code: 'SESSION_ENDED' });
    });
    expect(calls).toBe(1);
  });

  it('costs a request no call that begins while the token is remembered and goes on when it is not', async () => {
    const { getAccessToken } = helpers();
    await getAccessToken();
    nextRequest();
    world.pass(29);
    const calls = await redisCalls(async () => {
      await getAccessToken();
      world.pass(2);
      await Promise.all([getAccessToken(), getAccessToken()]);
    });
    expect(calls).toBe(0);
  });

  it('costs the next request a call only where each is to ask', async () => {
    for (const [seconds, calls] of [
      ['0', 1],
      ['30', 0],
    ] as const) {
      const { getAccessToken } = helpers({ ...world.env, SESSION_CHECK_SECONDS: seconds });
      await getAccessToken();
      nextRequest();
      expect(await redisCalls(getAccessToken)).toBe(calls);
    }
  });

  it('asks again after SESSION_CHECK_SECONDS, and so learns that the session has ended elsewhere', async () => {
    const { getAccessToken } = helpers();
    await getAccessToken();
    await browser.fetch('/auth/logout', { method: 'POST' });
    expect(nameOf(await getAccessToken())).toBe('at-1');
    world.pass(31);
    current.headers = new Headers(current.headers);
    expect(await failed(getAccessToken())).toMatchObject({ code: 'SESSION_ENDED' });
  });

  it('takes the request of the Pages Router', async () => {
    const request = { headers: { cookie: current.headers.get('cookie') ?? '' } };
    current.headers = new Headers();
    current.router = 'pages';
    const { getAccessToken } = helpers();
    const calls = await redisCalls(async () => {
      await Promise.all([getAccessToken({}, request), getAccessToken({}, request)]);
      expect(nameOf(await getAccessToken({}, request))).toBe('at-1');
    });
    expect(calls).toBe(1);
  });

  it('is renewed where the token is over, and the middleware takes that over', async () => {
    world.pass(LIFE + 1);
    expect(nameOf(await helpers().getAccessToken())).toBe('at-2');
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toHaveLength(1);
    expect(events).toContainEqual(expect.objectContaining({ event: 'renewal', outcome: 'refreshed' }));
  });

  it('is renewed once by server code and the middleware of several isolates at the same time', async () => {
    const other = await elsewhere(world, browser);
    world.pass(LIFE + 1);
    world.provider.lies.delay.token = 100;
    const { getAccessToken } = helpers();
    const [one, two, ...answers] = await Promise.all([
      getAccessToken(),
      getAccessToken(),
      browser.fetch('/api/me'),
      other.fetch('/api/me'),
    ]);
    expect([one, two].map(nameOf)).toEqual(['at-2', 'at-2']);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(presentations()).toHaveLength(1);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('is renewed where it is good for less than asked for; where none is good for so long, once in ten seconds', async () => {
    const { getAccessToken } = helpers();
    world.pass(LIFE - 100);
    expect(nameOf(await getAccessToken({ minTtlSeconds: 110 }))).toBe('at-2');
    expect(nameOf(await getAccessToken({ minTtlSeconds: 86_400 }))).toBe('at-2');
    expect(presentations()).toHaveLength(1);
  });

  it('is renewed in its last five seconds, and given all the same while the provider is down', async () => {
    const { getAccessToken } = helpers();
    world.pass(LIFE - 9);
    expect(nameOf(await getAccessToken())).toBe('at-1');
    world.pass(6);
    world.provider.lies.refuse.token = true;
    expect(nameOf(await getAccessToken())).toBe('at-1');
    world.provider.beHonest();
    await world.passInRedis(5, browser);
    expect(nameOf(await getAccessToken())).toBe('at-2');
  });

  it('for a resource or a scope is one of its own, obtained once', async () => {
    const { getAccessToken } = helpers();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => getAccessToken({ resource: API })));
    expect(new Set(tokens.map(nameOf))).toEqual(new Set(['at-2']));
    expect(nameOf(await getAccessToken({ scope: 'openid' }))).toBe('at-3');
    expect(nameOf(await getAccessToken())).toBe('at-1');
    expect(presentations()).toMatchObject([{ resource: API }, { scope: 'openid' }]);
  });

  it('for a resource that is due is renewed behind the answer, where something can go on there', async () => {
    const { getAccessToken } = helpers();
    const request = { headers: { cookie: current.headers.get('cookie') ?? '' } };
    await getAccessToken({ resource: API });
    world.pass(LIFE - 100);
    expect(nameOf(await getAccessToken({ resource: API }, request))).toBe('at-2');
    expect(presentations()).toHaveLength(1);
    expect(nameOf(await getAccessToken({ resource: API }))).toBe('at-2');
    await Promise.all(current.behind);
    expect(nameOf(await getAccessToken({ resource: API }))).toBe('at-3');
  });

  it('leaves the claims of a renewed session as the middleware would', async () => {
    await open({ provider: { claimsAt: 'both', refreshClaims: false, announcesClaims: ['zoneinfo'] } });
    const before = await (await browser.fetch('/auth/session')).json();
    world.pass(LIFE + 1);
    await helpers().getAccessToken();
    const after = await (await browser.fetch('/auth/session')).json();
    expect(after.user).toEqual(before.user);
  });

  it('renews within the trace of its request (W3C Trace Context)', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { getAccessToken } = helpers();
    const traces = () => presentations().map(({ trace }) => trace);
    for (const asPages of [false, true]) {
      world.pass(LIFE + 1);
      nextRequest();
      current.headers.set('traceparent', traceparent);
      const cookie = current.headers.get('cookie') ?? '';
      await (asPages ? getAccessToken({}, { headers: { cookie, traceparent } }) : getAccessToken());
    }
    expect(traces()).toEqual([
      [traceparent, null],
      [traceparent, null],
    ]);
  });
});

describe('the error of getAccessToken()', () => {
  const PAGE_401 = 'NEXT_HTTP_ERROR_FALLBACK;401';
  const PAGE_403 = 'NEXT_HTTP_ERROR_FALLBACK;403';

  it.each<[string, () => unknown]>([
    ['there is no cookie', () => current.headers.delete('cookie')],
    ['the cookie is forged', () => current.headers.set('cookie', `${NAME}=x`)],
    ['the request passes by the middleware', () => current.headers.set('x-prerender-revalidate', 'id')],
    ['the session has ended elsewhere', () => browser.fetch('/auth/logout', { method: 'POST' })],
    ['the idle time is over', () => world.pass(604_800)],
    [
      'the provider has ended the grant',
      () => {
        world.pass(LIFE + 1);
        world.provider.lies.instead.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
      },
    ],
  ])('is SESSION_ENDED when %s, and a page becomes that of a missing session', async (_, end) => {
    await end();
    const error = await failed(helpers().getAccessToken());
    expect(error).toBeInstanceOf(AccessTokenError);
    expect(error).toMatchObject({ code: 'SESSION_ENDED', digest: PAGE_401 });
  });

  it('is STEP_UP where only a new sign-in brings a token', async () => {
    await open({ env: { SSO_SCOPE: 'openid' } });
    world.pass(LIFE + 1);
    expect(await failed(helpers().getAccessToken())).toMatchObject({ code: 'STEP_UP', digest: PAGE_401 });
  });

  it.each([
    ['interaction_required', 'STEP_UP', PAGE_401],
    ['consent_required', 'STEP_UP', PAGE_401],
    ['login_required', 'STEP_UP', PAGE_401],
    ['invalid_target', 'DENIED', PAGE_403],
    ['access_denied', 'DENIED', PAGE_403],
  ])('after %s of the provider for a resource is %s', async (error, code, digest) => {
    world.provider.lies.instead.token = () => Response.json({ error }, { status: 400 });
    const { getAccessToken } = helpers();
    expect(await failed(getAccessToken({ resource: API }))).toMatchObject({ code, error, digest });
    expect(nameOf(await getAccessToken())).toBe('at-1');
  });

  it.each<[string, () => void]>([
    ['Redis', () => Object.assign(world.redis, { fault: () => Promise.reject(new TypeError('fetch failed')) })],
    [
      'the provider',
      () => {
        world.pass(LIFE + 1);
        world.provider.lies.refuse.token = true;
      },
    ],
  ])('is UNAVAILABLE while %s is down, and no page of a missing session', async (_, down) => {
    down();
    const error = await failed(helpers().getAccessToken());
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 5 });
    expect(error).not.toHaveProperty('digest');
  });

  it.each([
    { minTtlSeconds: -1 },
    { minTtlSeconds: Number.NaN },
    { minTtlSeconds: '60' as never },
    { resource: 'orders' },
    { resource: 'https://api.example/#a' },
    { scope: 'a  b' },
    { scope: 'a"b' },
  ])('is a TypeError for %j', async (options) => {
    expect(await failed(helpers().getAccessToken(options))).toBeInstanceOf(TypeError);
    expect(presentations()).toEqual([]);
  });
});

describe('fetchAsUser()', () => {
  /** An API that answers with the name of the token, and with 401 to those that it refuses. */
  const api = (refused: readonly string[] = []) => {
    const requests: string[] = [];
    route(API, async (request) => {
      const name = nameOf(request.headers.get('authorization')?.replace('Bearer ', '') ?? '');
      requests.push(`${request.method} ${name} ${await request.text()}`.trim());
      return refused.includes(name) ? new Response('no', { status: 401 }) : new Response(name);
    });
    return requests;
  };

  it('calls an API with the token', async () => {
    const requests = api();
    const headers = { authorization: 'Bearer of-the-client', 'x-own': '1' };
    const response = await helpers().fetchAsUser(`${API}/orders`, { method: 'POST', body: 'a', headers });
    expect([response.status, await response.text(), requests]).toEqual([200, 'at-1', ['POST at-1 a']]);
  });

  it('replaces a refused token once', async () => {
    const requests = api(['at-1']);
    const { fetchAsUser } = helpers();
    world.pass(10);
    expect((await fetchAsUser(API, { method: 'PUT', body: 'a' })).status).toBe(200);
    expect(requests).toEqual(['PUT at-1 a', 'PUT at-2 a']);
    expect(presentations()).toHaveLength(1);
  });

  it('gives a 401 back that another token does not change, or that comes within ten seconds', async () => {
    const requests = api(['at-1', 'at-2']);
    const { fetchAsUser } = helpers();
    const early = await fetchAsUser(API);
    expect([early.status, await early.text()]).toEqual([401, 'no']);
    world.pass(10);
    expect((await fetchAsUser(API)).status).toBe(401);
    expect(requests).toEqual(['GET at-1', 'GET at-1', 'GET at-2']);
  });

  it('leaves no answer of the API open when there is no other token', async () => {
    let isOpen = true;
    const cancel = () => {
      isOpen = false;
    };
    route(API, async () => new Response(new ReadableStream({ cancel }), { status: 401 }));
    world.pass(10);
    world.provider.lies.instead.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
    expect(await failed(helpers().fetchAsUser(API))).toMatchObject({ code: 'SESSION_ENDED' });
    expect(isOpen).toBe(false);
  });

  it('does not send a stream a second time', async () => {
    const requests = api(['at-1']);
    const { fetchAsUser } = helpers();
    world.pass(10);
    const body = new ReadableStream({ start: (controller) => controller.close() });
    expect((await fetchAsUser(API, { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(401);
    expect([requests.length, presentations()]).toEqual([1, []]);
    expect((await fetchAsUser(API, { method: 'POST', body: new URLSearchParams({ a: '1' }) })).status).toBe(200);
    expect(requests.slice(1)).toEqual(['POST at-1 a=1', 'POST at-2 a=1']);
  });

  it('takes a resource', async () => {
    api();
    expect(await (await helpers().fetchAsUser(API, {}, { resource: API })).text()).toBe('at-2');
  });
});

it.each(['post', 'POST', undefined])('fetchAsUser() proves the method that is sent (%s)', async (method) => {
  await open({ provider: { dpop: 'announced' }, env: { SSO_DPOP: 'require' } });
  const seen: unknown[] = [];
  route(API, async (request) => {
    const { htm } = decodeJwt(request.headers.get('dpop') ?? '');
    seen.push(request.method, htm);
    return new Response();
  });
  await helpers().fetchAsUser(API, method === undefined ? {} : { method });
  const sent = method === undefined ? 'GET' : 'POST';
  expect(seen).toEqual([sent, sent]);
});

it('a session with DPoP has no token as a text, and fetchAsUser() proves the key', async () => {
  await open({ provider: { dpop: 'announced' }, env: { SSO_DPOP: 'require' } });
  const seen: Headers[] = [];
  route(API, async ({ headers }) => {
    seen.push(headers);
    if (seen.length > 1) return new Response('ok');
    const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' };
    return new Response('', { status: 401, headers: challenge });
  });
  const { getAccessToken, fetchAsUser } = helpers();
  await expect(getAccessToken()).rejects.toThrow('call fetchAsUser()');
  expect((await fetchAsUser(API)).status).toBe(200);
  expect(seen.map((headers) => headers.get('authorization')?.split(' ')[0])).toEqual(['DPoP', 'DPoP']);
  const [, payload = ''] = seen[1]?.get('dpop')?.split('.') ?? [];
  expect(JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')))).toMatchObject({ nonce: 'n-1', htm: 'GET' });
  expect((await demandsOf(world, browser)).session.generation).toBe(1);
});
