import { describe, expect, it } from 'vitest';
import { readings } from '../../lib/policy/path';
import { isPublic, meets, rulesFor } from '../../lib/policy/rules';
import type { Rule, Session } from '../../lib/types';

const rules: Rule[] = [
  { path: '/', allow: 'public' },
  { path: '/docs/*', allow: 'public' },
  { path: '/admin', allow: { roles: ['admin', 'root'] } },
  { path: '/admin/*', allow: { roles: ['admin'] } },
];
const applicable = (pathname: string) => rulesFor(rules, readings(pathname) ?? []);
const needs = (pathname: string) => applicable(pathname).map((rule) => rule.path);

describe('readings of a path', () => {
  it.each([
    ['/', ['/']],
    ['/a/b', ['/a/b']],
    ['/a/b/', ['/a/b']],
    ['//a///b', ['/a/b']],
    ['/%61', ['/a']],
    ['/caf%C3%A9', ['/café']],
    ['/a%2Fb', ['/a/b']],
    ['/a/%2e%2e/b', ['/b', '/a/../b']],
    ['/a/..%2F..', ['/', '/a/../..']],
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
    expect(isPublic(applicable(pathname))).toBe(expected);
  });

  it('holds for every reading of it, whatever its case', () => {
    expect(needs('/ADMIN')).toEqual(['/admin']);
    expect(needs('/Admin/Users')).toEqual(['/admin/*']);
    expect(needs('/x/..%2F..%2Fadmin')).toContain('/admin');
    expect(needs('/admin/..%2Fdashboard')).toContain('/admin/*');
    expect(needs('/nowhere')).toEqual(['/*']);
  });
});

describe('meeting a rule', () => {
  const session = (roles: unknown) => ({ claims: { roles } }) as unknown as Session;
  const rule: Rule = { path: '/admin', allow: { roles: ['admin', 'root'] } };

  it('takes one of the roles that it names', () => {
    expect(meets(rule, session(['staff', 'root']))).toBe(true);
  });

  it.each([[['staff']], [[]], ['admin'], [undefined], [null], [{ admin: true }], [['administrator']]])(
    'refuses roles = %j',
    (roles) => {
      expect(meets(rule, session(roles))).toBe(false);
    },
  );
});
