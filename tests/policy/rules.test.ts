import { describe, expect, it } from 'vitest';
import { readings } from '../../lib/policy/path';
import type { Requirements, Rule } from '../../lib/policy/rule';
import { openness, rulesFor, stepUpOf, verdict } from '../../lib/policy/rules';
import type { Session } from '../../lib/types/session';

const rules: Rule[] = [
  { path: '/', allow: 'public' },
  { path: '/docs/*', allow: 'public' },
  { path: '/admin', allow: { roles: ['admin', 'root'] } },
  { path: '/admin/*', allow: { roles: ['admin'] } },
];
const applicable = (pathname: string, method = 'GET', table: readonly Rule[] = rules) =>
  rulesFor(table, readings(pathname) ?? [], method);
const needs = (pathname: string) => applicable(pathname).map((rule) => rule.path);

describe('readings of a path', () => {
  it.each([
    ['/', ['/']],
    ['/a/b', ['/a/b']],
    ['/a/b/', ['/a/b']],
    ['//a///b', ['/a/b']],
    ['/%61', ['/a']],
    ['/caf%C3%A9', ['/café']],
    ['/a%2Fb', ['/a/b', '/a%2Fb']],
    ['/a/%2e%2e/b', ['/b', '/a/../b']],
    ['/a/..%2F..', ['/', '/a/..%2F..']],
  ])('%s → %j', (pathname, expected) => {
    expect(readings(pathname)).toEqual(expected);
  });

  it.each(['/%', '/%zz', '/%ff', '/%00', '/%5c', '/a\\b', '/%2561'])('refuses %s', (pathname) => {
    expect(readings(pathname)).toBeNull();
  });
});

describe('the rule of a path', () => {
  it.each([
    ['/', true],
    ['/docs', true],
    ['/docs/a/b', true],
    ['/Docs', false],
    ['/docsx', false],
    ['/dashboard', false],
    ['/admin', false],
    ['/x/..%2F..', false],
    ['/x%2F..%2Fdocs', false],
    ['/docs/..%2Fadmin', false],
  ])('%s is public: %s', (pathname, expected) => {
    expect(openness(applicable(pathname)) === 'public').toBe(expected);
  });

  it('holds for every reading of it, whatever its case', () => {
    expect(needs('/ADMIN')).toEqual(['/admin']);
    expect(needs('/Admin/Users')).toEqual(['/admin/*']);
    expect(needs('/x/..%2F..%2Fadmin')).toContain('/admin');
    expect(needs('/admin/..%2Fdashboard')).toContain('/admin/*');
    expect(needs('/nowhere')).toEqual(['/*']);
  });
});

describe('a pattern', () => {
  it.each<[pattern: Rule['path'], path: string, matches: boolean]>([
    ['/users/:id', '/users/7', true],
    ['/users/:id', '/users', false],
    ['/users/:id', '/users/7/edit', false],
    ['/users/:id', '/users/a%2Fb', true],
    ['/users/:id/edit', '/users/7/edit', true],
    ['/users/:id/edit', '/USERS/7/Edit/', true],
    ['/users/:id/edit', '/users/7/view', false],
    ['/teams/:team/users/*', '/teams/a/users', true],
    ['/teams/:team/users/*', '/teams/a/users/7/edit', true],
    ['/teams/:team/users/*', '/teams/a', false],
    ['/teams/:team/users/*', '/teams/users/7', false],
    ['/:page', '/', false],
    ['/:page', '/a', true],
    ['/a:b', '/a:b', true],
    ['/*', '/', true],
    ['/*', '/any/thing', true],
  ])('%s catches %s: %s', (pattern, path, expected) => {
    const caught = applicable(path, 'GET', [{ path: pattern, allow: { roles: ['x'] } }]);
    expect(caught.some((rule) => rule.path === pattern && rule.allow !== 'session')).toBe(expected);
  });
});

describe('the method of a rule', () => {
  const table: Rule[] = [
    { path: '/api/news', methods: ['GET'], allow: 'public' },
    { path: '/api/news', methods: ['POST', 'PUT'], allow: { roles: ['editor'] } },
  ];
  const who = (method: string) => applicable('/api/news', method, table).map(({ allow }) => JSON.stringify(allow));

  it.each([
    ['GET', '"public"'],
    ['HEAD', '"public"'],
    ['POST', '{"roles":["editor"]}'],
    ['PUT', '{"roles":["editor"]}'],
    ['DELETE', '"session"'],
    ['PROPFIND', '"session"'],
    ['get', '"session"'],
  ])('%s → %s', (method, expected) => {
    expect(who(method)).toEqual([expected]);
  });
});

