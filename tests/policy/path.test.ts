import { describe, expect, it } from 'vitest';
import { imageSource, namesParameters, namesRoute, readings, withHidden } from '../../lib/policy/path';

describe('what else Next makes of a path', () => {
  it.each([
    ['a plain path', '/admin', 'id', []],
    ['a path on a site without locales', '/id/admin', undefined, []],
    ['a locale in front', '/id/admin', 'id', ['/admin']],
    ['a locale in another case', '/ID/Admin', 'id', ['/Admin']],
    ['a locale alone', '/id', 'id', ['/']],
    ['a base path and a locale', '/base/id/admin', 'id', ['/admin']],
    ['two locales', '/id/id/admin', 'id', ['/id/admin', '/admin']],
    ['data of a page', '/_next/data/build/admin/legacy.json', undefined, ['/admin/legacy']],
    ['data of the start page', '/_next/data/build/index.json', undefined, ['/']],
    ['data below a locale', '/id/_next/data/build/admin.json', 'id', ['/_next/data/build/admin.json', '/admin']],
    ['a locale in data', '/_next/data/build/id/admin.json', 'id', ['/admin.json', '/id/admin', '/admin']],
    ['a prerendered segment', '/admin.segments/_tree.segment', undefined, ['/admin']],
    [
      'a deeper one, as a file',
      '/vault/x.segments/vault/__PAGE__.segment.rsc',
      undefined,
      ['/vault/x.segments/vault/__PAGE__.segment', '/vault/x'],
    ],
    ['a prerendered page', '/admin.rsc', undefined, ['/admin']],
    ['a prerendered page in capitals', '/admin.RSC', undefined, ['/admin']],
    ['a page that is prerendered to be fetched ahead', '/admin.prefetch.rsc', undefined, ['/admin.prefetch', '/admin']],
    ['the same as Next shows it', '/admin.prefetch', undefined, ['/admin']],
    ['the same in capitals', '/admin.Prefetch', undefined, ['/admin']],
    ['a page that answers to an action', '/admin/act.action', undefined, ['/admin/act']],
    ['the same in capitals', '/admin/act.ACTION', undefined, ['/admin/act']],
    ['the same below a locale', '/id/admin.action', 'id', ['/admin.action', '/id/admin', '/admin']],
    ['an action of the start page', '/index.action', undefined, ['/']],
    [
      'several suffixes',
      '/admin.action.prefetch.rsc',
      undefined,
      ['/admin.action.prefetch', '/admin.action', '/admin'],
    ],
    ['a suffix alone', '/.action', undefined, ['/']],
    ['a suffix after a slash', '/admin/.prefetch', undefined, ['/admin']],
    ['segments after a slash', '/admin/.segments/_tree.segment', undefined, ['/admin']],
    ['a suffix in the middle', '/admin.action/x', undefined, []],
    ['names that only end like a suffix', '/reaction', undefined, []],
    ['a longer suffix', '/admin.transaction', undefined, []],
    ['the start page', '/index.segments/_full.segment.rsc', undefined, ['/index.segments/_full.segment', '/']],
    ['a name that only looks like it', '/admin.segments', undefined, []],
    ['the folder of data alone', '/_next/data/build', undefined, []],
    ['data behind an asset prefix', '/cdn/_next/data/build/admin/legacy.json', undefined, ['/admin/legacy']],
    ['a stand-in', '/(.)admin/item/7', undefined, ['/admin/item/7']],
    ['a stand-in for a page one level up', '/feed/(..)photo/7', undefined, ['/photo/7']],
    ['a stand-in for a page two levels up', '/a/b/(..)(..)c', undefined, ['/c']],
    ['a stand-in for a page at the root', '/a/b/(...)c', undefined, ['/c']],
    ['a stand-in for more levels than there are', '/(..)(..)c', undefined, ['/c']],
    ['brackets with something else in them', '/(x)/(....)y', undefined, []],
    ['a letter whose small form is longer', '/İİİ/admin.SEGMENTS/x.segment', undefined, ['/İİİ/admin']],
  ])('%s', (_, path, locale, hidden) => {
    expect(withHidden([path], locale)).toEqual([path, ...hidden]);
  });

  it.each([
    ['locales', '/id'.repeat(5_000)],
    ['data', '/_next/data/build'.repeat(1_000)],
    ['both', '/_next/data/build/id'.repeat(1_000)],
    ['suffixes', `/admin${'.action.prefetch'.repeat(1_000)}`],
  ])('is not looked for without end in a path of nothing but %s', (_, path) => {
    expect(withHidden([path], 'id')).toBeNull();
  });

  // Long enough that whatever looks at each place with each other one would not come to its end within the test's time.
  it.each([
    ['prerendered segments', `${'/a.segments/b'.repeat(200_000)}x`],
    ['files of them', `${'.segments/'.repeat(200_000)}.segment`],
    ['data and segments', `${'/_next/data/b'.repeat(14)}${'.segments/'.repeat(200_000)}a`],
    ['suffixes', `/a${'.action.prefetch'.repeat(100_000)}x`],
    ['stand-ins', `/${'(.)'.repeat(200_000)}`],
    ['dots', `/${'.'.repeat(1_000_000)}`],
    ['slashes', `${'/'.repeat(1_000_000)}a`],
    ['escapes', '/%41'.repeat(200_000)],
  ])('is found in a long path of %s', (_, path) => {
    const plain = readings(path);
    expect(plain).not.toBeNull();
    expect(withHidden(plain ?? [], 'id')).not.toEqual([]);
  });
});

