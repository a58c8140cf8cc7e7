import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readings, withHidden } from '../../lib/policy/path';
import { openness, rulesFor } from '../../lib/policy/rules';
import { rules } from '../../lib/site';
import type { Rule } from '../../lib/types';
import { builtSite } from '../../local/built-site.mjs';
import { inspect } from '../../local/routes.mjs';
import { root } from '../../local/setup.mjs';
import { distOf, ensureBuild, type Variant } from './builds';

const variants: Variant[] = ['turbopack', 'webpack', 'based', 'i18n', 'assets'];
beforeAll(() => Promise.all(variants.map(ensureBuild)), 120_000);

describe.each(variants)('npm run routes of the canary in the shape %s', (variant) => {
  const site = () => builtSite(join(root, 'tests/canary'), distOf(variant));
  const judge = (by: readonly Rule[]) =>
    inspect(site(), { rules: by, openActions: [], rulesFor, openness, readings, withHidden }).rows;

  it('lists every route once, without base path and locale, and is content', () => {
    const rows = judge(rules);
    expect(rows.filter(({ fault }) => fault)).toEqual([]);
    const routes = rows.map(({ route }) => route);
    expect(new Set(routes).size).toBe(routes.length);
    expect(routes).toEqual(
      expect.arrayContaining(['/', '/action', '/docs/[[...slug]]', '/legacy', '/canary.txt', '/_next/image']),
    );
    expect(routes.filter((route) => /^\/(en|id|base|404|500)(\/|$)/.test(route))).toEqual([]);
  });

  it('knows what an intercepting route stands in for', () => {
    const rulesOf = (wanted: string) => judge(rules).find(({ route }) => route === wanted)?.rules;
    expect(rulesOf('/.well-known/(..)item/[id]')).toEqual(['/.well-known/* → public and /* → session']);
    expect(rulesOf('/(.)admin/item/[id]')).toEqual(['/* → session and /admin/* → roles admin']);
  });

  it('finds the actions that would be open if a page were', () => {
    const faults = judge([{ path: '/kinds', allow: 'public' }, ...rules]).filter(({ fault }) => fault);
    expect(faults.map(({ route, rules: at }) => [route.split(' (')[0], at]).sort()).toEqual([
      ['action tell', ['at /kinds']],
      ['action tellWith', ['at /kinds']],
    ]);
  });
});
