import { describe, expect, it } from 'vitest';
import { withHidden } from '../../lib/next/hidden-paths';
import { namesParameters, namesRoute } from '../../lib/next/route-notation';
import { readings } from '../../lib/policy/path';

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