describe('how open a path is', () => {
  const open: Rule = { path: '/a', allow: 'optional' };
  const free: Rule = { path: '/b', allow: 'public' };
  const closed: Rule = { path: '/c', allow: 'session' };
  it.each([
    [[free], 'public'],
    [[free, free], 'public'],
    [[free, open], 'optional'],
    [[open], 'optional'],
    [[free, closed], 'closed'],
    [[open, closed], 'closed'],
  ])('%j → %s', (table, expected) => {
    expect(openness(table)).toBe(expected);
  });
});

describe('meeting a rule', () => {
  const NOW = 1_800_000_000;
  const session = (parts: object) =>
    ({ sub: 'ana', scope: 'openid files.read', claims: {}, ...parts }) as unknown as Session;
  const judge = (allow: Requirements, parts: object) => verdict({ path: '/x', allow }, session(parts), NOW, 30);
  const roles = (value: unknown) => ({ claims: { roles: value } });

  it.each<[string, Requirements, object, string]>([
    ['one of the roles', { roles: ['admin', 'root'] }, roles(['staff', 'root']), 'met'],
    ['no such role', { roles: ['admin'] }, roles(['staff']), 'forbidden'],
    ['roles as a word, sealed before they were made a list', { roles: ['admin'] }, roles('admin'), 'met'],
    ['roles as words, likewise', { roles: ['admin'] }, roles('staff admin'), 'met'],
    ['roles as an object, likewise', { roles: ['admin'] }, roles({ admin: {} }), 'met'],
    ['roles as an object that says no', { roles: ['admin'] }, roles({ admin: false }), 'forbidden'],
    ['a role that is part of a name', { roles: ['Admin'] }, roles(['Billing Admin']), 'forbidden'],
    ['a role that is null', { roles: ['null'] }, roles([null]), 'forbidden'],
    ['roles that only begin so', { roles: ['admin'] }, roles(['administrator']), 'forbidden'],
    ['no roles at all', { roles: ['admin'] }, {}, 'forbidden'],
    ['all permissions', { permissions: ['a', 'b'] }, { claims: { permissions: ['b', 'c', 'a'] } }, 'met'],
    ['one permission of two', { permissions: ['a', 'b'] }, { claims: { permissions: ['a'] } }, 'forbidden'],
    ['the scope', { scopes: ['files.read'] }, {}, 'met'],
    ['a scope that was taken away', { scopes: ['files.write'] }, {}, 'forbidden'],
    ['half a scope', { scopes: ['files'] }, {}, 'forbidden'],
    ['an equal claim', { claims: { email_verified: { equals: true } } }, { claims: { email_verified: true } }, 'met'],
    ['a claim of another type', { claims: { level: { equals: 1 } } }, { claims: { level: '1' } }, 'forbidden'],
    ['a claim that includes it', { claims: { teams: { includes: 'red' } } }, { claims: { teams: ['red'] } }, 'met'],
    ['the one text of it', { claims: { teams: { includes: 'red' } } }, { claims: { teams: 'red' } }, 'met'],
    [
      'a text that only holds it',
      { claims: { teams: { includes: 'red' } } },
      { claims: { teams: 'red sea' } },
      'forbidden',
    ],
    ['a number as a text', { claims: { teams: { includes: 7 } } }, { claims: { teams: ['7'] } }, 'forbidden'],
    ['one of two values', { claims: { team: { oneOf: ['red', 'blue'] } } }, { claims: { team: 'blue' } }, 'met'],
    [
      'one of two in a list',
      { claims: { team: { oneOf: ['red', 'blue'] } } },
      { claims: { team: ['x', 'red'] } },
      'met',
    ],
    ['none of two', { claims: { team: { oneOf: ['red', 'blue'] } } }, { claims: { team: ['x'] } }, 'forbidden'],
    ['one of two, and no claim', { claims: { team: { oneOf: ['red', 'blue'] } } }, {}, 'forbidden'],
    [
      'one of two, in a list of lists',
      { claims: { team: { oneOf: ['red'] } } },
      { claims: { team: [['red']] } },
      'forbidden',
    ],
    ['one of several types', { claims: { level: { oneOf: [2, true] } } }, { claims: { level: true } }, 'met'],
    [
      'one of several types, as texts',
      { claims: { level: { oneOf: [2, true] } } },
      { claims: { level: ['2', 'true'] } },
      'forbidden',
    ],
    ['sub', { claims: { sub: { equals: 'ana' } } }, {}, 'met'],
    ['sub in the claims', { claims: { sub: { equals: 'eve' } } }, { claims: { sub: 'eve' } }, 'forbidden'],
    ['an inherited name', { claims: { toString: { equals: 'x' } } }, {}, 'forbidden'],
    ['the acr', { acr: ['mfa', 'hwk'] }, { acr: 'hwk' }, 'met'],
    ['another acr', { acr: ['mfa'] }, { acr: 'password' }, 'step-up'],
    ['no acr', { acr: ['mfa'] }, {}, 'step-up'],
    ['a recent sign-in', { maxAge: 300 }, { authTime: NOW - 300 }, 'met'],
    ['an older sign-in', { maxAge: 300 }, { authTime: NOW - 301 }, 'step-up'],
    ['a sign-in of unknown age', { maxAge: 300 }, {}, 'step-up'],
    ['neither role nor acr', { roles: ['admin'], acr: ['mfa'] }, {}, 'forbidden'],
    ['the role, not the acr', { roles: ['admin'], acr: ['mfa'] }, roles(['admin']), 'step-up'],
    ['everything', { roles: ['admin'], acr: ['mfa'] }, { ...roles(['admin']), acr: 'mfa' }, 'met'],
  ])('%s', (_, demands, parts, expected) => {
    expect(judge(demands, parts)).toBe(expected);
  });

  it('asks for the shortest age of all rules, and for the acr', () => {
    const asked = stepUpOf([
      { path: '/a', allow: { maxAge: 600, acr: ['one', 'two'] } },
      { path: '/b', allow: { maxAge: 60 } },
      { path: '/c', allow: 'session' },
    ]);
    expect(asked).toEqual({ acr_values: 'one two', max_age: '60' });
    expect(stepUpOf([{ path: '/c', allow: 'session' }])).toEqual({});
  });

  it('asks for an acr that all of them accept, and knows when there is none', () => {
    const one: Rule = { path: '/one/*', allow: { acr: ['urn:a', 'urn:b'] } };
    const two: Rule = { path: '/two/*', allow: { acr: ['urn:b', 'urn:c'] } };
    const three: Rule = { path: '/three/*', allow: { acr: ['urn:c'] } };
    expect(stepUpOf([one, two])).toEqual({ acr_values: 'urn:b' });
    expect(stepUpOf([one, three])).toBeNull();
  });
});

