import { describe, expect, it } from 'vitest';
import { withHidden } from '../../lib/policy/path';

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
    ['the start page', '/index.segments/_full.segment.rsc', undefined, ['/index.segments/_full.segment', '/']],
    ['a name that only looks like it', '/admin.segments', undefined, []],
    ['the folder of data alone', '/_next/data/build', undefined, []],
  ])('%s', (_, path, locale, hidden) => {
    expect(withHidden([path], locale)).toEqual([path, ...hidden]);
  });

  it.each([
    ['locales', '/id'.repeat(5_000)],
    ['data', '/_next/data/build'.repeat(1_000)],
    ['both', '/_next/data/build/id'.repeat(1_000)],
  ])('is not looked for without end in a path of nothing but %s', (_, path) => {
    const before = performance.now();
    expect(withHidden([path], 'id')).toBeNull();
    expect(performance.now() - before).toBeLessThan(200);
  });
});
