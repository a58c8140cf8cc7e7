import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readings, withHidden } from '../lib/policy/path';
import { openness, rulesFor } from '../lib/policy/rules';
import type { Rule } from '../lib/types';
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
const policy = { rules, openActions: ['vote'], rulesFor, openness, readings, withHidden };
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

  it('is a rewrite that takes the locale as a part of the path', () => {
    const rewrite = { source: '/:lang/docs/free', destination: '/:lang/admin' };
    expect(faults({ locales: ['en', 'id'], rewrites: [{ ...rewrite, locale: false }] })).toHaveLength(1);
    expect(faults({ locales: ['en', 'id'], rewrites: [rewrite] })).toEqual([]);
  });
});

describe('npm run routes', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'local/routes.mjs'), ...args], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  /** What the build says of itself, with another matcher. */
  function doctored(regexp: string): string {
    mkdirSync(join(root, '.artifacts'), { recursive: true });
    const build = mkdtempSync(join(root, '.artifacts/routes-'));
    folders.push(build);
    for (const file of ['BUILD_ID', 'app-path-routes-manifest.json', 'routes-manifest.json'])
      cpSync(join(root, '.next', file), join(build, file));
    mkdirSync(join(build, 'server'));
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

  it('says what to do when there is no build', () => {
    const { status, stderr } = run(root, join(root, '.artifacts/none'));
    expect(status).toBe(1);
    expect(stderr).toContain('run `next build` first');
  });
});
