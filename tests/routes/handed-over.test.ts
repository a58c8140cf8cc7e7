import { describe, expect, it } from 'vitest';
import type { Rule } from '../../lib/policy/rule';
import { judge, type Site } from './judge';

const DOCS: Site['rewrites'] = [{ source: '/docs/:path*', destination: 'https://docs.example/:path*' }];
const faultsOf = (rules: Rule[], rewrites = DOCS, parts: Partial<Site> = {}) =>
  judge({ rewrites, ...parts }, rules).faults;
const hidden: Rule = { path: '/docs/*', allow: 'session', cookies: 'hidden' };
const roles = { roles: ['reader'] } as const;

describe('a rewrite to another origin', () => {
  it.each<[allow: Rule['allow']]>([['optional'], ['session'], [roles]])('under %j is a fault', (allow) => {
    const rule = { path: '/docs/*', allow } as Rule;
    const [fault, ...others] = faultsOf([rule]);
    expect([fault, others]).toEqual([
      expect.stringMatching(/^\/docs\/:path\* ⇒ .*another origin under \/docs\/\* → /),
      [],
    ]);
    expect(fault).toContain("`cookies: 'hidden'`");
    expect(faultsOf([{ ...rule, cookies: 'hidden' }])).toEqual([]);
  });

  it('is a fault under the rule for what no rule names, and none under a public one', () => {
    expect(faultsOf([])).toEqual([expect.stringContaining('under /* → session')]);
    expect(faultsOf([{ path: '/docs/*', allow: 'public' }])).toEqual([]);
  });

  it.each<[title: string, rules: Rule[]]>([
    ['a path that it serves', [{ path: '/docs/mine', allow: 'session' }, hidden]],
    ['a depth that it serves', [{ path: '/docs/:one', allow: 'session' }, hidden]],
    ['a method', [{ path: '/docs/*', methods: ['OPTIONS'], allow: 'session' }, hidden]],
    ['all methods but one', [{ ...hidden, methods: ['GET'] }]],
  ])('is a fault where the cookies are shown for %s alone', (_, rules) => {
    expect(faultsOf(rules)).toHaveLength(1);
  });

  it('is a fault where another rewrite leads to it, by the rule of the path that was asked for', () => {
    const two = [{ source: '/help', destination: '/docs/help' }, ...DOCS];
    expect(faultsOf([hidden], two)).toEqual([expect.stringMatching(/^\/help ⇒ \/docs\/help hands /)]);
    expect(faultsOf([{ path: '/help', allow: 'session', cookies: 'hidden' }, hidden], two)).toEqual([]);
    expect(faultsOf([hidden], two.toReversed())).toEqual([]); // Next goes through them once, in this order
  });

  it('serves only what no page and no file of the site answers, where Next tries it after them', () => {
    const routes = ['/docs', '/docs/mine', '/docs/[slug]'];
    const rules: Rule[] = [
      { path: '/docs', allow: 'session' },
      { path: '/docs/mine', allow: 'session' },
      { path: '/docs/:slug', allow: 'session' },
      hidden,
    ];
    const found = (stage: 'beforeFiles' | 'afterFiles' | 'fallback') => {
      const [fault = ''] = faultsOf(rules, [{ ...DOCS[0], stage } as Site['rewrites'][number]], { routes });
      return rules.map(({ path }) => path).filter((path) => fault.includes(`${path} → `));
    };
    expect(found('beforeFiles')).toEqual(['/docs', '/docs/mine', '/docs/:slug']);
    expect(found('afterFiles')).toEqual(['/docs/:slug']);
    expect(found('fallback')).toEqual([]);
  });

  it('is a fault whatever the rules say where the gate is not asked', () => {
    expect(faultsOf([hidden], DOCS, { isGated: (path) => path !== '/docs/any' })).toEqual([
      expect.stringContaining('no middleware is called for it'),
    ]);
    const outside = DOCS.map((rewrite) => ({ ...rewrite, outside: true as const }));
    expect(faultsOf([{ path: '/docs/*', allow: 'public' }], outside)).toHaveLength(1);
  });

  it('is compared with the locale in front where it takes that as a part of the path', () => {
    const rewrites = [{ source: '/:lang/docs', destination: 'https://docs.example/:lang', locale: false as const }];
    const found = (...paths: Rule['path'][]) =>
      faultsOf(
        paths.map((path) => ({ path, allow: 'public' })),
        rewrites,
        { locales: ['en'] },
      );
    expect(found('/:any/docs')).toEqual([expect.stringContaining('under /* → session')]); // of `/en/docs`
    expect(found('/:any/docs', '/docs')).toEqual([]);
  });
});
