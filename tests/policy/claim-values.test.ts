import { describe, expect, it } from 'vitest';
import { namesOf, textsOf, valueAt } from '../../lib/policy/claim-values';
import { keptClaims, sourcesOf } from '../../lib/policy/kept-claims';

const parsed = (json: string) => JSON.parse(json) as unknown;

describe('roles in every shape', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['a list', ['admin', 'staff'], ['admin', 'staff']],
    ['a list with numbers', ['admin', 7, 0], ['admin', '7', '0']],
    ['a list with what is no text', ['admin', null, true, {}, '', 'admin'], ['admin']],
    ['lists in a list', [['admin'], 'staff'], ['staff']],
    ['objects in a list', [{ name: 'admin' }], []],
    ['one text', 'admin', ['admin']],
    ['one text of several, as a scope is written', 'admin staff', ['admin staff', 'admin', 'staff']],
    ['one text with more blanks', ' admin \t staff\n', [' admin \t staff\n', 'admin', 'staff']],
    ['one name with a blank: its parts are roles too', 'Billing Admin', ['Billing Admin', 'Billing', 'Admin']],
    ['one name with a blank in a list: its parts are none', ['Billing Admin'], ['Billing Admin']],
    ['one text with commas', 'admin,staff', ['admin,staff']],
    ['other scripts', ['管理者', 'café'], ['管理者', 'café']],
    ['a number', 7, ['7']],
    ['the keys of an object', { admin: { 1: 'site.test' }, staff: {} }, ['admin', 'staff']],
    ['an object that says no', { admin: false, root: null, staff: true, guest: 0 }, ['staff', 'guest']],
    ['an object with __proto__', parsed('{"__proto__":{"admin":true},"staff":true}'), ['__proto__', 'staff']],
    ['an empty object', {}, []],
    ['an empty text', '', []],
    ['blanks', '   ', ['   ']],
    ['true', true, []],
    ['null', null, []],
    ['nothing', undefined, []],
  ])('%s', (_, value, expected) => {
    expect(textsOf(value)).toEqual(expected);
  });
});

describe('the place of a claim', () => {
  const claims = {
    roles: ['top'],
    realm_access: { roles: ['realm'] },
    resource_access: { 'site.test': { roles: ['client'] }, account: { roles: ['account'] } },
    'https://site.test/roles': ['url'],
    'https://site': { 'test/roles': ['path'] },
    'a.b': { c: 'literal' },
    a: { 'b.c': 'split', b: { d: 'deep' } },
    text: 'a text',
    list: [['x']],
  };
  it.each<[path: string, expected: unknown]>([
    ['roles', ['top']],
    ['realm_access.roles', ['realm']],
    ['resource_access.account.roles', ['account']],
    ['resource_access.site.test.roles', ['client']],
    ['https://site.test/roles', ['url']],
    ['a.b.c', 'literal'],
    ['a.b.d', 'deep'],
    ['realm_access', { roles: ['realm'] }],
    ['realm_access.groups', undefined],
    ['text.length', undefined],
    ['text.0', undefined],
    ['list.0', undefined],
    ['list.length', undefined],
    ['roles.0', undefined],
    ['constructor', undefined],
    ['realm_access.constructor.name', undefined],
    ['__proto__', undefined],
    ['__proto__.constructor', undefined],
    ['.roles', undefined],
    ['roles.', undefined],
    ['..', undefined],
    ['', undefined],
  ])('%s → %j', (path, expected) => {
    expect(valueAt(claims, path)).toEqual(expected);
  });

  it('is in none of what is no object', () => {
    for (const said of [null, undefined, 'roles', 7, [], ['roles']]) expect(valueAt(said, 'length')).toBeUndefined();
  });

  it('is its own member only, also where JSON has put __proto__', () => {
    expect(valueAt(parsed('{"__proto__":{"roles":["admin"]}}'), 'roles')).toBeUndefined();
  });

  it('may be in the claim of each of its beginnings', () => {
    expect(namesOf('realm_access.roles')).toEqual(['realm_access', 'realm_access.roles']);
    expect(namesOf('https://a.test/roles')).toEqual(['https://a', 'https://a.test/roles']);
    expect(namesOf('roles')).toEqual(['roles']);
  });
});

describe('kept claims', () => {
  const settings = { claims: ['name', 'roles', 'permissions'], rolesClaim: 'roles', permissionsClaim: 'permissions' };
  const kept = (said: object, more: Partial<typeof settings> = {}) =>
    keptClaims(said as Record<string, unknown>, { ...settings, ...more });

  it('are those that are named and there; never sub, never inherited ones', () => {
    const claims = { sub: 'a', name: 'Ana', email: 'ana@example.test', secret: 'x' };
    const names = ['name', 'roles', 'sub', 'constructor', '__proto__', 'toString'];
    expect(kept(claims, { claims: names })).toEqual({ name: 'Ana' });
  });

  it('have roles and permissions as lists, from where they are', () => {
    const said = { realm_access: { roles: ['admin', 7] }, scp: 'read write', roles: 'other' };
    const places = { rolesClaim: 'realm_access.roles', permissionsClaim: 'scp' };
    expect(kept(said, places)).toEqual({ roles: ['admin', '7'], permissions: ['read write', 'read', 'write'] });
  });

  it('have no roles where only their place is named, and the place only where it is', () => {
    const said = { groups: ['admin', 7] };
    expect(kept(said, { claims: ['name'], rolesClaim: 'groups' })).toEqual({});
    expect(kept(said, { claims: ['groups', 'roles'], rolesClaim: 'groups' })).toEqual({
      groups: ['admin', 7],
      roles: ['admin', '7'],
    });
  });

  it('leave out what is null, and keep that there is no role', () => {
    expect(kept({ name: null, roles: null, permissions: [] })).toEqual({ permissions: [] });
    expect(kept({ name: '', roles: '' })).toEqual({ name: '', roles: [] });
  });

  it('come from the claim of their name, or from the beginnings of their place', () => {
    const places = { ...settings, rolesClaim: 'realm_access.roles' };
    expect(sourcesOf('name', places)).toEqual(['name']);
    expect(sourcesOf('roles', places)).toEqual(['realm_access', 'realm_access.roles']);
    expect(sourcesOf('constructor', places)).toEqual(['constructor']);
  });
});
