import { describe, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import { ruleFaults } from '../../lib/policy/check-rules';
import type { Rule } from '../../lib/policy/rule';
import { createWorld } from '../world/world';

const allow = { roles: ['admin'] };
const faultOf = (rule: unknown) => ruleFaults([{ path: '/', allow: 'public' }, rule])['rules[1]'];

describe('a table of rules at run time', () => {
  it.each<[string, unknown]>([
    ['a path of its own', { path: '/admin', allow }],
    ['the start page and all below', { path: '/*', allow: 'session' }],
    ['parameters', { path: '/:a/:user_Id2/*', methods: ['GET', 'POST'], allow: 'optional' }],
    ['a route of Next that is called so', { path: '/feed/(..)photo/:id', allow, cookies: 'hidden' }],
    ['every requirement', { path: '/b', allow: { acr: ['urn:mfa'], maxAge: 0, scopes: ['x'] }, alwaysCheck: true }],
    ['one of several values', { path: '/a', allow: { claims: { team: { oneOf: ['red', 7, true] } } } }],
    ['tests of claims', { path: '/a', allow: { claims: { verified: { equals: true }, groups: { includes: 7 } } } }],
  ])('is in order with %s', (_, rule) => {
    expect(faultOf(rule)).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['a misspelt requirement', { path: '/admin/*', allow: { role: ['admin'] } }, 'allow has an unknown member'],
    [
      'the former name of alwaysCheck',
      { path: '/vault', allow: 'session', fresh: true },
      'fresh is called alwaysCheck',
    ],
    ['a misspelt member', { path: '/a', allow: 'session', method: ['GET'] }, 'has an unknown member'],
    ['no requirement', { path: '/a', allow: {} }, 'allow without a requirement requires nothing'],
    ['no role', { path: '/a', allow: { roles: [] } }, 'roles must be a list of texts'],
    ['a role that is no list', { path: '/a', allow: { roles: 'admin' } }, 'roles must be a list of texts'],
    ['an undefined role', { path: '/a', allow: { roles: undefined } }, 'roles must be a list of texts'],
    ['a word for allow', { path: '/a', allow: 'open' }, 'allow must be public'],
    ['no allow', { path: '/a' }, 'allow must be public'],
    ['claims without a test', { path: '/a', allow: { claims: {} } }, 'claims must be tests'],
    [
      'a claim with two tests',
      { path: '/a', allow: { claims: { a: { equals: 1, includes: 1 } } } },
      'claims must be tests',
    ],
    ['a claim that is one of none', { path: '/a', allow: { claims: { a: { oneOf: [] } } } }, 'claims must be tests'],
    [
      'a claim that is one of a text',
      { path: '/a', allow: { claims: { a: { oneOf: 'red' } } } },
      'claims must be tests',
    ],
    [
      'a claim that is one of lists',
      { path: '/a', allow: { claims: { a: { oneOf: [['x']] } } } },
      'claims must be tests',
    ],
    ['a claim that is oneof', { path: '/a', allow: { claims: { a: { oneof: ['x'] } } } }, 'claims must be tests'],
    [
      'a claim that includes true',
      { path: '/a', allow: { claims: { a: { includes: true } } } },
      'claims must be tests',
    ],
    ['a claim that is an object', { path: '/a', allow: { claims: { a: { equals: {} } } } }, 'claims must be tests'],
    ['an acr with a space', { path: '/a', allow: { acr: ['a b'] } }, 'acr must be'],
    ['a negative age', { path: '/a', allow: { maxAge: -1 } }, 'maxAge must be'],
    ['an age that is a text', { path: '/a', allow: { maxAge: '300' } }, 'maxAge must be'],
    [
      'alwaysCheck where no session is needed',
      { path: '/a', allow: 'public', alwaysCheck: true },
      'alwaysCheck must be',
    ],
    ['alwaysCheck: false', { path: '/a', allow: 'session', alwaysCheck: false }, 'alwaysCheck must be'],
    ['an unknown method', { path: '/a', methods: ['get'], allow: 'session' }, 'methods must be'],
    ['no method', { path: '/a', methods: [], allow: 'session' }, 'methods must be'],
    ['cookies: visible', { path: '/a', cookies: 'visible', allow: 'session' }, 'cookies must be'],
    ['a slash at the end', { path: '/admin/', allow }, 'path is no pattern'],
    ['a path without a slash', { path: 'admin', allow }, 'path is no pattern'],
    ['notation of Next', { path: '/users/[id]', allow }, 'path is no pattern'],
    ['a dot segment', { path: '/a/../b', allow }, 'path is no pattern'],
    ['an encoded path', { path: '/caf%C3%A9', allow }, 'path is no pattern'],
    ['a star in the middle', { path: '/a/*/b', allow }, 'path is no pattern'],
    ['no path', { allow }, 'path is no pattern'],
    ['no object', '/admin', 'must be an object'],
  ])('is at fault with %s', (_, rule, text) => {
    expect(faultOf(rule)).toContain(text);
  });

  it('must be a list', () => {
    for (const table of [{}, 'all', null, 7]) expect(Object.keys(ruleFaults(table))).toEqual(['rules']);
  });

  it('shows no page while a rule is at fault: 503, and the log names the rule', async () => {
    const { env, site } = await createWorld();
    const logged: unknown[] = [];
    const rules = [
      { path: '/*', allow: 'public' },
      { path: '/admin/*', allow: { role: ['admin'] } },
    ] as unknown as Rule[];
    const load = () => createDeps(env, rules);
    const gate = createGate({ load, log: (event) => logged.push(event) });
    const answer = await gate(new Request(`${site}/`), { pathname: '/', waitUntil() {} });
    if (!(answer instanceof Response)) throw new Error('let through');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'MISCONFIGURED' });
    expect(logged).toContainEqual({ event: 'misconfigured', variables: { 'rules[1]': 'allow has an unknown member' } });
  });
});
