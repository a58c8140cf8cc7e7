import { describe, expect, it } from 'vitest';
import type { Rule } from '../../lib/policy/rule';
import { judge } from './judge';

const routes = ['/', '/admin', '/admin/users/[id]', '/admin/help', '/blog/[...slug]', '/[lang]/account', '/api/posts'];
const faultsOf = (...rules: Rule[]) => judge({ routes }, rules).faults;

const admin: Rule = { path: '/admin/*', allow: { roles: ['admin'] } };
const open = (path: Rule['path'], ...methods: NonNullable<Rule['methods']>[number][]): Rule => {
  const [first, ...more] = methods;
  return { path, allow: 'public', ...(first && { methods: [first, ...more] }) };
};
const signedIn = (path: Rule['path']): Rule => ({ path, allow: 'session' });

describe('a restricting rule that never applies', () => {
  it.each<[opening: Rule['path'], restricting: Rule['path']]>([
    ['/:section/*', '/admin/*'],
    ['/:section/*', '/admin'],
    ['/:section', '/admin'],
    ['/*', '/admin/*'],
    ['/*', '/*'],
    ['/admin/*', '/admin/*'],
    ['/admin/*', '/Admin/*'],
    ['/admin/*', '/admin/users/*'],
    ['/admin/:any/*', '/admin/users/:id'],
    ['/:lang/admin', '/:tenant/admin'],
  ])('is a fault: %s opens all of %s', (opening, restricting) => {
    for (const allow of ['public', 'optional'] as const) {
      const found = faultsOf({ path: opening, allow }, signedIn(restricting));
      expect(found).toEqual([
        `rule ${restricting} → session never applies, because ${opening} → ${allow} comes first: move it up`,
      ]);
    }
    expect(faultsOf(signedIn(restricting), { path: opening, allow: 'public' })).toEqual([]);
  });

  it('is a fault where the earlier rule asks for less, and none where it asks for as much', () => {
    expect(faultsOf(signedIn('/:section/*'), admin)).toHaveLength(1);
    expect(faultsOf({ ...admin, path: '/*' }, admin)).toEqual([]);
    expect(faultsOf({ path: '/*', allow: { roles: ['staff'] } }, admin)).toHaveLength(1);
    expect(faultsOf({ ...admin, path: '/*' }, { ...admin, alwaysCheck: true })).toHaveLength(1);
    expect(faultsOf({ ...admin, path: '/*' }, { ...admin, cookies: 'hidden' })).toHaveLength(1);
    expect(faultsOf({ ...admin, path: '/*' }, signedIn('/account'))).toEqual([]);
  });

  it('is named once, with the first rule that hides it', () => {
    expect(faultsOf(open('/:a/*'), open('/:b/*'), admin)).toEqual([expect.stringContaining('because /:a/* → public')]);
  });
});

describe('a restricting rule that an opening one hides in part', () => {
  it.each<[opening: Rule, restricting: Rule['path'], part: string]>([
    [open('/:section'), '/admin/*', '/admin'],
    [open('/:section/help'), '/admin/*', '/admin/help'],
    [open('/:section/*', 'GET'), '/admin/*', '/admin/*'],
    [open('/:section/*', 'HEAD', 'OPTIONS'), '/admin/*', '/admin/*'],
    [open('/blog/*'), '/:lang/account', '/blog/account'], // which /[lang]/account serves
    [open('/blog/*'), '/:lang/account/*', '/blog/account/*'],
  ])('is a fault where the site answers there: %j before %s', (opening, restricting, part) => {
    const found = faultsOf(opening, signedIn(restricting));
    expect(found).toEqual([expect.stringContaining(`${restricting} → session does not apply to ${part}, because `)]);
    expect(faultsOf(signedIn(restricting), opening)).toEqual([]);
  });

  it('is none where no route and no rewrite answers', () => {
    const rules = [open('/shop/:any/*'), signedIn('/:lang/orders')];
    expect(judge({ routes }, rules).faults).toEqual([]);
    expect(judge({ routes: [...routes, '/[lang]/orders'] }, rules).faults).toHaveLength(1);
    const rewrites = [{ source: '/:lang/orders', destination: '/blog/orders' }];
    expect(judge({ routes, rewrites }, rules).faults).toHaveLength(1);
  });
});

describe('an opening rule', () => {
  it.each<[exception: Rule, rule: Rule]>([
    [open('/admin/login'), admin],
    [open('/admin'), admin],
    [open('/'), signedIn('/*')],
    [open('/admin/:page'), admin],
    [open('/:lang/login'), signedIn('/:lang/*')],
    [open('/api/posts', 'GET'), { path: '/api/posts', allow: { roles: ['editor'] } }],
    [open('/api/posts/*', 'GET', 'OPTIONS'), { path: '/api/*', allow: 'session' }],
    [open('/blog/*', 'GET'), { path: '/blog/*', methods: ['POST'], allow: 'session' }],
    [open('/blog/*'), signedIn('/account')],
  ])('may be an exception from a later one, or have nothing to do with it: %j before %j', (exception, rule) => {
    expect(faultsOf(exception, rule)).toEqual([]);
  });

  it('hides nothing that a restricting rule has caught before', () => {
    expect(faultsOf(admin, open('/:section/*'), { ...admin, path: '/admin/users/*' })).toEqual([]);
    expect(faultsOf({ ...admin, path: '/admin/users/*' }, open('/:section/*'), admin)).toHaveLength(1);
    expect(faultsOf({ ...admin, methods: ['POST'] }, open('/:section/*'), admin)).toHaveLength(1);
  });
});
