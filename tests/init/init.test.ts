import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { init } from '../../lib/cli/init';
import { diffOf, shown, write } from '../../lib/cli/init-files';
import { secret } from '../../lib/cli/secret';
import { documented } from '../adopter/documented';
import { siteFolder } from './site-folder';

const WHOLE = ['.env.local', 'gatehouse.config.ts', 'middleware.ts', 'next.config.ts'];
const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, stdio: 'pipe' }).toString();

it('writes four files, and nothing the second time', async () => {
  const site = siteFolder();
  const before = site.files();
  const { code, printed } = await site.init();
  const after = site.files();
  expect(code).toBe(0);
  expect(
    Object.keys(after)
      .filter((path) => !(path in before))
      .sort(),
  ).toEqual(WHOLE);
  expect(after).toMatchObject(before);
  for (const path of WHOLE) expect(printed).toMatch(new RegExp(`^  ${path} +new$`, 'm'));
  const again = await site.init();
  expect([again.code, again.printed]).toEqual([0, expect.stringMatching(/^Nothing to change/)]);
  expect(site.files()).toEqual(after);
});

it('shows a diff with --dry-run, and writes nothing', async () => {
  const site = siteFolder({ 'next.config.ts': 'export default {};\n', '.env.local': 'OWN_SECRET=hidden\n' });
  const before = site.files();
  const { code, printed } = await site.init('--dry-run');
  expect(site.files()).toEqual(before);
  expect(code).toBe(0);
  expect(printed).toContain(
    '--- a/next.config.ts\n+++ b/next.config.ts\n@@ -1,1 +1,3 @@\n-export default {};\n+import',
  );
  expect(printed).toContain('--- /dev/null\n+++ b/middleware.ts\n');
  expect(printed).toContain('+SESSION_SECRET=…\n');
  expect(printed).not.toContain('hidden');
  expect(printed).toContain('Nothing is written (--dry-run).');
});

describe('a site whose build makes a server of its own', () => {
  const [, ...documentedLines] = documented('docs/deployment.md', '// instrumentation.ts').split('\n');

  it.each([
    ['in TypeScript', {}, 'instrumentation.ts'],
    ['in JavaScript', { 'tsconfig.json': null }, 'instrumentation.js'],
    ['in src/', { 'app/page.tsx': null, 'src/app/page.tsx': '' }, 'src/instrumentation.ts'],
  ])('gets the instrumentation of the documentation: %s', async (_, files, path) => {
    const config = "export default { output: process.env.IMAGE ? 'standalone' : undefined };\n";
    const site = siteFolder({ ...files, 'next.config.mjs': config });
    expect((await site.init()).code).toBe(0);
    expect(site.read(path)).toBe(documentedLines.join('\n'));
    expect((await site.init()).printed).toContain('Nothing to change');
  });

  it.each([
    ['calls supportGate()', 'supportGate();\n', 0],
    ['calls it in a comment alone', 'export function register() {} // supportGate()\n', 1],
    ['does not', 'export function register() {}\n', 1],
  ])('keeps the one that it has, which %s', async (_, own, exit) => {
    const site = siteFolder({
      'next.config.mjs': "export default { output: 'standalone' };\n",
      'instrumentation.ts': own,
    });
    const { code, printed } = await site.init();
    expect([code, site.read('instrumentation.ts')]).toEqual([exit, own]);
    expect(printed.includes('By hand: a standalone server needs supportGate() in instrumentation.ts')).toBe(exit === 1);
  });

  it('keeps one of another ending, beside which a second would be built', async () => {
    const site = siteFolder({
      'next.config.mjs': "export default { output: 'standalone' };\n",
      'instrumentation.tsx': 'export function register() {}\n',
    });
    expect((await site.init()).code).toBe(1);
    expect(existsSync(join(site.dir, 'instrumentation.ts'))).toBe(false);
  });

  it('is no other site', async () => {
    const site = siteFolder({ 'next.config.mjs': "export default { output: 'export' };\n" });
    await site.init();
    expect(existsSync(join(site.dir, 'instrumentation.ts'))).toBe(false);
  });
});

