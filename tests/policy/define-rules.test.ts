import { describe, expect, it } from 'vitest';
import type { Rule } from '../../lib/policy/rule';
import { defineRules } from '../../lib/policy/rules';

const allow = { roles: ['admin'] } as const;

describe('a table of rules', () => {
  it('is what it was given, when it makes sense', () => {
    const table = [
      { path: '/', allow: 'public' },
      { path: '/*', allow: 'session' },
      { path: '/admin', allow },
      { path: '/admin/*', methods: ['GET', 'POST'], allow: { roles: ['admin'] } },
      { path: '/café/menu_1.html', allow: 'optional' },
      { path: '/.well-known/*', allow: 'public' },
      { path: '/...', allow: 'public' },
      { path: '/@me/~home;v=1', allow: 'session', alwaysCheck: true },
      { path: '/users/:id', allow },
      { path: '/:a/:user_Id2/*', allow },
      { path: '/feed/(..)photo/:id', allow },
      { path: '/a', allow: { claims: { email_verified: { equals: true }, groups: { includes: 7 } } } },
      { path: '/a', allow: { claims: { team: { oneOf: ['red', 7, true] } } } },
      { path: '/b', allow: { acr: ['urn:sso:loa:mfa', 'b'], maxAge: 0 }, alwaysCheck: true },
      { path: '/c', allow: { maxAge: 86_400, permissions: ['a b'], scopes: ['x'] } },
    ] as const;
    expect(defineRules(table)).toBe(table);
  });

  it('may be computed, in whole or at its end', () => {
    const tenants = ['a', 'b'];
    const age: number = 300;
    const given: readonly Rule[] = [{ path: '/x', allow: 'public' }];
    const computed = tenants.map((tenant) => ({ path: `/${tenant}/*`, allow: { roles: [tenant] } }) as const);
    const paths = (table: readonly Rule[]) => table.map(({ path }) => path);
    expect(paths(defineRules([...given, ...computed]))).toEqual(['/x', '/a/*', '/b/*']);
    const mixed = defineRules([{ path: '/z', allow: { maxAge: age } }, ...computed]);
    expect(paths(mixed)).toEqual(['/z', '/a/*', '/b/*']);
  });
});

/** Each of these lines is refused by the compiler; `npm run typecheck` fails for one that is not. */
describe('what does not compile', () => {
  it('is a pattern that could match nothing', () => {
    // @ts-expect-error a slash at the end
    defineRules([{ path: '/admin/', allow }]);
    // @ts-expect-error a slash at the end of what has a parameter
    defineRules([{ path: '/users/:id/', allow }]);
    // @ts-expect-error two slashes
    defineRules([{ path: '//admin', allow }]);
    // @ts-expect-error two slashes further down
    defineRules([{ path: '/admin//x', allow }]);
    // @ts-expect-error two slashes before the star
    defineRules([{ path: '/admin//*', allow }]);
    // @ts-expect-error a dot segment
    defineRules([{ path: '/a/./b', allow }]);
    // @ts-expect-error a dot segment at the end
    defineRules([{ path: '/a/..', allow }]);
    // @ts-expect-error a dot segment before the star
    defineRules([{ path: '/../*', allow }]);
    // @ts-expect-error two stars
    defineRules([{ path: '/admin/**', allow }]);
    // @ts-expect-error a star behind letters
    defineRules([{ path: '/admin*', allow }]);
    // @ts-expect-error a star between
    defineRules([{ path: '/teams/*/bills', allow }]);
    // @ts-expect-error a star and another one
    defineRules([{ path: '/teams/*/bills/*', allow }]);
    // @ts-expect-error a star before letters
    defineRules([{ path: '/files/*.pdf', allow }]);
    // @ts-expect-error a query
    defineRules([{ path: '/search?q=1', allow }]);
    // @ts-expect-error a parameter that may be missing
    defineRules([{ path: '/users/:id?', allow }]);
    // @ts-expect-error a parameter of several segments
    defineRules([{ path: '/users/:id*', allow }]);
    // @ts-expect-error a parameter of a certain form
    defineRules([{ path: '/users/:id(\\d+)', allow }]);
    // @ts-expect-error a parameter with a hyphen
    defineRules([{ path: '/users/:user-id', allow }]);
    // @ts-expect-error a parameter without a name
    defineRules([{ path: '/users/:', allow }]);
    // @ts-expect-error a parameter behind letters
    defineRules([{ path: '/users/v:id', allow }]);
    // @ts-expect-error a fragment
    defineRules([{ path: '/a#b', allow }]);
    // @ts-expect-error an encoded character
    defineRules([{ path: '/caf%C3%A9', allow }]);
    // @ts-expect-error a backslash
    defineRules([{ path: '/a\\b', allow }]);
    // @ts-expect-error what Next calls a dynamic segment
    defineRules([{ path: '/users/[id]', allow }]);
    // @ts-expect-error no slash in front
    defineRules([{ path: 'admin', allow }]);
    defineRules([
      { path: '/', allow: 'public' },
      { path: '/b', allow },
      // @ts-expect-error nonsense behind rules that make sense
      { path: '/admin/', allow },
    ]);
  });

  it('is a requirement that requires nothing, or that no session can meet', () => {
    // @ts-expect-error claims without a test
    defineRules([{ path: '/a', allow: { claims: {} } }]);
    // @ts-expect-error claims without a test, behind a demand
    defineRules([{ path: '/a', allow: { roles: ['admin'], claims: {} } }]);
    // @ts-expect-error a test of two kinds
    defineRules([{ path: '/a', allow: { claims: { a: { equals: 1, includes: 1 } } } }]);
    // @ts-expect-error a negative age
    defineRules([{ path: '/a', allow: { maxAge: -1 } }]);
    // @ts-expect-error an age with a fraction
    defineRules([{ path: '/a', allow: { maxAge: 0.5 } }]);
    // @ts-expect-error a very small age
    defineRules([{ path: '/a', allow: { maxAge: 1e-7 } }]);
    // @ts-expect-error an acr with a space
    defineRules([{ path: '/a', allow: { acr: ['a b'] } }]);
    // @ts-expect-error an empty acr behind a good one
    defineRules([{ path: '/a', allow: { acr: ['a', ''] } }]);
    // @ts-expect-error no demand at all
    defineRules([{ path: '/a', allow: {} }]);
    // @ts-expect-error no role
    defineRules([{ path: '/a', allow: { roles: [] } }]);
    // @ts-expect-error freshness of what needs no session
    defineRules([{ path: '/a', allow: 'public', alwaysCheck: true }]);
  });

  it('is a misspelt name', () => {
    // @ts-expect-error not `method`
    defineRules([{ path: '/a', method: ['GET'], allow }]);
    // @ts-expect-error not `get`
    defineRules([{ path: '/a', methods: ['get'], allow }]);
    // @ts-expect-error not `role`
    defineRules([{ path: '/a', allow: { scopes: ['x'], role: ['admin'] } }]);
    // @ts-expect-error not `private`
    defineRules([{ path: '/a', allow: 'private' }]);
  });
});
