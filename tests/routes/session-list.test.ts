import { describe, expect, it } from 'vitest';
import type { Rule } from '../../lib/policy/rule';
import { judge } from './judge';

const STEP_UP: Rule = { path: '/auth/sessions', methods: ['POST'], allow: { maxAge: 300 } };
const judged = (...rules: readonly Rule[]) => {
  const { rows, idle, faults, warnings } = judge({ routes: ['/', '/admin'] }, rules);
  return { row: rows.find(({ route }) => route === '/auth/sessions')?.rules, idle, faults, warnings };
};

describe('`gatehouse routes` on a rule for the list of sessions', () => {
  it.each<[string, Rule]>([
    ['POST /auth/sessions → maxAge 300', STEP_UP],
    ['/auth/* → acr urn:sso:loa:mfa', { path: '/auth/*', allow: { acr: ['urn:sso:loa:mfa'] } }],
  ])('shows it with its route: %s', (text, rule) => {
    expect(judged(rule)).toEqual({ row: [text], idle: [], faults: [], warnings: [] });
  });

  it('has no such row without one', () => {
    expect(judged().row).toBeUndefined();
    const whole: Rule = { path: '/*', allow: { roles: ['staff'] } };
    expect(judged(whole)).toMatchObject({ row: undefined, idle: [] });
  });

  it('names a misspelt one, which catches nothing', () => {
    const misspelt: Rule = { ...STEP_UP, path: '/auth/session' };
    expect(judged(misspelt)).toMatchObject({ row: undefined, idle: ['/auth/session'] });
  });

  it.each<[string, Rule]>([
    ['opens', { path: '/auth/:page', allow: 'public' }],
    ['opens all of the site', { path: '/*', allow: 'optional' }],
    ['asks for less', { path: '/*', allow: 'session' }],
  ])('fails for one that comes too late, behind one that %s', (_, earlier) => {
    expect(judged(earlier, STEP_UP).faults).toEqual([
      expect.stringContaining('POST /auth/sessions → maxAge 300 never applies'),
    ]);
  });

  it('fails for one that an earlier one hides in part: the gate answers there', () => {
    const all: Rule = { path: '/auth/*', allow: { roles: ['staff'] } };
    expect(judged({ path: '/:area/sessions', allow: 'public' }, all).faults).toEqual([
      expect.stringContaining('does not apply to /auth/sessions, because /:area/sessions → public comes first'),
    ]);
  });
});