it('keeps the values of .env.local, and adds the names that are missing', async () => {
  const own = 'SESSION_SECRET=mine\nSSO_ISSUER=\nKV_REST_API_URL=x\nKV_REST_API_TOKEN=y\n';
  const site = siteFolder({ '.env.local': own, '.env': 'SSO_CLIENT_ID=theirs\n' });
  const { printed } = await site.init();
  const text = site.read('.env.local');
  expect(text.startsWith(own)).toBe(true);
  expect(text.slice(own.length).match(/^#?[A-Z_]+(?==)/gm)).toEqual([
    'SSO_REDIRECT_URI',
    'SSO_POST_LOGOUT_URI',
    '#SSO_CLIENT_SECRET',
  ]);
  expect(printed).toContain('Note: SSO_ISSUER is in .env.local without a value.');
});

it('writes a secret of the strength that the gate asks for, another for each site', async () => {
  const secrets: (string | undefined)[] = [];
  for (const site of [siteFolder(), siteFolder()]) {
    await site.init();
    secrets.push(/^SESSION_SECRET=([\w-]{43})$/m.exec(site.read('.env.local'))?.[1]);
  }
  await secret([], (line) => secrets.push(line));
  expect(secrets).toEqual(Array(3).fill(expect.stringMatching(/^[\w-]{43}$/)));
  expect(new Set(secrets).size).toBe(3);
});

it('lets git ignore .env.local, and says when git has it already', async () => {
  const site = siteFolder({ '.gitignore': 'node_modules' });
  git(site.dir, 'init', '--quiet');
  await site.init();
  expect(site.read('.gitignore')).toBe('node_modules\n.env*.local\n');
  expect(git(site.dir, 'check-ignore', '.env.local')).toBe('.env.local\n');
  git(site.dir, 'add', '--force', '.env.local');
  expect((await site.init()).printed).toContain('Note: .env.local is in git, with its secrets.');
});

it('says that .env.local must stay out of git where there is no git', async () => {
  const site = siteFolder({ '.gitignore': null });
  const { code, printed } = await site.init();
  expect([code, existsSync(join(site.dir, '.gitignore'))]).toEqual([0, false]);
  expect(printed).toContain('.env.local must stay out of it');
});

it('leaves a read-only file, and a link out of the site, as they are', async () => {
  const site = siteFolder({ 'next.config.ts': 'export default {};\n' });
  chmodSync(join(site.dir, 'next.config.ts'), 0o444);
  const elsewhere = join(mkdtempSync(join(tmpdir(), 'gatehouse-link-')), 'middleware.ts');
  writeFileSync(elsewhere, 'export function middleware() {}\n');
  symlinkSync(elsewhere, join(site.dir, 'middleware.ts'));
  const { code, printed } = await site.init();
  expect(code).toBe(1);
  expect(printed).toContain('By hand: next.config.ts cannot be edited: it is read-only.');
  expect(printed).toContain('By hand: middleware.ts cannot be edited: it is a link to a file outside of the site.');
  expect([site.read('next.config.ts'), readFileSync(elsewhere, 'utf8')]).toEqual([
    'export default {};\n',
    'export function middleware() {}\n',
  ]);
});

it('follows a link within the site, and makes no file through one that leads nowhere', async () => {
  const site = siteFolder({ 'config/next.config.ts': 'export default {};\n' });
  symlinkSync('config/next.config.ts', join(site.dir, 'next.config.ts'));
  symlinkSync('gone', join(site.dir, '.env.local'));
  const { code, printed } = await site.init();
  expect([code, site.read('config/next.config.ts')]).toEqual([1, expect.stringContaining('withGatehouse({})')]);
  expect(printed).toContain('.env.local cannot be written: it is a link to a file that does not exist');
});

it('leaves a file alone that is not UTF-8', async () => {
  const site = siteFolder();
  const latin1 = Buffer.from('// \xe9\nexport default {};\n', 'latin1');
  writeFileSync(join(site.dir, 'next.config.ts'), latin1);
  const { code, printed } = await site.init();
  expect([code, readFileSync(join(site.dir, 'next.config.ts')).equals(latin1)]).toEqual([1, true]);
  expect(printed).toContain('it is no text in UTF-8');
});

