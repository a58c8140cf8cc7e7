import { describe, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { withHidden } from '../../lib/next/hidden-paths';
import { type Locales, localeFaults, localesOf } from '../../lib/policy/locales';
import { readings } from '../../lib/policy/path';
import type { Rule } from '../../lib/policy/rule';
import { openness, rulesFor } from '../../lib/policy/rules';
import { upstreamReadings } from '../../lib/policy/upstream-path';

const EN_DE: Locales = new Map([
  ['en', 'en'],
  ['de', 'de'],
]);

const pathsOf = (pathname: string, nextLocale = '') => withHidden(readings(pathname) ?? [], nextLocale) ?? [];
/** The paths of the rules that a request falls under. */
const fallsUnder = (pathname: string, rules: readonly Rule[], locales: Locales | null = EN_DE, method = 'GET') =>
  rulesFor(rules, pathsOf(pathname), method, locales ?? undefined).map(({ path }) => path);
const isOpen = (pathname: string, rules: readonly Rule[], locales: Locales | null = EN_DE) =>
  openness(rulesFor(rules, pathsOf(pathname), 'GET', locales ?? undefined)) !== 'closed';

const TABLE: Rule[] = [
  { path: '/', allow: 'optional' },
  { path: '/about', allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
  { path: '/news/*', methods: ['GET'], allow: 'public' },
];

describe('with locales, a rule holds for the path as it is and behind one locale', () => {
  it.each([
    ['/', '/'],
    ['/en', '/'],
    ['/de', '/'],
    ['/de/', '/'],
    ['/about', '/about'],
    ['/en/about', '/about'],
    ['/de/about', '/about'],
    ['/de/about/', '/about'],
    ['/de//about', '/about'],
    ['//de/about', '/about'],
    ['/%64e/about', '/about'],
    ['/de/admin/users', '/admin/*'],
    ['/de/news/1', '/news/*'],
    ['/fr/about', '/*'],
    ['/de/en/about', '/*'],
    ['/dex/about', '/*'],
    ['/about/de', '/*'],
    ['/de/nowhere', '/*'],
  ])('%s falls under %s', (pathname, path) => {
    expect(fallsUnder(pathname, TABLE)).toEqual([path]);
    expect(isOpen(pathname, TABLE)).toBe(path !== '/*' && path !== '/admin/*');
  });

  it('by its method', () => {
    expect(fallsUnder('/de/news/1', TABLE, EN_DE, 'POST')).toEqual(['/*']);
  });

  it('and without locales it is a segment like others', () => {
    expect([localesOf([]), localesOf(['en', 'de'])]).toEqual([undefined, EN_DE]);
    expect(fallsUnder('/de/about', TABLE, null)).toEqual(['/*']);
  });
});

const ALL_OPEN: Rule[] = [
  { path: '/admin/*', allow: { roles: ['admin'] } },
  { path: '/*', allow: 'public' },
];

describe('on a site that is open but for /admin, a spelling behind a locale is closed:', () => {
  it.each([
    '/de/admin',
    '/de%2Fadmin',
    '/de%2fadmin%2fusers',
    '//de/admin',
    '/de/../admin',
    '/de/..%2Fadmin',
    '/x/..%2Fde%2Fadmin',
    '/DE/admin',
    '/De/ADMIN/users',
    '/de/admin/',
    '/%64%65/admin',
    '/de/admin.rsc',
    '/de/admin.prefetch.rsc',
    '/de/admin.action',
    '/de/admin.segments/_tree.segment.rsc',
    '/_next/data/build/de/admin.json',
    '/_next/data/build/DE/admin.json',
    '/de/feed/(..)admin',
    '/de/(.)admin',
    '/feed/(...)de/admin',
  ])('%s', (pathname) => {
    expect(isOpen(pathname, ALL_OPEN)).toBe(false);
  });

  it('and no other page is: two locales are a page of that name', () => {
    for (const pathname of ['/de', '/de/about', '/DE/about', '/de/en/admin', '/fr/admin'])
      expect(isOpen(pathname, ALL_OPEN)).toBe(true);
  });

  it('also as an upstream reads it that takes parameters off a segment', () => {
    const read = (pathname: string) => rulesFor(ALL_OPEN, upstreamReadings(readings(pathname) ?? []), 'GET', EN_DE);
    for (const pathname of ['/de;v=1/admin', '/de./admin', '/de/admin;v=1', '/;x/de/admin'])
      expect(openness(read(pathname))).toBe('closed');
  });

  it('and so is the start page, where a rule closes it', () => {
    const rules: Rule[] = [{ path: '/', allow: 'session' }, ...ALL_OPEN];
    for (const pathname of ['/', '/de', '/DE', '/de/', '/de.rsc', '/_next/data/build/de.json'])
      expect(isOpen(pathname, rules)).toBe(false);
  });
});

describe('an opening rule takes a locale to the letter, and no locale for a parameter:', () => {
  const rules: Rule[] = [
    { path: '/about', allow: 'public' },
    { path: '/:slug', allow: 'public' },
    { path: '/:section/help', allow: 'public' },
    { path: '/posts/:slug', allow: 'public' },
  ];

  it.each([
    ['/about', true],
    ['/de/about', true],
    ['/DE/about', false],
    ['/hello', true],
    ['/de/hello', true],
    ['/de', false],
    ['/DE', false],
    ['/shop/help', true],
    ['/de/shop/help', true],
    ['/de/posts/1', true],
    ['/posts/de', true],
    ['/help', true],
    ['/DE/help', false],
  ])('%s is open: %s', (pathname, expected) => {
    expect(isOpen(pathname, rules)).toBe(expected);
  });

  it('what is closed without its locale stays closed with it', () => {
    const closed: Rule[] = [{ path: '/:section/help', allow: 'public' }];
    expect([isOpen('/help', closed), isOpen('/de/help', closed), isOpen('/shop/help', closed)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('a restricting rule with a parameter in front', () => {
  const admin: Rule = { path: '/:locale/admin/*', allow: { roles: ['admin'] } };

  it('takes a locale for it, so that naming the locales opens nothing', () => {
    const rules: Rule[] = [admin, { path: '/*', allow: 'public' }];
    expect(isOpen('/de/admin', rules, null)).toBe(false);
    expect(fallsUnder('/de/admin', rules)).toEqual(['/:locale/admin/*', '/*']);
    expect(isOpen('/de/admin', rules)).toBe(false);
    expect(isOpen('/DE/admin/users', rules)).toBe(false);
  });

  it('does not stand in for the rule of the page, which is to be met as well', () => {
    const rules: Rule[] = [
      { path: '/:team/settings', allow: 'session' },
      { path: '/settings', allow: { roles: ['admin'] } },
    ];
    expect(fallsUnder('/de/settings', rules)).toEqual(['/:team/settings', '/settings']);
    expect(fallsUnder('/red/settings', rules)).toEqual(['/:team/settings']);
  });

  it('is not asked behind the rule of the page', () => {
    const rules: Rule[] = [
      { path: '/settings', allow: 'public' },
      { ...admin, path: '/:team/settings' },
    ];
    expect(fallsUnder('/de/settings', rules)).toEqual(['/settings']);
    expect(fallsUnder('/red/settings', rules)).toEqual(['/:team/settings']);
  });
});

describe('a rule that has a locale in its pattern', () => {
  it('is for this language alone, and decides where it comes first', () => {
    const rules: Rule[] = [
      { path: '/de/imprint', allow: 'public' },
      { path: '/de/press', allow: { roles: ['press'] } },
      { path: '/press', allow: 'public' },
    ];
    expect(['/imprint', '/en/imprint', '/de/imprint'].map((path) => isOpen(path, rules))).toEqual([false, false, true]);
    expect(['/press', '/en/press', '/de/press', '/DE/press'].map((path) => isOpen(path, rules))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('names a page that is called like a locale: the first of both rules decides', () => {
    const page: Rule = { path: '/de', allow: 'public' };
    const start: Rule = { path: '/', allow: { roles: ['staff'] } };
    expect(fallsUnder('/de', [page, start])).toEqual(['/de']);
    expect(fallsUnder('/de', [start, page])).toEqual(['/']);
    expect(fallsUnder('/en', [page, start])).toEqual(['/']);
  });
});

it('beside `i18n` of Next each takes off one segment, and nothing that a rule closes is open', () => {
  const open = (pathname: string, nextLocale: string) =>
    openness(rulesFor(ALL_OPEN, pathsOf(pathname, nextLocale), 'GET', EN_DE)) !== 'closed';
  for (const pathname of ['/admin', '/de/admin', '/en/de/admin', '/_next/data/build/de/admin.json'])
    expect(open(pathname, 'en')).toBe(false);
  expect(open('/about', 'en')).toBe(true);
});

describe('locales', () => {
  it.each<[unknown]>([
    ['en'],
    [null],
    [[7]],
    [['en', '']],
    [['en/gb']],
    [['/en']],
    [['..']],
    [['.']],
    [['%65n']],
    [['[locale]']],
    [[':locale']],
    [['*']],
    [['en', 'EN']],
    [['de', 'de']],
    [['auth']],
    [['en', 'API']],
    [['_next']],
  ])('%j are at fault', (locales) => {
    expect(Object.keys(localeFaults(locales))).toEqual(['locales']);
  });

  it.each([[[]], [['en']], [['en', 'de-AT', 'zh-Hant-TW', 'pt_br', '日本']]])('%j are in order', (locales) => {
    expect(localeFaults(locales)).toEqual({});
  });

  it('that are at fault are named with the variables', () => {
    const misconfigured = expect.objectContaining({
      variables: expect.objectContaining({ locales: expect.any(String) }),
    });
    expect(() => createDeps({}, [], [], ['en', 'en'])).toThrow(misconfigured);
  });
});
