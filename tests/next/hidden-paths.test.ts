import { describe, expect, it } from 'vitest';
import { withHidden } from '../../lib/next/hidden-paths';
import { readings } from '../../lib/policy/path';

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