it('takes back what it wrote when a file cannot be written', () => {
  const { dir, files } = siteFolder({ 'a.txt': 'a' });
  const before = files();
  const edits = [
    { path: join(dir, 'a.txt'), before: 'a', after: 'b' },
    { path: join(dir, 'new.txt'), before: null, after: 'c' },
    { path: join(dir, 'no/folder.txt'), before: null, after: 'd' },
  ];
  expect(() => write(edits)).toThrow(/folder\.txt cannot be written \(ENOENT\)\. Nothing is changed\./);
  expect(files()).toEqual(before);
  expect(() => write([{ path: join(dir, 'a.txt'), before: 'other', after: 'b' }])).toThrow(/changed meanwhile/);
});

it('works on one site of a monorepo, with the package manager of all', async () => {
  const mono = siteFolder({
    'pnpm-lock.yaml': '',
    'app/page.tsx': null,
    'apps/web/app/page.tsx': '',
    'apps/web/package.json': '{}',
  });
  const lines: string[] = [];
  expect(await init([join(mono.dir, 'apps/web')], (line) => lines.push(line))).toBe(0);
  expect(Object.keys(mono.files()).filter((path) => path.startsWith('middleware'))).toEqual([]);
  expect(mono.read('apps/web/middleware.js')).toContain('gatehouse(site)');
  expect(lines.join('\n')).toMatch(
    /^ {2}cd \S*apps\/web .*\n {2}pnpm add next-gatehouse .*\n {2}pnpm gatehouse dev --write .*\n {2}pnpm dev .*\n {2}pnpm gatehouse doctor .*\n {2}pnpm gatehouse routes /m,
  );
});

it.each([
  ['no app/ or pages/', { 'app/page.tsx': null }, /there is no app\/ or pages\//],
  ['app/ and pages/ in different folders', { 'src/pages/index.tsx': '' }, /are in different folders/],
])('refuses a folder with %s', async (_, files, message) => {
  await expect(siteFolder(files).init()).rejects.toThrow(message);
});

it('refuses a second folder and an unknown option', async () => {
  await expect(siteFolder().init('more')).rejects.toThrow(/takes one folder/);
  await expect(siteFolder().init('--force')).rejects.toThrow(/--force/);
});

it('shows paths with slashes, and no secret of a file that it adds to', () => {
  const { dir } = siteFolder();
  expect(shown(join(dir, 'src', 'middleware.ts'), dir)).toBe('src/middleware.ts');
  const edit = { path: join(dir, '.env.local'), before: 'A=hidden', after: 'A=hidden\nB=1\n', secret: true };
  expect(diffOf(edit, dir)).not.toContain('hidden');
});

describe('a library that signs in as well', () => {
  it.each(['@auth0/nextjs-auth0', 'next-auth', 'iron-session', '@clerk/nextjs'])(
    '%s is named, with the middleware to take it out of, and the guide',
    async (name) => {
      const site = siteFolder({
        'package.json': JSON.stringify({
          dependencies: { next: '16.4.6', 'next-gatehouse': '0.2.0', [name]: '1.0.0' },
        }),
        'proxy.ts': 'export function proxy() {}\n',
      });
      const { code, printed } = await site.init();
      expect(code).toBe(0);
      expect(printed).toContain(
        `Note: ${name} is among the dependencies. Where the gate takes its place, take its middleware out of proxy.ts: node_modules/next-gatehouse/docs/migrating.md `,
      );
      expect(site.read('proxy.ts')).toContain('then: proxy');
    },
  );

  it('is named without a middleware that is there, and not looked for in others', async () => {
    const dependencies = { next: '16.4.6', 'next-gatehouse': '0.2.0' };
    const withIt = siteFolder({
      'package.json': JSON.stringify({ dependencies: { ...dependencies, 'next-auth': '5' } }),
    });
    expect((await withIt.init()).printed).toContain('Where the gate takes its place: node_modules/');
    const other = siteFolder({
      'package.json': JSON.stringify({ dependencies: { ...dependencies, 'next-intl': '4' } }),
    });
    expect((await other.init()).printed).not.toContain('migrating.md');
  });
});
