import { expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { openSession } from '../../lib/session/session-cookie';
import type { JsonObject } from '../world/provider';
import { createWorld, type World } from '../world/world';

const scopeOf = async (world: World, browser: ReturnType<World['browser']>) => {
  const cookie = `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`;
  return (await openSession(cookie, createDeps(world.env))).session?.scope;
};
const unsaid = ({ scope: _, ...json }: JsonObject) => json;

it('a sign-in that names no scope was granted what was asked for (RFC 6749 §5.1)', async () => {
  const world = await createWorld();
  world.provider.lies.tokenResponse = unsaid;
  expect(await scopeOf(world, await world.signedIn())).toBe(world.env.SSO_SCOPE);
});

it('of the default, a sign-in that names no scope was granted what the provider has of it', async () => {
  const world = await createWorld({ env: { SSO_SCOPE: '' } });
  world.provider.lies.discovery = (json) => ({ ...json, scopes_supported: ['openid', 'email'] });
  world.provider.lies.tokenResponse = unsaid;
  expect(await scopeOf(world, await world.signedIn())).toBe('openid email');
});

it('a renewal that names no scope changes none (RFC 6749 §6): what was not granted is not granted by it', async () => {
  const world = await createWorld();
  world.provider.lies.tokenResponse = (json) => ({ ...json, scope: 'openid offline_access' });
  const browser = await world.signedIn();
  world.provider.lies.tokenResponse = unsaid;
  world.pass(901);
  expect((await browser.fetch('/api/me')).status).toBe(200);
  expect(await scopeOf(world, browser)).toBe('openid offline_access');
});

it('scopes that an administrator took away are gone from the record with the next renewal', async () => {
  const world = await createWorld();
  const browser = await world.signedIn();
  world.provider.withdrawnScopes.add('permissions');
  world.pass(901);
  expect((await browser.fetch('/api/me')).status).toBe(200);
  const deps = createDeps(world.env);
  const { session } = await openSession(
    `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`,
    deps,
  );
  const ended = session && (await deps.records.remove(session));
  const record = ended?.record;
  expect(session?.generation).toBe(2);
  expect(record?.tokens.scope.split(' ')).toContain('roles');
  expect(record?.tokens.scope.split(' ')).not.toContain('permissions');
});
