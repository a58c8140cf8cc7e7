import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readSettings } from '../../lib/configuration';
import { createSealer } from '../../lib/crypto/seal';
import type { RequestLike } from '../../lib/server';
import { sealSession } from '../../lib/session/session-cookie';
import type { Session } from '../../lib/types/session';

const sent = vi.hoisted(() => ({ headers: new Headers() }));
vi.mock('next/headers', () => ({ headers: async () => sent.headers }));
vi.mock('next/navigation', () => ({
  unauthorized: () => {
    throw new Error('unauthorized');
  },
  forbidden: () => {
    throw new Error('forbidden');
  },
}));
vi.mock('react', () => ({ cache: (work: unknown) => work })); // a cache of one request, and each test is one

const env = {
  SSO_ISSUER: 'https://op.test',
  SSO_CLIENT_ID: 'gate',
  SSO_REDIRECT_URI: 'https://site.test/auth/callback',
  SSO_POST_LOGOUT_URI: 'https://site.test/',
  SESSION_SECRET: 'abcdefghijklmnopqrstuvwxyz-0123456789',
  UPSTASH_REDIS_REST_URL: 'https://redis.test',
  UPSTASH_REDIS_REST_TOKEN: 'token',
};

async function cookie(over: Partial<Session> = {}): Promise<string> {
  const settings = readSettings(env);
  const now = Math.floor(Date.now() / 1000);
  const session: Session = {
    sub: 'person-1',
    claims: {},
    scope: 'openid',
    sid: 'sid',
    id: 'id of the session',
    browser: 'browser',
    generation: 1,
    createdAt: now,
    tokensIssuedAt: now,
    tokensExpireAt: now + 900,
    renewable: true,
    idleEndsAt: now + 900,
    absoluteEndsAt: now + 900,
    ...over,
  };
  const sealer = createSealer({ settings, now: Date.now });
  return (await sealSession(session, now, { settings, sealer })).setCookie.split(';')[0] ?? '';
}

beforeEach(async () => {
  Object.assign(process.env, env);
  sent.headers = new Headers({ cookie: await cookie() });
});

describe('the session in server code', () => {
  it('goes on for as long as an answer may take, where the gate let the request pass in the last second of its tokens', async () => {
    const { getSession, requireSession } = await import('../../lib/next/server-session');
    const now = Math.floor(Date.now() / 1000);
    sent.headers = new Headers({ cookie: await cookie({ tokensIssuedAt: now - 600, tokensExpireAt: now - 5 }) });
    expect(await getSession()).toMatchObject({ user: { sub: 'person-1' } });
    expect(await requireSession()).toMatchObject({ user: { sub: 'person-1' } });
    sent.headers = new Headers({ cookie: await cookie({ tokensIssuedAt: now - 600, tokensExpireAt: now - 20 }) });
    expect(await getSession()).toBeNull();
  });

  it('is that of the cookie', async () => {
    const { getSession } = await import('../../lib/next/server-session');
    expect(await getSession()).toMatchObject({ user: { sub: 'person-1' } });
  });

  it('goes on without a refresh token when the access token is over; with one it waits for the gate to renew it', async () => {
    const { getSession } = await import('../../lib/next/server-session');
    const over = { tokensIssuedAt: 1, tokensExpireAt: 2 };
    sent.headers = new Headers({ cookie: await cookie({ ...over, renewable: false }) });
    expect(await getSession()).toMatchObject({ user: { sub: 'person-1' } });
    sent.headers = new Headers({ cookie: await cookie({ ...over, renewable: true }) });
    expect(await getSession()).toBeNull();
  });

  it('is none for a request that asks Next to pass by the middleware, whatever id of the build it names', async () => {
    const { getSession, requireSession } = await import('../../lib/next/server-session');
    for (const id of ['0123456789abcdef0123456789abcdef', '']) {
      sent.headers.set('x-prerender-revalidate', id);
      expect(await getSession()).toBeNull();
      await expect(requireSession()).rejects.toThrow('unauthorized');
    }
  });
});

