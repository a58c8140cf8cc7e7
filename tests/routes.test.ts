import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
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
const site = { routes: ['/'], rewrites: [], isGated: () => true };
const judge = (parts: Partial<Parameters<typeof inspect>[0]>) =>
  inspect({ ...site, ...parts }, { rules, rulesFor, openness });
const rulesOf = (route: string) => judge({ routes: [route] }).rows[0]?.rules;

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

  it('names those that catch nothing', () => {
    expect(judge({ routes: ['/', '/docs/[slug]', '/api/news', '/admin'] }).idle).toEqual(['/admni/*']);
  });
});

describe('a fault', () => {
  const faults = (parts: Partial<Parameters<typeof inspect>[0]>) =>
    judge(parts).rows.flatMap(({ route, fault }) => (fault ? [`${route}: ${fault}`] : []));

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
