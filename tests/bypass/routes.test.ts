import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import site from '../../gatehouse.config';
import { builtSite } from '../../lib/cli/built-site.ts';
import type { Rule } from '../../lib/policy/rule';
import { root } from '../../local/setup.mjs';
import { judge as judgeBy } from '../routes/judge';
import { distOf, ensureBuild, type Variant } from './builds';

/** For the servers behind the canary's rewrites to another origin. */
const hidden: Rule = { path: '/upstream/*', allow: 'session', cookies: 'hidden' };

const { rules } = site;

const variants: Variant[] = ['turbopack', 'based', 'i18n'];
beforeAll(() => Promise.all(variants.map(ensureBuild)), 600_000);

describe.each(variants)('gatehouse routes of the canary in the shape %s', (variant) => {
  let built: ReturnType<typeof builtSite> | undefined;
  const site = () => {
    built ??= builtSite(join(root, 'tests/canary'), distOf(variant)); // reads every bundle of the build
    return { ...built, draftMode: [] }; // see draft-mode.test.ts
  };
  const judge = (by: readonly Rule[]) => judgeBy(site(), by).rows;

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

  it('finds that a rewrite to another origin would hand our cookies over, until a rule hides them', () => {
    const handedOver = /^\/upstream\/:path\* .*cookies: 'hidden'/;
    expect(judgeBy(site(), rules).faults).toEqual([expect.stringMatching(handedOver)]);
    expect(judgeBy(site(), [hidden, ...rules]).faults).toEqual([]);
  });

  it('finds no other fault in the site as a whole, and names what is fetched without cookies', () => {
    const { warnings } = judgeBy(site(), [hidden, ...rules]);
    const named = ['/manifest.webmanifest', '/section/icon.png', '/section/opengraph-image', '/sitemap.xml'];
    const item = '/.well-known/(..)item/[id]'; // open by its own name, closed by the page that it stands in for
    expect(warnings).toEqual([expect.stringMatching(/^browsers and crawlers fetch these without cookies/)]);
    for (const route of [...named, item]) expect(warnings[0]).toContain(route);
    const opened: Rule[] = [...named, '/item/:id'].map((path) => ({ path: path as Rule['path'], allow: 'public' }));
    expect(judgeBy(site(), [...opened, hidden, ...rules])).toMatchObject({ faults: [], warnings: [] });
  });

  it('finds the rules that an earlier rule hides', () => {
    const { faults } = judgeBy(site(), [{ path: '/:section/*', allow: 'public' }, ...rules]);
    expect(faults).toEqual([expect.stringMatching(/^rule \/admin\/\* /), expect.stringMatching(/^rule \/vault\/\* /)]);
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