/** The request that Node makes of these lines. */
async function received(...lines: readonly string[]): Promise<IncomingMessage> {
  const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as { readonly port: number };
  const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
  connect(address.port, '127.0.0.1').end(['GET / HTTP/1.1', 'Host: site.test', ...lines, '\r\n'].join('\r\n'));
  const [request] = await arrived;
  server.close();
  return request;
}

/** A request to the Pages Router, which knows of no current request. */
describe.each<[string, (...lines: readonly string[]) => Promise<RequestLike>]>([
  ['of Node', received],
  [
    'of the web',
    async (...lines) =>
      new Request('https://site.test/', { headers: lines.map((line) => line.split(': ') as [string, string]) }),
  ],
])('the session of a request %s', (_, request) => {
  beforeEach(() => {
    sent.headers = new Headers(); // what is asked for is not the current request
  });

  it('is that of its cookie, among others', async () => {
    const { getSession } = await import('../../lib/next/server-session');
    const asked = await request(`Cookie: theme=dark; ${await cookie({ claims: { name: 'Ana' } })}`);
    expect(await getSession(asked)).toEqual({
      user: { sub: 'person-1', name: 'Ana' },
      expiresAt: expect.any(String),
      idleExpiresAt: expect.any(String),
    });
  });

  it('is none without the cookie, whatever the current request has', async () => {
    const { getSession } = await import('../../lib/next/server-session');
    sent.headers = new Headers({ cookie: await cookie() });
    expect(await getSession(await request('Cookie: theme=dark'))).toBeNull();
    expect(await getSession(await request())).toBeNull();
  });

  it('is none with two cookies of the name, in one line or in two', async () => {
    const { getSession } = await import('../../lib/next/server-session');
    const one = await cookie();
    expect(await getSession(await request(`Cookie: ${one}; ${one}`))).toBeNull();
    expect(await getSession(await request(`Cookie: ${one}`, `Cookie: ${one}`))).toBeNull();
    expect(await getSession(await request('Cookie: theme=dark', `Cookie: ${one}`))).not.toBeNull();
  });

  it('is none for a request that asks Next to pass by the middleware', async () => {
    const { getSession } = await import('../../lib/next/server-session');
    const asked = await request(`Cookie: ${await cookie()}`, 'X-Prerender-Revalidate: 0123456789abcdef');
    expect(await getSession(asked)).toBeNull();
  });
});

it('a request whose cookies came in a list has the cookies of all its entries', async () => {
  const { getSession } = await import('../../lib/next/server-session');
  const one = await cookie();
  expect(await getSession({ headers: { cookie: ['theme=dark', one] } })).toMatchObject({ user: { sub: 'person-1' } });
  expect(await getSession({ headers: { cookie: [one, one] } })).toBeNull();
});

it('a requirement of one value among several is met by a value and by a list, as in a rule', async () => {
  const { requireSession } = await import('../../lib/next/server-session');
  const requirements = { claims: { team: { oneOf: ['red', 'blue'] } } } as const;
  for (const team of ['red', ['green', 'blue']]) {
    sent.headers = new Headers({ cookie: await cookie({ claims: { team } }) });
    expect(await requireSession(requirements)).toMatchObject({ user: { team } });
  }
  for (const claims of [{ team: 'green' }, { team: [] }, {}]) {
    sent.headers = new Headers({ cookie: await cookie({ claims }) });
    await expect(requireSession(requirements)).rejects.toThrow('forbidden');
  }
});

it('a misspelt requirement is an error, in place of requiring nothing', async () => {
  const { requireSession } = await import('../../lib/next/server-session');
  const misspelt = { role: ['admin'] } as never;
  await expect(requireSession(misspelt)).rejects.toThrow('requireSession: allow has an unknown member');
  await expect(requireSession({} as never)).rejects.toThrow('requires nothing');
});
