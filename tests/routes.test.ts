import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as pageInfo from 'next/dist/build/analysis/get-page-static-info.js';
import { buildCustomRoute } from 'next/dist/lib/build-custom-route.js';
import loadCustomRoutes from 'next/dist/lib/load-custom-routes.js';
import { afterEach, describe, expect, it } from 'vitest';
import { readings, withHidden } from '../lib/policy/path';
import { openness, rulesFor } from '../lib/policy/rules';
import type { Rule } from '../lib/types';
import { builtSite } from '../local/built-site.mjs';
import { inspect } from '../local/routes.mjs';
import { root } from '../local/setup.mjs';

const rules: Rule[] = [
  { path: '/', allow: 'optional' },
  { path: '/docs/free', allow: 'public' },
  { path: '/api/news', methods: ['GET'], allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
  { path: '/admni/*', allow: { roles: ['admin'] } },
];
type Site = Parameters<typeof inspect>[0];
const site: Site = { routes: ['/'], locales: [], rewrites: [], actions: [], isGated: () => true };
/** What Next calls the first action that is written inside of a component, in every file. */
const INLINE = '$$RSC_SERVER_ACTION_0';
const policy = { rules, openActions: ['vote', INLINE], rulesFor, openness, readings, withHidden };
const judge = (parts: Partial<Site>, by: readonly Rule[] = rules) =>
  inspect({ ...site, ...parts }, { ...policy, rules: by });
const rulesOf = (route: string, by = rules) => judge({ routes: [route] }, by).rows[0]?.rules;
const faults = (parts: Partial<Site>, by: readonly Rule[] = rules) =>
  judge(parts, by).rows.flatMap(({ route, fault }) => (fault ? [`${route}: ${fault}`] : []));

describe('the rules of a route', () => {
  it.each([
    ['/', ['/ → optional']],
    ['/dashboard', ['/* → session']],
    ['/docs/[slug]', ['/* → session', '/docs/free → public']],
    ['/docs/[[...slug]]', ['/* → session', '/docs/free → public']],
    ['/[...rest]', ['/* → session', '/docs/free → public', 'GET /api/news → public', '/admin/* → roles admin']],
    ['/admin/[id]/edit', ['/admin/* → roles admin']],
    ['/api/news', ['GET /api/news → public', '/* → session']],
  ])('%s: %j', (route, expected) => {
    expect(rulesOf(route)).toEqual(expect.arrayContaining(expected));
    expect(new Set(rulesOf(route)).size).toBeGreaterThanOrEqual(expected.length);
  });

  it('are those of the page as well that an intercepting route stands in for', () => {
    const feed: Rule[] = [{ path: '/feed/*', allow: 'public' }, ...rules];
    expect(rulesOf('/feed/(..)photo/[id]', feed)).toEqual(['/feed/* → public and /* → session']);
    expect(rulesOf('/feed/(..)admin', feed)).toEqual(['/feed/* → public and /admin/* → roles admin']);
  });

  it('names those that catch nothing', () => {
    expect(judge({ routes: ['/', '/docs/[slug]', '/api/news', '/admin'] }).idle).toEqual(['/admni/*']);
  });
});

describe('a fault', () => {
  it('is a route that the matcher leaves out', () => {
    const isGated = (path: string) => !path.startsWith('/api');
    expect(faults({ routes: ['/api/me', '/dashboard'], isGated })).toEqual([
      '/api/me: the matcher of middleware.ts leaves it out',
    ]);
  });

  it('is a dynamic route that answers where the files of the build are, which the matcher leaves out', () => {
    const isGated = (path: string) => !path.startsWith('/_next/static/');
    const found = faults({ routes: ['/[...all]', '/[[...all]]', '/[a]/[b]/[c]', '/docs/[slug]', '/[one]'], isGated });
    expect(found.map((fault) => fault.split(':')[0])).toEqual(['/[...all]', '/[[...all]]', '/[a]/[b]/[c]']);
    expect(found[0]).toContain('rewrite that to /404');
  });

  it('is a rewrite from an open path to a closed one, and not the other way round', () => {
    const rewrites = [
      { source: '/docs/free', destination: '/admin' },
      { source: '/wiki/:page', destination: '/docs/free' },
    ];
    expect(faults({ rewrites })).toEqual(['/docs/free ⇒ /admin: opens what the rule of /admin keeps closed']);
  });

  it.each<[source: string, destination: string, isFault: boolean]>([
    ['/:path*', '/admin/:path*', true],
    ['/docs/:slug', '/admin/:slug', true],
    ['/docs/:slug(\\w+)', '/admin', true],
    ['/:section/free', '/admin', true],
    ['/api/:name*', '/dashboard', true],
    ['/docs/:slug', '/dashboard?from=:slug', true],
    ['/docs/free', '/docs/%66ree', false],
    ['/docs/free', '/feed/(..)admin', true],
    ['/docs/free', 'https://docs.example/:path*', false],
    ['/docs/other', '/admin', false],
    ['/wiki/:page*', '/admin/:page*', false],
    ['/:path*', '/404', false],
    ['/', '/docs/free', false],
  ])('is a rewrite of %s to %s: %s', (source, destination, isFault) => {
    expect(faults({ rewrites: [{ source, destination }] }).length > 0).toBe(isFault);
  });

  it.each<[rule: Rule['path'], source: string]>([
    ['/open/*', '/open/wiki/:page'],
    ['/open/*', '/:any/wiki'],
    ['/:lang/help', '/en/:page'],
    ['/*', '/a/b/c'],
  ])('is a rewrite of what only %s and %s together serve', (path, source) => {
    const by: Rule[] = [
      { path: '/admin/*', allow: { roles: ['admin'] } },
      { path, allow: 'public' },
    ];
    expect(faults({ rewrites: [{ source, destination: '/admin' }] }, by)).toHaveLength(1);
    expect(faults({ rewrites: [{ source: `/admin${source}`, destination: '/admin' }] }, by)).toEqual([]);
  });

  it('is an asset prefix that is open for more than the files of the build', () => {
    const rewrites = [{ source: '/cdn/_next/:path+', destination: '/_next/:path+' }];
    expect(faults({ rewrites }, [{ path: '/cdn/_next/static/*', allow: 'public' }])).toEqual([]);
    expect(faults({ rewrites }, [{ path: '/cdn/*', allow: 'public' }])).toHaveLength(1);
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)(
    'is a rewrite that opens something to %s alone',
    (method) => {
      const others = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter((other) => other !== method);
      const [first = 'GET', ...more] = others;
      const rewrites = [{ source: '/open', destination: '/end' }];
      const end: Rule = { path: '/end', methods: [first, ...more], allow: 'public' };
      expect(faults({ rewrites }, [{ path: '/open', allow: 'public' }, end])).toHaveLength(1);
      expect(faults({ rewrites }, [{ path: '/open', methods: [first, ...more], allow: 'public' }, end])).toEqual([]);
    },
  );

  it('is a rewrite that takes the locale as a part of the path', () => {
    const rewrite = { source: '/:lang/docs/free', destination: '/:lang/admin' };
    expect(faults({ locales: ['en', 'id'], rewrites: [{ ...rewrite, locale: false }] })).toHaveLength(1);
    expect(faults({ locales: ['en', 'id'], rewrites: [rewrite] })).toEqual([]);
  });

  it('is a rewrite of what is only a locale, which the rule of the start page opens', () => {
    const rewrite = { source: '/:lang', destination: '/:lang/admin', locale: false } as const;
    expect(faults({ locales: ['en', 'id'], rewrites: [rewrite] }, [{ path: '/', allow: 'public' }])).toHaveLength(1);
  });
});

describe('a Server Action', () => {
  const action = (name: string, ...pages: string[]) => ({ name, file: 'app/actions.ts', pages });
  const called = (...pages: string[]) => judge({ actions: [action('pay', ...pages)] }).rows.slice(1);

  it.each<[page: string, at: string[]]>([
    ['/', ['at /']],
    ['/docs/[slug]', ['at /docs/[slug]']],
    ['/_not-found', ['at /_not-found']],
    ['/dashboard', []],
    ['/admin', []],
    ['/api/news', []], // open for GET alone
  ])('of %s can be called by anybody: %j', (page, at) => {
    expect(called('/admin', page).flatMap((row) => row.rules)).toEqual(at);
  });

  it('that can be called by anybody is a fault, unless it is meant to', () => {
    const actions = [action('pay', '/', '/docs/[slug]', '/admin'), action('vote', '/'), action(INLINE, '/')];
    const { rows } = judge({ actions });
    expect(rows.slice(1)).toEqual([
      {
        route: 'action pay (app/actions.ts)',
        rules: ['at /, /docs/[slug]'],
        fault: expect.stringContaining('name it in openActions of lib/site.ts'),
      },
      { route: 'action vote (app/actions.ts)', rules: ['at /'] },
      { route: `action ${INLINE} (app/actions.ts)`, rules: ['at /'], fault: expect.any(String) },
    ]);
  });
});

/** Which Next exports, and leaves out of its types. */
const { getMiddlewareMatchers } = pageInfo as unknown as {
  getMiddlewareMatchers: (matcher: unknown, config: object) => readonly { readonly regexp: string }[];
};

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function emptyBuild(): string {
  mkdirSync(join(root, '.artifacts'), { recursive: true });
  const build = mkdtempSync(join(root, '.artifacts/routes-'));
  folders.push(build);
  mkdirSync(join(build, 'server'));
  return build;
}

describe('what a build says of itself', () => {
  type Config = Parameters<typeof loadCustomRoutes>[0];
  type Rewrites = Awaited<ReturnType<NonNullable<Config['rewrites']>>>;
  interface Parts {
    readonly basePath?: string;
    readonly assetPrefix?: string;
    readonly locales?: string[];
    readonly matcher?: unknown;
    readonly rewrites?: Rewrites;
    readonly pages?: Record<string, string>;
    readonly app?: Record<string, string>;
    readonly actions?: object;
  }
  /** A build of a site with these parts, its matcher and rewrites compiled by Next itself. */
  async function compiled({
    basePath = '',
    assetPrefix = '',
    locales,
    matcher = GATE,
    rewrites = [],
    ...parts
  }: Parts): Promise<Site> {
    const i18n = locales && { locales, defaultLocale: locales[0] ?? '' };
    const config = {
      basePath,
      assetPrefix,
      i18n,
      experimental: {},
      images: {},
      rewrites: async () => structuredClone(rewrites),
    } as Config;
    const routes = await loadCustomRoutes(config);
    const compile = (list: typeof routes.rewrites.afterFiles) => list.map((one) => buildCustomRoute('rewrite', one));
    const { beforeFiles, afterFiles, fallback } = routes.rewrites;
    const matchers = getMiddlewareMatchers(matcher, config);
    const build = emptyBuild();
    const manifests = {
      BUILD_ID: 'x',
      'routes-manifest.json': {
        basePath,
        i18n,
        rewrites: {
          beforeFiles: compile(beforeFiles),
          afterFiles: compile(afterFiles),
          fallback: compile(fallback),
        },
      },
      'app-path-routes-manifest.json': parts.app ?? {},
      'server/pages-manifest.json': parts.pages ?? {},
      'server/middleware-manifest.json': { middleware: { '/': { matchers } } },
      'server/server-reference-manifest.json': parts.actions ?? {},
    };
    for (const [file, content] of Object.entries(manifests)) writeFileSync(join(build, file), JSON.stringify(content));
    return builtSite(join(root, 'tests/canary/none'), build);
  }
  const GATE = '/((?!_next/static/).*)';
  const missing = { source: '/_next/static/:path*', destination: '/404' };
  const faulty = async (parts: Parts) => faults(await compiled(parts)).map((fault) => fault.split(': ')[0]);

  describe.each(['', '/base'])('with locales and the base path %j', (basePath) => {
    const site = { basePath, locales: ['en', 'id'] };
    const plain = { '/': '', '/en/about': '', '/id/about': '', '/id/404': '', '/legacy': '' };
    const deep = { '/[[...all]]': '', '/[a]/[b]/[c]/[d]': '' };
    const everywhere = { source: GATE, locale: false };

    it('takes the locale off what is built once for each', async () => {
      expect((await compiled({ ...site, pages: plain })).routes).toEqual(['/', '/about', '/legacy', '/_next/image']);
    });

    it('finds nothing wrong where the matcher says that locales do not matter', async () => {
      const rewrites = [{ ...missing, locale: false as const }];
      expect(await faulty({ ...site, matcher: [everywhere], pages: { ...plain, ...deep }, rewrites })).toEqual([]);
    });

    it('finds the root, which a matcher for a locale and something behind it leaves out', async () => {
      const [found, ...others] = faults(await compiled({ ...site, pages: plain }));
      expect([found, others]).toEqual([expect.stringMatching(/^\/: .* `locale: false`/), []]);
      expect(await faulty({ ...site, pages: plain, matcher: ['/', GATE] })).toEqual([]);
    });

    it('finds a dynamic page behind whatever of /_next is left out, with a locale or without', async () => {
      const all = Object.keys(deep);
      const withoutLocale = { ...missing, locale: false as const };
      const rest = { source: '/_next/:path((?!data/|image$).*)', destination: '/404', locale: false as const };
      const found = (rewrites: Rewrites, matcher: unknown = ['/', GATE]) =>
        faulty({ ...site, pages: deep, matcher, rewrites });
      expect(await found([])).toEqual(all);
      expect(await found([missing])).toEqual(all);
      expect(await found([rest])).toEqual(all);
      expect(await found([missing, withoutLocale])).toEqual(all);
      expect(await found([missing, rest])).toEqual(all); // Next compares /_next/IMAGE and /_next/DATA with it in any case
      expect(await found([missing], [everywhere])).toEqual(all);
      expect(await found({ beforeFiles: [], afterFiles: [], fallback: [withoutLocale] }, [everywhere])).toEqual(all);
      const sometimes = { ...withoutLocale, has: [{ type: 'cookie' as const, key: 'x' }] };
      expect(await found([sometimes], [everywhere])).toEqual(all);
    });

    it.each([
      ['/docs/free', '/admin', true],
      ['/:path*', '/admin/:path*', true],
      ['/wiki/:path*', '/admin/:path*', false],
      ['/wiki', '/docs/free', false],
    ])('judges a rewrite of %s to %s: %s', async (source, destination, isFault) => {
      const found = await faulty({ ...site, matcher: [everywhere], rewrites: [{ source, destination }] });
      expect(found).toEqual(isFault ? [`${source} ⇒ ${destination}`] : []);
    });
  });

  it.each(['/cdn', 'https://files.example/cdn'])('finds the asset prefix %s outside the base path', async (prefix) => {
    const rewrite = '/cdn/_next/:path+ ⇒ /_next/:path+';
    expect(await faulty({ basePath: '/base', assetPrefix: prefix })).toEqual([rewrite]);
    expect(await faulty({ basePath: '/base', assetPrefix: '/base/cdn' })).toEqual([]);
    expect(await faulty({ assetPrefix: prefix })).toEqual([]);
    expect(await faulty({ assetPrefix: prefix, matcher: '/((?!_next/static/|cdn/).*)' })).toEqual([rewrite]);
  });

  it('does not rely on a matcher that is there for some requests only', async () => {
    const matcher = [{ source: GATE, missing: [{ type: 'header', key: 'x' }] }];
    expect(await faulty({ pages: { '/legacy': '' }, matcher })).toEqual(['/_next/image', '/legacy']);
  });

  it('finds the pages of each Server Action by the addresses that they have', async () => {
    const app = { '/(shop)/page': '/', '/(shop)/@cart/pay/page': '/pay' };
    const workers = { 'app/(shop)/page': {}, 'app/(shop)/@cart/pay/page': {}, 'app/_not-found/page': {} };
    const node = { '40ab': { workers, exportedName: 'pay', filename: 'app/pay.ts' }, '40cd': { workers: {} } };
    const { actions } = await compiled({ app, actions: { node, edge: { '40ef': { exportedName: 'at the edge' } } } });
    expect(actions).toEqual([
      { name: 'pay', file: 'app/pay.ts', pages: ['/', '/pay', '/_not-found'] },
      { name: '40cd', file: 'an unknown file', pages: [] },
      { name: 'at the edge', file: 'an unknown file', pages: [] },
    ]);
  });
});

describe('npm run routes', () => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'local/routes.mjs'), ...args], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  /** What the build says of itself, with another matcher. */
  function doctored(regexp: string): string {
    const build = emptyBuild();
    for (const file of ['BUILD_ID', 'app-path-routes-manifest.json', 'routes-manifest.json'])
      cpSync(join(root, '.next', file), join(build, file));
    const manifest = { middleware: { '/': { matchers: [{ regexp }] } } };
    writeFileSync(join(build, 'server/middleware-manifest.json'), JSON.stringify(manifest));
    return build;
  }

  it('lists every route of the built site, and is content with it', () => {
    const { status, stdout } = run();
    expect(status).toBe(0);
    for (const line of [/^\/vault +\/vault\/\* → acr/m, /^\/robots\.txt +\/robots\.txt → public/m, /^\/api\/me +/m])
      expect(stdout).toMatch(line);
    expect(stdout).toContain('0 of them open');
  });

  it('exits with 1 when the matcher leaves something out', () => {
    const { status, stdout } = run(root, doctored('^/(?!api/).*$'));
    expect([status, stdout.match(/PUBLIC: .*/g)]).toEqual([1, ['PUBLIC: the matcher of middleware.ts leaves it out']]);
    expect(run(root, doctored('^/.*$')).status).toBe(0);
  });

  it('says that there is no middleware, where Next has not found it', () => {
    const build = doctored('^/.*$');
    rmSync(join(build, 'server/middleware-manifest.json'));
    const { status, stdout } = run(root, build);
    expect(status).toBe(1);
    expect(stdout).toContain('This build has no middleware.');
  });

  it('says what to do when there is no build', () => {
    const { status, stderr } = run(root, join(root, '.artifacts/none'));
    expect(status).toBe(1);
    expect(stderr).toContain('run `next build` first');
  });
});
