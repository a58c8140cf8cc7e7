import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatehouseFixtures, startTestRedis, type TestRedis, type TestSession } from '../../../lib/testing';
import { ENV } from '../../world/settings';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.close());

/** A browser context that notes what is asked of it. */
function createContext() {
  const calls: unknown[] = [];
  return {
    calls,
    addCookies: async (cookies: unknown) => void calls.push(['add', cookies]),
    clearCookies: async (options: unknown) => void calls.push(['clear', options]),
  };
}

const envFor = (origin: string) => ({
  ...ENV,
  ...redis.env,
  SSO_ISSUER: 'http://127.0.0.1:4000',
  SSO_REDIRECT_URI: `${origin}/auth/callback`,
  SSO_POST_LOGOUT_URI: `${origin}/`,
});

it.each([
  ['http://localhost:3000', { name: 'gatehouse_session', domain: 'localhost', secure: false }],
  ['https://shop.test', { name: '__Host-Http-session', domain: 'shop.test', secure: true }],
])('a browser at %s gets the session cookie of the site, and loses it', async (origin, expected) => {
  const { gatehouseEnv, signedInAs, signedOut } = gatehouseFixtures({ env: envFor(origin) });
  const context = createContext();
  const given = { context, gatehouseEnv: gatehouseEnv[0] };
  let session: TestSession | undefined;
  await signedInAs(given, async (signIn) => {
    session = await signIn({ roles: ['admin'] });
  });
  const attributes = { path: '/', httpOnly: true, sameSite: 'Lax' };
  expect(session?.cookie).toMatchObject({ ...expected, ...attributes });
  expect(session?.header).toBe(`${expected.name}=${session?.cookie.value}`);
  expect(context.calls).toEqual([['add', [session?.cookie]]]);
  await signedOut(given, (signOut) => signOut());
  expect(context.calls.at(-1)).toEqual(['clear', { name: expected.name, domain: expected.domain }]);
});

it('every session has a person and a session of the provider of its own', async () => {
  const { signedInAs } = gatehouseFixtures();
  const sessions: TestSession[] = [];
  const context = createContext();
  const gatehouseEnv = envFor('http://localhost:3000');
  await signedInAs({ context, gatehouseEnv }, async (signIn) => void sessions.push(await signIn(), await signIn()));
  expect(new Set(sessions.flatMap(({ sub, sid }) => [sub, sid])).size).toBe(4);
});

it('the Redis of the test kit keeps the record, and nothing that can be read', async () => {
  const keys = (await redis.command('KEYS', '*')) as string[];
  expect(keys.length).toBeGreaterThan(0);
  expect(JSON.stringify(keys)).not.toMatch(/test-|admin/);
});
