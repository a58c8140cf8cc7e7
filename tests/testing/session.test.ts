import { describe, expect, it } from 'vitest';
import { createTestSession } from '../../lib/testing';
import { postToken } from '../world/logout';
import { signal } from '../world/signal';
import { createWorld, type World } from '../world/world';

/** A browser that has the cookie of a session that was made without it. */
function browserWith(world: World, { cookie }: Awaited<ReturnType<typeof createTestSession>>) {
  const browser = world.browser();
  browser.cookies.set(cookie.name, cookie.value);
  return browser;
}

describe('a session of the test kit', () => {
  it('is accepted by a cold isolate, without a call to the provider', async () => {
    const world = await createWorld();
    const session = await createTestSession({ env: world.env, sub: 'person-7', claims: { name: 'Citra' } });
    const browser = browserWith(world, session);
    const { provider } = await world.cost(async () => {
      expect((await browser.fetch('/dashboard')).status).toBe(200);
    });
    expect(provider).toBe(0);
    const { user } = await (await browser.fetch('/auth/session')).json();
    expect(user).toMatchObject({ sub: 'person-7', name: 'Citra' });
  });

  it.each([
    ['with the role', { roles: ['admin'] }, 200],
    ['without the role', { roles: ['member'] }, 403],
    ['without roles', {}, 403],
  ])('%s is judged by the rules of the site', async (_, options, status) => {
    const world = await createWorld();
    const browser = browserWith(world, await createTestSession({ env: world.env, ...options }));
    expect((await browser.fetch('/admin')).status).toBe(status);
  });

  it.each([
    ['a second factor a moment ago', { acr: 'urn:sso:loa:mfa' }, 200],
    ['a password', { acr: 'urn:sso:loa:password' }, 401],
    ['a second factor an hour ago', { acr: 'urn:sso:loa:mfa', authTime: Date.now() / 1000 - 3600 }, 401],
  ])('that began with %s is judged by a step-up rule', async (_, options, status) => {
    const world = await createWorld();
    const browser = browserWith(world, await createTestSession({ env: world.env, ...options }));
    expect((await browser.fetch('/vault')).status).toBe(status);
  });

  it('reads roles where SSO_ROLES_CLAIM says, also after a renewal', async () => {
    const env = { SSO_ROLES_CLAIM: 'realm_access.roles' };
    const world = await createWorld({ env });
    const browser = browserWith(world, await createTestSession({ env: world.env, roles: ['admin'], tokens: 'over' }));
    expect((await browser.fetch('/admin')).status).toBe(200);
    expect(world.provider.refreshes()).toHaveLength(1);
    expect((await browser.fetch('/admin')).status).toBe(200);
  });

  it('with tokens that are over is renewed exactly once, however many isolates meet it', async () => {
    const world = await createWorld();
    const session = await createTestSession({ env: world.env, tokens: 'over' });
    const isolates = [world.isolate, await world.anotherIsolate(), await world.anotherIsolate()];
    const browsers = isolates.flatMap((isolate) => [world.browser(isolate), world.browser(isolate)]);
    for (const browser of browsers) browser.cookies.set(session.cookie.name, session.cookie.value);
    const answers = await Promise.all(browsers.map((browser) => browser.fetch('/dashboard')));
    expect(answers.map(({ status }) => status)).toEqual(browsers.map(() => 200));
    expect(world.provider.refreshes()).toHaveLength(1);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('with tokens that are due is renewed exactly once, behind the answer', async () => {
    const world = await createWorld();
    const browser = browserWith(world, await createTestSession({ env: world.env, tokens: 'due' }));
    const [answered, answer] = signal();
    world.provider.faults.instead.token = () => answered.then(() => null);
    expect((await browser.fetch('/dashboard')).status).toBe(200);
    answer();
    await world.isolate.settled();
    expect(world.provider.refreshes()).toHaveLength(1);
  });

  it('with fresh tokens, or without a refresh token, is not renewed', async () => {
    const world = await createWorld();
    for (const tokens of ['fresh', 'none'] as const) {
      const browser = browserWith(world, await createTestSession({ env: world.env, tokens }));
      expect((await browser.fetch('/dashboard')).status).toBe(200);
    }
    await world.isolate.settled();
    expect(world.provider.refreshes()).toEqual([]);
  });

  it('ends as by a sign-out on another device', async () => {
    const world = await createWorld({ env: { SESSION_CHECK_SECONDS: '0' } });
    const session = await createTestSession({ env: world.env });
    const browser = browserWith(world, session);
    expect((await browser.fetch('/dashboard')).status).toBe(200);
    await session.end();
    expect((await browser.fetch('/dashboard')).status).toBe(401);
  });

  it('ends by a logout token about its session of the provider', async () => {
    const world = await createWorld({ env: { SESSION_CHECK_SECONDS: '0' } });
    const { sub, sid, ...session } = await createTestSession({ env: world.env });
    const browser = browserWith(world, { sub, sid, ...session });
    expect((await postToken(world, await world.provider.logoutToken({ sub, sid }))).status).toBe(200);
    expect((await browser.fetch('/dashboard')).status).toBe(401);
  });

  it('is listed under the browser that it names', async () => {
    const world = await createWorld();
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
    const browser = browserWith(world, await createTestSession({ env: world.env, userAgent }));
    const { sessions } = await (await browser.fetch('/auth/sessions')).json();
    expect(sessions).toMatchObject([{ current: true, browser: 'Firefox', platform: 'Linux' }]);
  });

  it('says no to a claim that no session of the site has', async () => {
    const { env } = await createWorld({ env: { SESSION_CLAIMS: 'name' } });
    await expect(createTestSession({ env, roles: ['admin'], claims: { tenant: 'a' } })).rejects.toThrow(
      'SESSION_CLAIMS does not name tenant, roles',
    );
  });

  it('names the variables that are missing', async () => {
    const { env } = await createWorld();
    await expect(createTestSession({ env: { ...env, SESSION_SECRET: '' } })).rejects.toThrow(
      'SESSION_SECRET is required',
    );
  });
});