describe('the picture that Next is asked for, on a site below a base path', () => {
  it.each([
    ['/base/icon.svg', ['/icon.svg']],
    ['/abcd/icon.svg', null],
    ['/basement/icon.svg', null],
  ])('%s is %j', (source, expected) => {
    const url = new URL('https://site.example/base/_next/image');
    url.searchParams.set('url', source);
    expect(imageSource(url, '/base')).toEqual(expected);
  });
});

describe('a segment in the notation of Next’s routes', () => {
  it.each([
    '/docs/[slug]',
    '/docs/[...slug]',
    '/docs/[[...slug]]',
    '/[lang]',
    '/[lang]/docs/page',
    '/docs/[Slug-2]/x',
    '/[a][b]',
    '/x/_next/[slug]',
    '/[slug]/_next/static/x.js',
  ])('is in %s', (path) => {
    expect(namesRoute(path)).toBe(true);
  });

  it.each([
    '/docs/slug',
    '/files/report[1].pdf',
    '/files/[draft] report.pdf',
    '/files/report-[draft]',
    '/[',
    '/]',
    '/[]',
    '/[x',
    '/x]',
    '/][',
    '/_next/static/chunks/app/docs/[slug]/page.js', // how a build calls the files of a route
    '/cdn/_next/static/chunks/app/[[...slug]]/page.js',
  ])('is not in %s', (path) => {
    expect(namesRoute(path)).toBe(false);
  });

  it.each([
    ['/docs/%5Bslug%5D'],
    ['/docs/%5bslug]'],
    ['/docs%2f[slug]'],
    ['/docs/x/..%2f[slug]'],
    ['/docs/[slug].rsc'],
    ['/docs/[slug].prefetch'],
    ['/docs/[slug].action'],
    ['/docs/[slug].segments/_tree.segment'],
    ['/_next/data/build/docs/[slug].json'],
    ['/feed/(..)photo/[id]'],
    ['/feed/(.)[id]'],
    ['/_next/static/../docs/[slug]'],
    ['/_next/static/..%2fdocs/[slug]'],
  ])('is in one of the readings of %s', (path) => {
    expect(withHidden(readings(path) ?? [])?.some(namesRoute)).toBe(true);
  });

  it.each([
    ['brackets', `/${'['.repeat(1_000_000)}`],
    ['segments with one', '/['.repeat(500_000)],
    ['names', `/${'[x]a'.repeat(250_000)}`],
  ])('is looked for in a long path of %s', (_, path) => {
    expect(namesRoute(path)).toBe(false);
  });
});

describe('a parameter that Next’s router hands on', () => {
  it.each([
    '/docs/x?nxtPslug=internal',
    '/docs/x?a=1&nxtPslug=internal',
    '/docs/x?nxtIslug=1',
    '/?nxtP',
    '/?nxtI=',
    '/?nxtP=&nxtP=',
    '/?%6extPslug=x',
    '/?n%78t%50slug=x',
    '/?a=1&nxtPslug%5B%5D=x',
    '/?nxtPslug=x#part',
    'https://site.example/x?nxtPslug=x',
    '/x??&nxtPslug=x',
  ])('is in %s', (url) => {
    expect(namesParameters(url)).toBe(true);
  });

  it.each([
    '/docs/x',
    '/nxtPslug',
    '/x?q=nxtPslug',
    '/x?q=?nxtPslug=1',
    '/x?xnxtPslug=1',
    '/x?nxtSlug=1',
    '/x?NXTPslug=1',
    '/x?nxt=P',
    '/x?q=100%',
    '/x?%zz=%',
    '/x#?nxtPslug=1',
    '/x?%256extPslug=1',
  ])('is not in %s', (url) => {
    expect(namesParameters(url)).toBe(false);
  });

  it.each([
    ['names', `/?${'nxt&'.repeat(200_000)}`],
    ['escapes', `/?${'%6ext'.repeat(200_000)}`],
    ['question marks', '?'.repeat(1_000_000)],
  ])('is looked for in a long query of %s', (_, url) => {
    expect(namesParameters(url)).toBe(false);
  });
});
