import { describe, expect, it } from 'vitest';
import { documented } from '../adopter/documented';
import { MATCHER, siteFolder } from './site-folder';

const IMPORTS = "import { gatehouse } from 'next-gatehouse';\nimport site from './gatehouse.config';\n";
const CONFIG = `export const config = { matcher: ${MATCHER} };\n`;
const gated = (then: string) => `\nexport default gatehouse(site, { then: ${then} });\n`;
const NEXT = "import { NextResponse } from 'next/server';\n";

async function joined(text: string, file = 'middleware.ts') {
  const site = siteFolder({ [file]: text });
  const { code, printed } = await site.init();
  expect([code, printed]).toEqual([0, expect.stringMatching(/changed/)]);
  const once = site.files();
  expect((await site.init()).printed).toContain('Nothing to change');
  expect(site.files()).toEqual(once);
  return site.read(file);
}

describe('a site without a middleware', () => {
  it('gets the one of the README beside its app/', async () => {
    const site = siteFolder();
    await site.init();
    const [, ...lines] = documented('README.md', '// middleware.ts').split('\n'); // the first is a comment
    expect(site.read('middleware.ts')).toBe(lines.join('\n'));
  });

  it('gets it in src/, in JavaScript where the site has no TypeScript', async () => {
    const site = siteFolder({ 'app/page.tsx': null, 'src/pages/index.js': '', 'tsconfig.json': null });
    await site.init();
    expect(site.read('src/middleware.js')).toContain('export default gatehouse(site);');
    expect(site.read('src/gatehouse.config.js')).toContain('@type {import("next-gatehouse").GatehouseConfig}');
  });

  it('keeps a configuration of the gate that it has, and imports it from where it is', async () => {
    const site = siteFolder({
      'app/page.tsx': null,
      'src/app/page.tsx': '',
      'gatehouse.config.mjs': 'export default {};\n',
    });
    await site.init();
    expect(site.read('gatehouse.config.mjs')).toBe('export default {};\n');
    expect(site.read('src/middleware.ts')).toContain("import site from '../gatehouse.config.mjs';");
  });
});

