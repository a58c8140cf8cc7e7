import { beforeAll, describe, expect, it } from 'vitest';
import { draftModeUses } from '../../lib/cli/draft-mode.ts';
import { distOf, ensureBuild, type Variant } from './builds';

/**
 * Every way to Draft Mode and preview data that a site may write, each in a file of its own, which is what has to be found. What
 * lies in `no-draft` brings Next's own code for it into the build, and is no use of it, or one of a package. That nothing is found in
 * a site without any use, is shown by the adopter sites, which `gatehouse routes` finds in order.
 */
const USES = [
  'app/draft/action/page',
  'app/draft/all-later/route',
  'app/draft/all/route',
  'app/draft/edge/route',
  'app/draft/later/route',
  'app/draft/named/route',
  'app/draft/read/page',
  'app/draft/renamed/route',
  'app/draft/required/route',
  'node_modules/draft-of-app/index.js',
  'node_modules/draft-of-pages/index.js',
  'pages/api/draft/enabled',
  'pages/api/draft/preview',
  'pages/api/draft/unpacked',
];

const variants: readonly Variant[] = ['turbopack', 'based', 'i18n'];
beforeAll(() => Promise.all(variants.map(ensureBuild)), 600_000);

describe.each(variants)('Draft Mode in the canary in the shape %s', (variant) => {
  it('is found in each of its uses, and nowhere else', () => {
    const uses = draftModeUses(distOf(variant));
    expect(USES.filter((path) => !uses.some((use) => use.includes(path)))).toEqual([]);
    expect(uses).toHaveLength(USES.length);
  });
});
