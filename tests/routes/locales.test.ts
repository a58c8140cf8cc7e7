import { describe, expect, it } from 'vitest';
import type { Method, Rule } from '../../lib/policy/rule';
import { judge as judgeBy, type Site } from './judge';

const locales = ['en', 'de'];
const judge = (parts: Partial<Site>, rules: readonly Rule[], names = locales) =>
  judgeBy(parts, rules, { locales: names, openActions: [] });

const admin: Rule = { path: '/admin/*', allow: { roles: ['admin'] } };
const rules: Rule[] = [
  { path: '/', allow: 'optional' },
  { path: '/about', allow: 'public' },
  { path: '/posts/free', allow: 'public' },
  admin,
];

describe('the rules of a route behind a locale', () => {
  const REST = '/* → session';
  it.each<[route: string, rules: string[]]>([
    ['/[locale]', ['/ → optional']],
    ['/[locale]/about', ['/about → public']],
    ['/[lang]/about', ['/about → public']],
    ['/[locale]/admin/[id]', ['/admin/* → roles admin']],
    ['/[locale]/account', [REST]],
    ['/[locale]/posts/[slug]', ['/posts/free → public', REST]],
    ['/[locale]/[...rest]', ['/about → public', '/posts/free → public', '/admin/* → roles admin', REST]],
    ['/de/about', ['/about → public']],
    ['/about', ['/about → public']],
    ['/fr/about', [REST]],
  ])('%s: %j', (route, expected) => {
    const [row] = judge({ routes: [route] }, rules).rows;
    expect([...(row?.rules ?? [])].sort()).toEqual([...expected].sort());
    expect(row?.fault).toBeUndefined();
  });

  it('are those of other paths too, where the parameter is not called like a locale', () => {
    const [row] = judge({ routes: ['/[shop]/about'] }, rules).rows;
    expect([...(row?.rules ?? [])].sort()).toEqual(['/* → session', '/about → public', '/admin/* → roles admin']);
  });

  it('count as used, and without locales as rules of no route', () => {
    const routes = ['/[locale]', '/[locale]/posts/[slug]'];
    const by = rules.filter(({ path }) => path === '/' || path === '/posts/free');
    expect(judge({ routes }, by).idle).toEqual([]);
    expect(judge({ routes }, by, []).idle).toEqual(['/', '/posts/free']);
  });
});

describe('a fault, with locales,', () => {
  const faults = (parts: Partial<Site>, by: readonly Rule[] = rules) =>
    judge(parts, by).rows.flatMap(({ route, fault }) => (fault ? [`${route}: ${fault}`] : []));

  it('is a route that the matcher leaves out in one language', () => {
    const isGated = (path: string) => !path.startsWith('/de/');
    expect(faults({ routes: ['/[locale]/about', '/about'], isGated })).toEqual([
      expect.stringContaining('/[locale]/about'),
    ]);
  });

  it.each<[source: string, destination: string, isFault: boolean]>([
    ['/about', '/en/about', false],
    ['/', '/en', false],
    ['/about', '/de/admin', true],
    ['/about', '/en/account', true],
    ['/de/about', '/admin', true],
    ['/:lang/about', '/:lang/admin', true],
    ['/:lang/about', '/de/posts/free', false],
  ])('is a rewrite of %s to %s: %s', (source, destination, isFault) => {
    expect(faults({ rewrites: [{ source, destination }] }).length > 0).toBe(isFault);
  });

  it('is a Server Action at a page that is open in some language', () => {
    const actions = [{ name: 'vote', file: 'app/vote.ts', pages: ['/[locale]/about'] }];
    expect(faults({ actions })).toEqual([expect.stringContaining('vote')]);
    const closed = [{ name: 'vote', file: 'app/vote.ts', pages: ['/[locale]/account'] }];
    expect(faults({ actions: closed })).toEqual([]);
  });
});

describe('a restricting rule that an earlier rule hides in some language', () => {
  const routes = ['/[locale]', '/[locale]/admin', '/[locale]/admin/help', '/[locale]/settings', '/[team]/settings'];
  const rule = (path: Rule['path'], allow: 'public' | 'session', ...methods: Method[]): Rule => ({
    path,
    allow,
    ...(methods[0] && { methods: [methods[0], ...methods.slice(1)] }),
  });
  const found = (...by: Rule[]) => judge({ routes }, by).faults;

  it.each<[string, Rule, Rule]>([
    ['never applies', rule('/', 'public'), rule('/de', 'session')],
    ['never applies', rule('/admin/*', 'public'), rule('/de/admin/*', 'session')],
    ['never applies', rule('/:page', 'public'), rule('/de/admin', 'session')],
    ['does not apply to /de/admin/*', rule('/de/*', 'public'), admin],
    ['does not apply to /de/admin/*', rule('/de/*', 'session'), admin],
    ['does not apply to /de/admin/help', rule('/de/:page/help', 'public'), admin],
  ])('%s: %j before %j', (text, earlier, later) => {
    expect(found(earlier, later)).toEqual([expect.stringContaining(text)]);
    expect(found(later, earlier)).toEqual([]);
  });

  it.each<[string, Rule, Rule]>([
    ['an exception for one language', rule('/de/admin/*', 'public'), admin],
    ['an exception for one page of a language', rule('/de/admin/help', 'public'), admin],
    ['a parameter, for which no locale stands', rule('/:team/settings', 'public'), rule('/de/settings', 'session')],
    ['a language where the later one has a parameter', rule('/settings', 'public'), rule('/:team/settings', 'session')],
    ['other methods', rule('/de/*', 'public', 'GET'), rule('/admin/*', 'session', 'POST')],
  ])('is none before %s', (_, earlier, later) => {
    expect(found(earlier, later)).toEqual([]);
  });

  it('is none behind a restricting rule that comes before both', () => {
    expect(found(admin, rule('/de/*', 'public'), rule('/admin/help', 'session'))).toEqual([]);
  });
});