describe('a middleware of the site’s own becomes `then`', () => {
  it.each([
    [
      'a named function',
      'export function middleware() {\n  return NextResponse.next();\n}\n',
      'function middleware() {',
      'middleware',
    ],
    [
      'an async default function',
      'export default async function own(request) {}\n',
      'async function own(request) {}',
      'own',
    ],
    [
      'a default function without a name',
      'export default function () {}\n',
      'const ownMiddleware = function () {};',
      'ownMiddleware',
    ],
    [
      'a default arrow function',
      'export default () => NextResponse.next();\n',
      'const ownMiddleware = () => NextResponse.next();',
      'ownMiddleware',
    ],
    [
      'a call',
      'export default createMiddleware({ a: 1 });\n',
      'const ownMiddleware = createMiddleware({ a: 1 });',
      'ownMiddleware',
    ],
    [
      'a constant',
      'export const middleware = () => NextResponse.next();\n',
      'const middleware = () => NextResponse.next();',
      'middleware',
    ],
    [
      'the default of a name',
      'const own = () => null;\nexport default own;\n',
      'const own = () => null;\n\nexport default gatehouse',
      'own',
    ],
    [
      'a list of exports',
      'const own = () => null;\nconst b = 1;\nexport { b, own as middleware };\n',
      'export { b };',
      'own',
    ],
    [
      'a list of one export',
      'const own = () => null;\nexport { own as default };\n',
      'const own = () => null;\n\nexport default gatehouse',
      'own',
    ],
    [
      'the default of another file',
      "export { default } from './x';\n",
      "import ownMiddleware from './x';",
      'ownMiddleware',
    ],
    [
      'an export of another file',
      "export { auth as middleware } from '@/auth';\n",
      "import { auth as ownMiddleware } from '@/auth';",
      'ownMiddleware',
    ],
    [
      'a comment before it',
      '// why it is here\nexport function middleware() {} // kept\n',
      '// why it is here\nfunction middleware() {} // kept\n',
      'middleware',
    ],
  ])('%s', async (_, code, expected, then) => {
    const text = await joined(NEXT + code);
    expect(text).toContain(expected);
    expect(text).toContain(gated(then));
    expect(text).toContain(`\n${IMPORTS}`);
    expect(text.endsWith(`\n\n${CONFIG}`)).toBe(true);
    expect(text.match(/export (default|function middleware|const middleware)/g)).toEqual(['export default']);
  });

  it('runs where it ran before, and keeps what else `config` says', async () => {
    const text = await joined(
      "export function middleware() {}\n\nexport const config = {\n  runtime: 'nodejs',\n  matcher: ['/((?!api|_next|.*\\\\..*).*)', '/about'], // own\n};\n",
    );
    expect(text).toContain(`export const config = {\n  runtime: 'nodejs',\n  matcher: ${MATCHER}, // own\n};\n`);
    expect(text).toContain("import type { NextMiddleware } from 'next/server';");
    expect(text).toContain(gated('onOwnPaths'));
    const pattern = new RegExp(/const ownPaths = \/(.*)\/;/.exec(text)?.[1] ?? '');
    const paths = ['/', '/de/x', '/about', '/api/who', '/_next/data/x', '/logo.png', '/about/'];
    expect(paths.map((path) => pattern.test(path))).toEqual([true, true, true, false, false, false, true]);
  });

  it.each(["'/:path*'", "['/(.*)']", "[{ source: '/(.*)' }]", MATCHER])(
    'runs everywhere with the matcher %s',
    async (matcher) => {
      const text = await joined(`export function middleware() {}\nexport const config = { matcher: ${matcher} };\n`);
      expect(text).toContain(`export const config = { matcher: ${MATCHER} };\n`);
      expect(text).toContain(gated('middleware'));
      expect(text).not.toContain('ownPaths');
    },
  );

  it.each([
    ['with locales of Next, for a source behind the locale', "i18n: { locales: ['en', 'de'] }", "['/about']"],
    ['without locales of Next, for a source that names one', '', "[{ source: '/de/about', locale: false }]"],
    ['with locales of Next, for every path in every locale', "i18n: { locales: ['en', 'de'] }", MATCHER],
  ])('runs where it ran before %s', async (_, i18n, matcher) => {
    const site = siteFolder({
      'next.config.mjs': `export default { ${i18n} };\n`,
      'middleware.ts': `export function middleware() {}\nexport const config = { matcher: ${matcher} };\n`,
    });
    expect((await site.init()).code).toBe(0);
    expect(site.read('middleware.ts')).toContain(gated(matcher === MATCHER ? 'middleware' : 'onOwnPaths'));
  });

  it('is given a matcher when its `config` has none', async () => {
    const text = await joined("export function middleware() {}\nexport const config = { runtime: 'nodejs' };\n");
    expect(text).toContain(`export const config = { matcher: ${MATCHER}, runtime: 'nodejs' };`);
  });

  it('stays in proxy.ts, whose export is `proxy`', async () => {
    const text = await joined('export function proxy() {}\nexport const helper = 1;\n', 'proxy.ts');
    expect(text).toContain('function proxy() {}\nexport const helper = 1;\n');
    expect(text).toContain(gated('proxy'));
  });

  it('takes other names where the module has these', async () => {
    const text = await joined(
      "import { gatehouse, site } from './mine';\nexport default gatehouse(site);\nconst ownMiddleware = 1;\n",
    );
    expect(text).toContain("import { gatehouse as gate } from 'next-gatehouse';");
    expect(text).toContain("import gatehouseSite from './gatehouse.config';");
    expect(text).toContain('const ownMiddleware2 = gatehouse(site);');
    expect(text).toContain('export default gate(gatehouseSite, { then: ownMiddleware2 });');
  });

  it('is written in the style of its file: quotes, semicolons, lines of Windows', async () => {
    const text = await joined(
      'import { x } from "y"\r\n\r\nexport function middleware() {\r\n\treturn x("a")\r\n}\r\n',
    );
    expect(text).toContain('import { gatehouse } from "next-gatehouse"\r\nimport site from "./gatehouse.config"\r\n');
    expect(text).toContain('export default gatehouse(site, { then: middleware })\r\n');
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('is JavaScript where it is JavaScript', async () => {
    const text = await joined(
      "export function middleware() {}\nexport const config = { matcher: '/about' };\n",
      'middleware.js',
    );
    expect(text).not.toContain('NextMiddleware');
    expect(text).toContain('const onOwnPaths = (request, event) =>');
  });
});

describe('a middleware stays as it is', () => {
  it('when its matcher compares the locale that Next takes off the path', async () => {
    const text =
      "export function middleware() {}\nexport const config = { matcher: [{ source: '/de/about', locale: false }] };\n";
    const config = "const { i18n } = require('./next-i18next.config');\nmodule.exports = { i18n };\n";
    const site = siteFolder({ 'middleware.ts': text, 'next.config.js': config });
    const { code, printed } = await site.init();
    expect([code, site.read('middleware.ts')]).toEqual([1, text]);
    expect(printed).toContain('names locales');
  });

  it.each([
    ['with the gate already', `${IMPORTS}export default gatehouse(site);\n${CONFIG}`, ''],
    [
      'with the gate and a matcher of its own',
      `${IMPORTS}export default gatehouse(site);\nexport const config = { matcher: '/a' };\n`,
      'Note: middleware.ts calls the gate with a matcher of its own',
    ],
  ])('%s', async (_, text, note) => {
    const site = siteFolder({ 'middleware.ts': text });
    const { code, printed } = await site.init();
    expect([code, site.read('middleware.ts')]).toEqual([0, text]);
    expect(printed).toContain(note);
    expect(printed.includes('Note: middleware')).toBe(note !== '');
  });

  it.each([
    ['does not parse', 'export function middleware( {\n'],
    [
      'matcher that is no literal',
      'const m = [];\nexport function middleware() {}\nexport const config = { matcher: m };\n',
    ],
    [
      'has conditions',
      "export function middleware() {}\nexport const config = { matcher: [{ source: '/a', missing: [{ type: 'header', key: 'x' }] }] };\n",
    ],
    ['uses the name `config`', "import config from './config';\nexport function middleware() { return config; }\n"],
    [
      'uses the name `config`',
      'const config = { matcher: [] };\nexport function middleware() {}\nexport { config };\n',
    ],
    ['cannot be changed safely', "export * from './x';\n"],
    ['cannot be changed safely', "export { middleware, config } from './x';\n"],
    ['a default', 'export function middleware() {}\nexport default middleware;\n'],
    ['exports no `middleware`', 'module.exports = function middleware() {};\n'],
    ['exports no `middleware`', 'export function proxy() {}\n'],
  ])('and the lines are shown when it %s', async (why, text) => {
    const site = siteFolder({ 'middleware.ts': text });
    const { code, printed } = await site.init();
    expect([code, site.read('middleware.ts')]).toEqual([1, text]);
    expect(printed).toContain('By hand: middleware.ts');
    expect(printed).toContain(why);
    expect(printed).toContain(`    export const config = { matcher: ${MATCHER} };`);
    expect(site.read('gatehouse.config.ts')).toContain('defineRules'); // the rest is done
    const again = await site.init();
    expect([again.code, again.printed]).toEqual([1, expect.stringContaining('Nothing else to change.')]);
  });

  it('when there is a proxy.ts as well, which Next refuses', async () => {
    const files = { 'middleware.ts': 'export function middleware() {}\n', 'proxy.ts': 'export function proxy() {}\n' };
    const site = siteFolder(files);
    const { code, printed } = await site.init();
    expect([code, printed]).toEqual([1, expect.stringContaining('Next refuses middleware.ts beside proxy.ts')]);
    expect(site.files()).toMatchObject(files);
  });

  it('when it is a pages/_middleware of Next 12', async () => {
    const site = siteFolder({ 'pages/_middleware.ts': 'export function middleware() {}\n' });
    const { code, printed } = await site.init();
    expect([code, printed]).toEqual([1, expect.stringContaining('By hand: pages/_middleware.ts is of Next 12')]);
  });

  it('when Next does not run it, because app/ is in src/', async () => {
    const site = siteFolder({
      'app/page.tsx': null,
      'src/app/page.tsx': '',
      'middleware.ts': 'export function middleware() {}\n',
    });
    const { code, printed } = await site.init();
    expect([code, printed]).toEqual([0, expect.stringContaining('Note: Next does not run middleware.ts')]);
    expect(site.read('src/middleware.ts')).toContain('gatehouse(site)');
  });
});
