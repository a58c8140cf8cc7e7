import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { root } from '../../local/setup.mjs';
import { gatehouse, routes } from './gatehouse';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A built site with a start page, a middleware for all of it and these files. */
function siteWith(files: Readonly<Record<string, string>>): string {
  mkdirSync(join(root, '.artifacts'), { recursive: true });
  const folder = mkdtempSync(join(root, '.artifacts/command-'));
  folders.push(folder);
  const build = {
    '.next/BUILD_ID': 'x',
    '.next/app-path-routes-manifest.json': JSON.stringify({ '/page': '/' }),
    '.next/server/middleware-manifest.json': JSON.stringify({
      middleware: { '/': { matchers: [{ regexp: '^/.*$' }] } },
    }),
  };
  for (const [name, text] of Object.entries({ ...build, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const RULES = "[{ path: '/', allow: 'public' }]";
const STARTPAGE = /^\/ +\/ → public$/m;

describe('gatehouse', () => {
  it('shows its commands', () => {
    const { status, stdout } = gatehouse('--help');
    expect([status, stdout.split('\n')[0]]).toEqual([0, 'Usage: gatehouse <command>']);
    expect(stdout).toMatch(/^ {2}routes \[folder\] \[build\]/m);
  });

  it.each([
    [[], /^gatehouse: no command is given\./],
    [['rotes'], /^gatehouse: there is no command `rotes`\./],
    [['routes', '--al'], /^gatehouse: Unknown option '--al'/],
    [['routes', 'a', 'b', 'c'], /^gatehouse: `gatehouse routes` takes a folder and a build/],
  ])('ends with 2 and one sentence for the arguments %j', (args, sentence) => {
    const { status, stdout, stderr } = gatehouse(...args);
    expect([status, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
    expect(stderr).toMatch(sentence);
  });
});

describe('the configuration that gatehouse routes reads', () => {
  const COMMON_JS = `module.exports = { rules: ${RULES} };`;
  const MODULE = `export default { rules: ${RULES} };`;
  const TYPED = [
    "import { defineRules, type GatehouseConfig } from 'next-gatehouse';",
    `export default { rules: defineRules(${RULES}) } satisfies GatehouseConfig;`,
  ].join('\n');

  it.each([
    ['gatehouse.config.ts', TYPED],
    ['src/gatehouse.config.ts', TYPED],
    ['gatehouse.config.mts', TYPED],
    ['gatehouse.config.mjs', MODULE],
    ['gatehouse.config.js', MODULE],
    ['gatehouse.config.js', COMMON_JS],
  ])('is %s: %s', async (name, text) => {
    const { status, stdout } = await routes(siteWith({ 'package.json': '{}', [name]: text }));
    expect([stdout, status]).toEqual([expect.stringMatching(STARTPAGE), 0]);
  });

  it('may import files of the site, by their paths and by the aliases of its tsconfig.json', async () => {
    const folder = siteWith({
      'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { '@/*': ['./src/*'] } } }),
      'src/paths.ts': "export const start: string = '/';",
      'gatehouse.config.ts': [
        "import { start } from '@/paths';",
        "import { start as same } from './src/paths';",
        "export default { rules: start === same ? [{ path: start, allow: 'public' }] : [] };",
      ].join('\n'),
    });
    const { status, stdout } = await routes(folder);
    expect([stdout, status]).toEqual([expect.stringMatching(STARTPAGE), 0]);
  });

  it('may import a module that is for the server only', async () => {
    const folder = siteWith({
      'node_modules/server-only/package.json': JSON.stringify({ name: 'server-only', main: 'index.js' }),
      'node_modules/server-only/index.js': "throw new Error('This module cannot be imported');",
      'rules.ts': `import 'server-only';\nexport const rules = ${RULES};`,
      'gatehouse.config.ts': "import { rules } from './rules';\nexport default { rules };",
    });
    const { status, stdout } = await routes(folder);
    expect([stdout, status]).toEqual([expect.stringMatching(STARTPAGE), 0]);
  });

  it.each([
    ['export default { env: { SSO_ISSUER: "https://op.example" } };', 1],
    ['export default {};', 0],
  ])('is a reason for a warning when it brings its own variables: %s', async (text, warnings) => {
    const { stdout } = await routes(siteWith({ 'gatehouse.config.ts': text }));
    expect(stdout.match(/^WARNING: .* has `env`/gm) ?? []).toHaveLength(warnings);
    expect(stdout).not.toContain('op.example');
  });

  it('ends the process with 1 and one sentence when it does not load', () => {
    const { status, stdout, stderr } = gatehouse(
      'routes',
      siteWith({ 'gatehouse.config.ts': "throw new Error('no such tenant');" }),
    );
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^gatehouse: .*gatehouse\.config\.ts does not load: no such tenant\n$/);
  });

  it('is left alone: the command writes nothing into the folder of the site', () => {
    const folder = siteWith({ 'gatehouse.config.ts': TYPED, 'node_modules/.keep': '' });
    const before = join(root, '.artifacts', 'command-before');
    folders.push(before);
    cpSync(folder, before, { recursive: true });
    expect(gatehouse('routes', folder).status).toBe(0);
    expect(spawnSync('diff', ['-r', before, folder], { encoding: 'utf8' }).stdout).toBe('');
  });

  it.each([
    ['is missing', {}, /there is no gatehouse\.config\.ts, .*gatehouse\.config\.mjs in /],
    [
      'has no default export',
      { 'gatehouse.config.ts': 'export const rules = [];' },
      /has no configuration as its default export/,
    ],
    ['throws', { 'gatehouse.config.ts': "throw new Error('no such tenant');" }, /does not load: no such tenant$/m],
    ['is no TypeScript', { 'gatehouse.config.ts': 'export default {' }, /gatehouse\.config\.ts does not load: /],
    [
      'imports what is not there',
      { 'gatehouse.config.ts': "import './gone';" },
      /does not load: Cannot find module '\.\/gone'/,
    ],
    [
      'has no list of rules',
      { 'gatehouse.config.ts': "export default { rules: { '/': 'public' } };" },
      /has `rules` that/,
    ],
    [
      'has a rule without a path',
      { 'gatehouse.config.ts': "export default { rules: [{ allow: 'public' }] };" },
      /has `rules\[0\]` that is not valid: path/,
    ],
    [
      'has a misspelt requirement, which would require nothing',
      { 'gatehouse.config.ts': "export default { rules: [{ path: '/admin', allow: { role: ['admin'] } }] };" },
      /has `rules\[0\]` that is not valid: allow has an unknown member/,
    ],
    [
      'has an upstream without a token',
      { 'gatehouse.config.ts': "export default { upstreams: [{ path: '/api/*', to: 'https://api.example' }] };" },
      /has `upstreams\[0\]` that is not valid: token must be/,
    ],
    [
      'has no list of actions',
      { 'gatehouse.config.ts': "export default { openActions: 'vote' };" },
      /has `openActions` that/,
    ],
    [
      'stands beside a damaged build',
      { 'gatehouse.config.ts': MODULE, '.next/routes-manifest.json': '{' },
      /routes-manifest\.json is not JSON/,
    ],
  ])('ends the command with 1 and one sentence when it %s', async (_, files, sentence) => {
    const { status, stdout, stderr } = await routes(siteWith(files as Record<string, string>));
    expect([status, stdout, stderr.trimEnd().split('\n').length]).toEqual([1, '', 1]);
    expect(stderr).toMatch(sentence);
  });
});