describe('a rule that makes no sense', () => {
  it('does not compile', () => {
    const rule = (..._: Rule[]) => true;
    const nonsense = [
      // @ts-expect-error: a path begins with a slash
      () => rule({ path: 'admin', allow: 'session' }),
      // @ts-expect-error: no such word
      () => rule({ path: '/a', allow: 'everybody' }),
      // @ts-expect-error: what is public cannot be fresh
      () => rule({ path: '/a', allow: 'public', alwaysCheck: true }),
      // @ts-expect-error: demands nothing
      () => rule({ path: '/a', allow: {} }),
      // @ts-expect-error: none of these is a role
      () => rule({ path: '/a', allow: { roles: [] } }),
      // @ts-expect-error: a list
      () => rule({ path: '/a', allow: { roles: 'admin' } }),
      // @ts-expect-error: misspelt
      () => rule({ path: '/a', allow: { role: ['admin'] } }),
      // @ts-expect-error: public and yet not
      () => rule({ path: '/a', allow: 'public', roles: ['admin'] }),
      // @ts-expect-error: no test of a claim
      () => rule({ path: '/a', allow: { claims: { team: 'red' } } }),
      // @ts-expect-error: none of these
      () => rule({ path: '/a', allow: { claims: { team: { oneOf: [] } } } }),
      // @ts-expect-error: a list
      () => rule({ path: '/a', allow: { claims: { team: { oneOf: 'red' } } } }),
      // @ts-expect-error: two tests of one claim
      () => rule({ path: '/a', allow: { claims: { team: { oneOf: ['red'], equals: 'red' } } } }),
      // @ts-expect-error: no such method
      () => rule({ path: '/a', methods: ['FETCH'], allow: 'session' }),
    ];
    expect(nonsense.every((make) => make())).toBe(true); // what counts is that each line above is an error of the compiler
  });
});
