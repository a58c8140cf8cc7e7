import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as pageInfo from 'next/dist/build/analysis/get-page-static-info.js';
import { buildCustomRoute } from 'next/dist/lib/build-custom-route.js';
import loadCustomRoutes from 'next/dist/lib/load-custom-routes.js';
import { afterEach, describe, expect, it } from 'vitest';
import { builtSite } from '../lib/cli/built-site.ts';
import type { Method, Rule } from '../lib/policy/rule';
import { root } from '../local/setup.mjs';
import { routes } from './routes/gatehouse';
import { INLINE, judge as judgeBy, type Site } from './routes/judge';

const rules: Rule[] = [
  { path: '/', allow: 'optional' },
  { path: '/docs/free', allow: 'public' },
  { path: '/api/news', methods: ['GET'], allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
  { path: '/admni/*', allow: { roles: ['admin'] } },
];
const judge = (parts: Partial<Site>, by: readonly Rule[] = rules) => judgeBy(parts, by);
const rulesOf = (route: string, by = rules) => judge({ routes: [route] }, by).rows[0]?.rules;
const faults = (parts: Partial<Site>, by: readonly Rule[] = rules) =>
  judge(parts, by).rows.flatMap(({ route, fault }) => (fault ? [`${route}: ${fault}`] : []));

const METHODS: Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

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

  it.each(METHODS)('are found when they are for %s alone', (method) => {
    const { rows, idle } = judge({ routes: ['/api/news'] }, [{ path: '/api/*', methods: [method], allow: 'public' }]);
    expect(rows[0]?.rules).toHaveLength(2);
    expect(rows[0]?.rules).toEqual(expect.arrayContaining([`${method} /api/* → public`, '/* → session']));
    expect(idle).toEqual([]);
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

  it.each(METHODS)('is a rewrite that opens something to %s alone', (method) => {
    // A rule for GET is one for HEAD too, so GET and HEAD are opened together.
    const rewrites = [{ source: '/open', destination: '/end' }];
    const others = METHODS.filter((other) => other !== method && !(method === 'HEAD' && other === 'GET'));
    const [first = 'GET', ...more] = others;
    const end: Rule = { path: '/end', methods: [first, ...more], allow: 'public' };
    expect(faults({ rewrites }, [{ path: '/open', allow: 'public' }, end])).toHaveLength(1);
    expect(faults({ rewrites }, [{ path: '/open', methods: [first, ...more], allow: 'public' }, end])).toEqual([]);
  });

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
  ])('of %s can be called without a session: %j', (page, at) => {
    expect(called('/admin', page).flatMap((row) => row.rules)).toEqual(at);
  });

  it('that can be called without a session is a fault, unless the site means it', () => {
    const actions = [action('pay', '/', '/docs/[slug]', '/admin'), action('vote', '/'), action(INLINE, '/')];
    const { rows } = judge({ actions });
    expect(rows.slice(1)).toEqual([
      {
        route: 'action pay (app/actions.ts)',
        rules: ['at /, /docs/[slug]'],
        fault: expect.stringContaining('name it in openActions of the Gatehouse configuration'),
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
  type Headers = Awaited<ReturnType<NonNullable<Config['headers']>>>;
  type Rewrites = Awaited<ReturnType<NonNullable<Config['rewrites']>>>;
  interface Parts {
    readonly basePath?: string;
    readonly assetPrefix?: string;
    readonly locales?: string[];
    readonly matcher?: unknown;
    readonly rewrites?: Rewrites;
    readonly headers?: Headers;
    readonly files?: Readonly<Record<string, string | object>>;
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
    headers = [],
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
      headers: async () => structuredClone(headers),
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
        headers: routes.headers.map((one) => buildCustomRoute('header', one)),
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
      ...parts.files,
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

  it('finds the root of a base path, which a matcher with nothing optional in it leaves out', async () => {
    const parts = { basePath: '/base', pages: { '/': '', '/about': '' } };
    expect(await faulty({ ...parts, matcher: [{ source: GATE, locale: false }] })).toEqual(['/']);
    expect(await faulty({ ...parts, matcher: [{ source: '/:path((?!_next/static/).*)?', locale: false }] })).toEqual(
      [],
    );
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

  it('tells when Next tries a rewrite', async () => {
    const [first, second, third] = ['/a', '/b', '/c'].map((source) => ({ source, destination: 'https://x.example/' }));
    const rewrites = { beforeFiles: [first], afterFiles: [second], fallback: [third] } as Rewrites;
    const stages = (await compiled({ rewrites })).rewrites.map(({ source, stage }) => [source, stage]);
    expect(stages).toEqual([
      ['/a', 'beforeFiles'],
      ['/b', 'afterFiles'],
      ['/c', 'fallback'],
    ]);
  });

  it.each(['', '/base'])(
    'finds a rewrite to another origin that the gate sees below the base path %j',
    async (basePath) => {
      const docs = { source: '/docs/:path*', destination: 'https://docs.example/:path*' };
      const judged = async (rewrite: object, by: readonly Rule[]) =>
        judge(await compiled({ basePath, rewrites: [{ ...docs, ...rewrite }] }), by).faults;
      expect(await judged({}, [])).toEqual([expect.stringContaining('under /* → session')]);
      expect(await judged({}, [{ path: '/docs/*', allow: 'session', cookies: 'hidden' }])).toEqual([]);
      // Outside of the base path Next calls no middleware, and there is nothing outside of none.
      const outside = judged({ basePath: false }, [{ path: '/docs/*', allow: 'public' }]);
      expect(await outside).toHaveLength(basePath ? 1 : 0);
    },
  );

  it('takes the headers of the site without base path and locale', async () => {
    const headers = [
      { source: '/:path*', headers: [{ key: 'Content-Security-Policy', value: "form-action 'self'" }] },
      { source: '/docs', headers: [{ key: 'X-Other', value: 'x' }], has: [{ type: 'cookie' as const, key: 'x' }] },
    ];
    const site = await compiled({ basePath: '/base', locales: ['en', 'id'], headers });
    expect(site.headers.map(({ source }) => source)).toEqual(['/:path*', '/docs']);
    expect(judge(site).warnings).toEqual([expect.stringContaining('of /:path* has `form-action')]);
  });

  it.each([
    [undefined, 10 * 1024 * 1024],
    [{ experimental: {} }, 10 * 1024 * 1024],
    [{ experimental: { proxyClientMaxBodySize: 1_000 } }, 1_000],
  ])('takes the limit of bodies from %j', async (config, limit) => {
    const files = config && { 'required-server-files.json': { config } };
    expect((await compiled({ ...(files && { files }) })).bodyLimit).toBe(limit);
  });

  it('takes Draft Mode from the code', async () => {
    const files = { 'server/1.js': 'await t.draftMode()' };
    expect((await compiled({ files })).draftMode).toEqual(['server/1.js']);
    expect((await compiled({})).draftMode).toEqual([]);
  });

  it('knows what browsers and crawlers fetch without cookies, by route and by name', async () => {
    const cookieless = [
      ...[
        '/robots.txt',
        '/favicon.ico',
        '/manifest.webmanifest',
        '/sitemap.xml',
        '/docs/sitemap.xml',
        '/icon',
        '/icon1.png',
      ],
      ...['/section/apple-icon-1x2y3z', '/section/opengraph-image', '/sitemap/[__metadata_id__]', '/twitter-image.png'],
    ];
    const other = [
      '/icons/route',
      '/admin/robots.txt',
      '/api/manifest',
      '/sitemaps',
      '/sitemap/page',
      '/api/icon.json',
    ];
    const app = Object.fromEntries([...cookieless, ...other].map((route) => [`${route}/route`, route]));
    const page = { '/icon/[id]/page': '/icon/[id]', '/(shop)/opengraph-image/page': '/opengraph-image' };
    const pages = { '/sitemap-news.xml': '', '/.well-known/[name]': '', '/apple-touch-icon': '' };
    const site = await compiled({ app: { ...app, ...page }, pages });
    expect([...site.cookieless].sort()).toEqual([...cookieless, '/.well-known/[name]', '/sitemap-news.xml'].sort());
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

describe('gatehouse routes', () => {
  const run = (...args: string[]) => routes(...(args.length > 0 ? args : [root]));
  /** What the build says of itself, with another matcher. */
  function doctored(regexp: string): string {
    const build = emptyBuild();
    for (const file of ['BUILD_ID', 'app-path-routes-manifest.json', 'routes-manifest.json'])
      cpSync(join(root, '.next', file), join(build, file));
    const manifest = { middleware: { '/': { matchers: [{ regexp }] } } };
    writeFileSync(join(build, 'server/middleware-manifest.json'), JSON.stringify(manifest));
    return build;
  }

  it('lists every route of the built site, and is content with it', async () => {
    const { status, stdout } = await run();
    expect(status).toBe(0);
    for (const line of [/^\/vault +\/vault\/\* → acr/m, /^\/robots\.txt +\/robots\.txt → public/m, /^\/api\/me +/m])
      expect(stdout).toMatch(line);
    expect(stdout).toContain('0 of them open');
    expect(stdout).toMatch(/^Request bodies: up to 10 MB .* 413\.$/m);
    expect(stdout.match(/^(WARNING|FAULT).*/gm)).toBeNull();
  });

  it('exits with 1 when the matcher leaves something out', async () => {
    const { status, stdout } = await run(root, doctored('^/(?!api/).*$'));
    expect([status, stdout.match(/PUBLIC: .*/g)]).toEqual([1, ['PUBLIC: the matcher of middleware.ts leaves it out']]);
    expect((await run(root, doctored('^/.*$'))).status).toBe(0);
  });

  it('says that there is no middleware, where Next has not found it', async () => {
    const build = doctored('^/.*$');
    rmSync(join(build, 'server/middleware-manifest.json'));
    const { status, stdout } = await run(root, build);
    expect(status).toBe(1);
    expect(stdout).toContain('This build has no middleware.');
  });

  /** A site elsewhere, with these rules and a build that has these files besides. */
  function elsewhere(
    members: string,
    files: Readonly<Record<string, string | object>>,
  ): [folder: string, build: string] {
    const build = doctored('^/.*$');
    const folder = emptyBuild();
    writeFileSync(join(folder, 'gatehouse.config.ts'), `export default { ${members} };\n`);
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(build, file)), { recursive: true });
      writeFileSync(join(build, file), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return [folder, build];
  }
  const OPEN = "rules: [{ path: '/favicon.ico', allow: 'public' }, { path: '/icon.svg', allow: 'public' }]";
  const draft = { 'server/pages/api/draft.js': 'res.setPreviewData({})' };

  it('exits with 1 for a site elsewhere that uses Draft Mode, and with 0 when it says that it knows', async () => {
    const { status, stdout } = await run(...elsewhere(OPEN, draft));
    expect([status, stdout.match(/^FAULT: Draft Mode .*/m)?.[0]]).toEqual([
      1,
      expect.stringContaining('pages/api/draft'),
    ]);
    const known = await run(...elsewhere(`${OPEN}, allowsDraftMode: true`, draft));
    expect([known.status, known.stdout.match(/^(WARNING|FAULT)/gm)]).toEqual([0, ['WARNING']]);
    expect(known.stdout).toMatch(/^WARNING: Draft Mode .* server\/pages\/api\/draft\.js: /m);
  });

  it('exits with 1 for a rule that comes too late', async () => {
    const rules = "[{ path: '/:section/*', allow: 'public' }, { path: '/admin/*', allow: 'session' }]";
    const { status, stdout } = await run(...elsewhere(`rules: ${rules}`, {}));
    expect([status, stdout.match(/^(WARNING|FAULT).*/gm)]).toEqual([
      1,
      [expect.stringContaining('/admin/* → session')],
    ]);
  });

  it('exits with 1 for a rewrite that hands the cookies over', async () => {
    const rewrite = { source: '/docs', destination: 'https://docs.example/', regex: '^/docs$' };
    const manifest = { rewrites: { beforeFiles: [rewrite], afterFiles: [], fallback: [] } };
    const { status, stdout } = await run(...elsewhere(OPEN, { 'routes-manifest.json': manifest }));
    expect([status, stdout.match(/^(WARNING|FAULT).*/gm)]).toEqual([1, [expect.stringContaining("cookies: 'hidden'")]]);
  });

  it('exits with 0 for warnings, and says what becomes of large bodies', async () => {
    const headers = [{ source: '/', headers: [{ key: 'Content-Security-Policy', value: "form-action 'self'" }] }];
    const files = {
      'routes-manifest.json': { headers },
      'required-server-files.json': { config: { experimental: { proxyClientMaxBodySize: 2 * 1024 * 1024 } } },
    };
    const { status, stdout } = await run(...elsewhere('rules: []', files));
    expect([status, stdout.match(/^(WARNING|FAULT).*/gm)]).toEqual([
      0,
      [expect.stringContaining('form-action'), expect.stringContaining('/favicon.ico, /icon.svg')],
    ]);
    expect(stdout).toMatch(/^Request bodies: up to 2 MB .* 413\.$/m);
  });

  it('says what to do when there is no build', async () => {
    const { status, stderr } = await run(root, join(root, '.artifacts/none'));
    expect(status).toBe(1);
    expect(stderr).toContain('run `next build` first');
  });
});
