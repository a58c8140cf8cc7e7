import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../world/provider';
import { createWorld, type World, type WorldOptions } from '../world/world';

/** A sign-in for a page that the role `admin` opens, at a provider whose ID token has these claims. */
async function asking(said: JsonObject, options: WorldOptions = {}) {
  const world = await createWorld(options);
  world.provider.lies.idToken = ({ roles: _, permissions: __, ...claims }) => ({ ...claims, ...said });
  const browser = world.browser();
  const { response } = await browser.navigate('/admin');
  return { world, browser, status: response.status };
}

async function rolesOf(world: World, browser: ReturnType<World['browser']>): Promise<unknown> {
  const body = (await (await browser.fetch('/auth/session')).json()) as { user: JsonObject };
  expect(world.logs.join()).not.toContain('staff'); // no event shows a value
  return body.user.roles;
}

const KEYCLOAK = 'realm_access.roles';
const URL_NAME = 'https://site.test/roles';

describe('a page that needs the role admin', () => {
  it.each<[what: string, place: string, said: JsonObject, status: number, roles: readonly string[] | undefined]>([
    ['a list', 'roles', { roles: ['admin', 'staff'] }, 200, ['admin', 'staff']],
    ['one text', 'roles', { roles: 'admin' }, 200, ['admin']],
    ['space-separated text', 'roles', { roles: 'staff admin' }, 200, ['staff admin', 'staff', 'admin']],
    ['keys of an object', 'roles', { roles: { admin: { 1: 'a.test' }, x: null } }, 200, ['admin']],
    ['a claim of another name', 'groups', { groups: ['admin'], roles: ['staff'] }, 200, ['admin']],
    ['a name that is a URL', URL_NAME, { [URL_NAME]: ['admin'] }, 200, ['admin']],
    ['a nested list', KEYCLOAK, { realm_access: { roles: ['admin'] } }, 200, ['admin']],
    ['a nested text', KEYCLOAK, { realm_access: { roles: 'admin' } }, 200, ['admin']],
    ['a client id with dots', 'r.site.test.roles', { r: { 'site.test': { roles: ['admin'] } } }, 200, ['admin']],
    ['a claim of the whole name of a path', KEYCLOAK, { [KEYCLOAK]: ['admin'] }, 200, ['admin']],
    ['another list beside it', 'roles', { roles: [7, 'admin', null, ['root']] }, 200, ['7', 'admin']],
    ['a list in a list', 'roles', { roles: [['admin']] }, 403, []],
    ['a text with a comma', 'roles', { roles: 'admin,staff' }, 403, ['admin,staff']],
    ['a longer name', 'roles', { roles: ['administrator', 'Billing admin'] }, 403, ['administrator', 'Billing admin']],
    ['a role that says no', 'roles', { roles: { admin: false } }, 403, []],
    ['a role that is null', 'roles', { roles: { admin: null } }, 403, []],
    ['roles that are null', 'roles', { roles: null }, 403, undefined],
    ['roles that are true', 'roles', { roles: true }, 403, []],
    ['a path through a text', KEYCLOAK, { realm_access: 'roles', roles: ['admin'] }, 403, undefined],
    ['an inherited member', 'constructor.name', { roles: ['admin'] }, 403, undefined],
    ['nothing at that place', KEYCLOAK, { roles: ['admin'] }, 403, undefined],
  ])('%s, read at %s', async (_, place, said, status, roles) => {
    const found = await asking(said, { env: { SSO_ROLES_CLAIM: place } });
    expect(found.status).toBe(status);
    expect(await rolesOf(found.world, found.browser)).toEqual(roles);
  });

  it('finds a member called __proto__ to be a role of that name, and no more', async () => {
    const said = JSON.parse('{"roles":{"__proto__":{"admin":true},"staff":true}}') as JsonObject;
    const { world, browser, status } = await asking(said);
    expect(status).toBe(403);
    expect(await rolesOf(world, browser)).toEqual(['__proto__', 'staff']);
  });

  it('keeps roles only where SESSION_CLAIMS has them, and their place only where that is listed', async () => {
    const said = { groups: ['admin'] };
    const without = await asking(said, { env: { SSO_ROLES_CLAIM: 'groups', SESSION_CLAIMS: 'name' } });
    expect(without.status).toBe(403);
    const both = await asking(said, { env: { SSO_ROLES_CLAIM: 'groups', SESSION_CLAIMS: 'groups,roles' } });
    const { user } = (await (await both.browser.fetch('/auth/session')).json()) as { user: JsonObject };
    expect(user).toMatchObject({ groups: ['admin'], roles: ['admin'] });
  });

  it('reads a renewed ID token at the same place', async () => {
    const { world, browser } = await asking(
      { realm_access: { roles: ['admin'] } },
      { env: { SSO_ROLES_CLAIM: KEYCLOAK } },
    );
    world.provider.lies.idToken = (claims) => ({ ...claims, realm_access: { roles: 'staff' } });
    world.pass(901);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    expect(await rolesOf(world, browser)).toEqual(['staff']);
  });
});

describe('hundreds of group ids', () => {
  const ids = Array.from({ length: 800 }, (_, place) => `5f6d1c0e-1111-4222-8333-${String(place).padStart(12, '0')}`);

  it('leave the role that a rule names, and the event says what had no room', async () => {
    const { world, browser, status } = await asking(
      { groups: [...ids, 'admin'] },
      { env: { SSO_ROLES_CLAIM: 'groups' } },
    );
    expect(status).toBe(200);
    expect(await rolesOf(world, browser)).toEqual(['admin']);
    expect(world.events('signed_in')[0]?.droppedClaims).toContain('roles');
  });

  it('that do not hold the role: the refusal says that something is missing', async () => {
    const { world, status } = await asking({ roles: ids });
    expect(status).toBe(403);
    expect(world.events('access_refused').at(-1)).toMatchObject({ why: 'not_met', droppedClaims: ['roles'] });
  });
});

describe('group overage', () => {
  const overage = {
    _claim_names: { groups: 'src1', other: 'src1' },
    _claim_sources: { src1: { endpoint: 'https://x.test' } },
  };

  it.each<[string, JsonObject, Record<string, string>, readonly string[]]>([
    ['where roles are read', overage, { SSO_ROLES_CLAIM: 'groups' }, ['groups']],
    ['of a kept claim', overage, { SESSION_CLAIMS: 'name,groups' }, ['groups']],
    ['told by hasgroups', { hasgroups: true }, { SSO_ROLES_CLAIM: 'groups' }, ['groups']],
    ['of the first step of a path', { _claim_names: { realm: 'src1' } }, { SSO_ROLES_CLAIM: 'realm.roles' }, ['realm']],
  ])('%s is named in the log', async (_, said, env, claims) => {
    const { world, status } = await asking(said, { env });
    expect(status).toBe(403);
    expect(world.events('claims_elsewhere')).toEqual([{ event: 'claims_elsewhere', ref: expect.any(String), claims }]);
    expect(world.events('signed_in')).toHaveLength(1);
  });

  it.each<[string, JsonObject]>([
    ['of claims that are not kept', overage],
    ['that is no object', { _claim_names: 'groups', hasgroups: 'yes' }],
    ['with null', { _claim_names: null, hasgroups: false }],
  ])('%s is no event', async (_, said) => {
    const { world } = await asking(said);
    expect(world.events('claims_elsewhere')).toEqual([]);
    expect(world.events('signed_in')).toHaveLength(1);
  });
});
