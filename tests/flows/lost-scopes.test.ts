import { expect, it } from 'vitest';
import { createDeps } from '../../lib/deps';
import { openSession } from '../../lib/session/session';
import { createWorld } from '../world/world';

it('scopes that an administrator took away are gone from the record with the next renewal', async () => {
  const world = await createWorld();
  const browser = await world.signedIn();
  world.provider.withdrawnScopes.add('permissions');
  world.pass(901);
  expect((await browser.fetch('/api/me')).status).toBe(200);
  const deps = createDeps(world.env);
  const { session } = await openSession(`__Host-session=${browser.cookies.get('__Host-session')?.value}`, deps);
  const record = await deps.records.remove(session?.sid ?? '');
  expect(session?.generation).toBe(2);
  expect(record?.tokens.scope.split(' ')).toContain('roles');
  expect(record?.tokens.scope.split(' ')).not.toContain('permissions');
});
