import { describe, expect, it } from 'vitest';
import { devSite } from '../../lib/cli/dev-site';
import { siteFolder } from './site-folder';

const FILE = 'gatehouse.config.ts';

describe('rules that the command line asks for', () => {
  it('stand before the others, exceptions first, with the locales of the site', async () => {
    const site = siteFolder({
      'package.json': '{ "dependencies": { "next-intl": "4" } }',
      'i18n/routing.ts': "export const routing = defineRouting({ locales: ['en', 'de'] });\n",
    });
    const roles = ['--role', 'admin=/admin/*', '--role', 'auditor=/admin/*', '--role', 'shop:staff=/desk'];
    const { code } = await site.init(...roles, '--public', '/admin/help', '--public', '/robots.txt');
    const text = site.read(FILE);
    expect(code).toBe(0);
    expect(text.match(/^ {2}\{.*$/gm)?.slice(0, 5)).toEqual([
      "  { path: '/admin/help', allow: 'public' },",
      "  { path: '/robots.txt', allow: 'public' },",
      "  { path: '/admin/*', allow: { roles: ['admin', 'auditor'] } },",
      "  { path: '/desk', allow: { roles: ['shop:staff'] } },",
      "  { path: '/', allow: 'optional' },",
    ]);
    expect(text.match(/'\/robots\.txt'/g)).toHaveLength(1);
    expect(text).not.toContain('A part for a role');
    expect(text).toContain("export default { rules, locales: ['en', 'de'] } satisfies GatehouseConfig;");
  });

  it.each([
    ['in TypeScript', {}, FILE, 'import { defineRules, defineUpstreams, env, type GatehouseConfig } from'],
    [
      'in JavaScript',
      { 'tsconfig.json': null },
      'gatehouse.config.js',
      'import { defineRules, defineUpstreams, env } from',
    ],
  ])('name an API, whose address is for .env.local: %s', async (_, files, file, imported) => {
    const site = siteFolder(files);
    const { code } = await site.init('--upstream', '/api/backend/*=BACKEND_API_URL');
    const text = site.read(file);
    expect(code).toBe(0);
    expect(text).toContain(imported);
    expect(text).toContain("  { path: '/api/backend/*', to: env('BACKEND_API_URL'), token: 'user' },\n");
    expect(text).toMatch(/ = \{ rules, upstreams \};|export default \{ rules, upstreams \} satisfies/);
    expect(site.read('.env.local')).toContain('\n#BACKEND_API_URL=\n');
  });

  it('stand before a wider one, whatever the order: none that restricts a path is hidden', async () => {
    const site = siteFolder({ 'public/logo.svg': '<svg/>' });
    const open = ['--public', '/docs/*', '--public', '/', '--public', '/logo.svg', '--public', '/docs/admin/help'];
    const roles = ['--role', 'editor=/docs/:any/*', '--role', 'admin=/docs/Admin/*'];
    const upstreams = ['--upstream', '/api/*=API_URL', '--upstream', '/api/v2/*=V2_URL'];
    expect((await site.init(...open, ...roles, ...upstreams)).code).toBe(0);
    const text = site.read(FILE);
    expect(text.match(/(?<=path: ').*?(?=')/g)).toEqual([
      '/docs/admin/help',
      '/docs/Admin/*',
      '/docs/:any/*',
      '/docs/*',
      '/',
      '/logo.svg',
      '/.well-known/*',
      '/favicon.ico',
      '/robots.txt',
      '/api/v2/*',
      '/api/*',
    ]);
  });

  it('are last for the site as a whole, behind the start page and what browsers fetch without cookies', async () => {
    const site = siteFolder();
    await site.init('--role', 'staff=/*', '--public', '/about');
    const lines = site.read(FILE).match(/^ {2}.*$/gm) ?? [];
    expect([lines[1], lines.at(-2), lines.at(-1)]).toEqual([
      "  { path: '/about', allow: 'public' },",
      '  // Every other path, as asked for:',
      "  { path: '/*', allow: { roles: ['staff'] } },",
    ]);
    expect(lines).toContain("  { path: '/', allow: 'optional' },");
  });

  it('are named when they have the base path of the site, which rules have not', async () => {
    const config = "export default { basePath: '/shop' };\n";
    const asked = ['--public', '/shop/about', '--public', '/shopping', '--upstream', '/shop/api/*=API_URL'];
    const { code, printed } = await siteFolder({ 'next.config.mjs': config }).init(...asked);
    expect(code).toBe(0);
    expect(printed).toContain(
      'Note: Rules and upstreams have no base path, so these are below /shop/shop in the browser: /shop/about, /shop/api/*.',
    );
    expect((await siteFolder().init(...asked)).printed).not.toContain('base path, so');
  });

  it('are taken in the quotes that a shell of Windows leaves on', async () => {
    const site = siteFolder();
    await site.init('--public', "'/docs/*'", '--role', "'admin=/admin/*'", '--upstream', "'/api/*=API_URL'");
    for (const part of ["'/docs/*', allow: 'public'", "'/admin/*', allow: { roles: ['admin'] }", "'/api/*', to: env("])
      expect(site.read(FILE)).toContain(`{ path: ${part}`);
  });

  it('change nothing the second time', async () => {
    const site = siteFolder();
    const asked = ['--public', '/about', '--role', 'admin=/admin/*', '--upstream', '/api/x/*=X_URL'];
    await site.init(...asked);
    const before = site.files();
    const { code, printed } = await site.init(...asked);
    expect([code, printed]).toEqual([0, expect.stringMatching(/^Nothing to change/)]);
    expect(site.files()).toEqual(before);
  });

  it('are shown where the site has a configuration, which stays', async () => {
    const own = "export default { rules: [{ path: '/about', allow: 'public' }] };\n";
    const site = siteFolder({ [FILE]: own });
    const { code, printed } = await site.init('--public', '/about', '--role', 'admin=/admin/*');
    expect([code, site.read(FILE)]).toEqual([1, own]);
    expect(printed).toContain(
      "By hand: gatehouse.config.ts is the site's own. Rules and upstreams that it does not have:\n    { path: '/admin/*', allow: { roles: ['admin'] } },",
    );
    expect(printed).not.toContain("path: '/about'");
  });

  it.each([
    ["{ path: '/admin/*', allow: 'public' }", 1],
    ["{ path: '/admin/*', allow: { roles: ['editor'] } }", 1],
    ['{\n  path: "/admin/*",\n  allow: {\n    roles: [\n      "admin",\n    ],\n  },\n}', 0],
    ["{ path: PATHS.admin, allow: 'session' }, ...'/admin/*'", 0],
    ['{ path: ', 1],
  ])('are compared with what a configuration says of the same path: %s', async (rule, exit) => {
    const site = siteFolder({ [FILE]: `export default { rules: [${rule}] };\n` });
    const { code, printed } = await site.init('--role', 'admin=/admin/*');
    expect(code).toBe(exit);
    expect(printed.includes("{ path: '/admin/*', allow: { roles: ['admin'] } },")).toBe(exit === 1);
  });

  it.each([
    [['--public', 'about'], /--public: about is no pattern/],
    [['--public', "/a'b"], /--public: \/a'b is no pattern/],
    [['--role', '/admin/*'], /--role is a role and the path/],
    [['--role', "a'b=/admin"], /--role is a role and the path/],
    [['--role', 'admin=/admin/'], /--role: \/admin\/ is no pattern/],
    [['--public', '/a\nb'], /is no pattern/],
    [['--role', 'a\u001bb=/admin'], /--role is a role and the path/],
    [['--public', '/about', '--role', 'admin=/about'], /^\/about would have two rules/],
    [['--role', 'a=/x/:one', '--role', 'b=/x/:two'], /^\/x\/:one and \/x\/:two would have two rules/],
    [['--upstream', '/api/*=A', '--upstream', '/api/*=B'], /^\/api\/\* would have two/],
    [['--public', '/x/:one', '--public', '/x/:two'], /^\/x\/:one and \/x\/:two would have two rules/],
    [['--upstream', '/*=API_URL'], /--upstream: \/\*: path must be a path without parameters/],
    [['--upstream', '/auth/x=API_URL'], /--upstream: \/auth\/x: path must not lie below \/auth/],
    [['--upstream', '/api/*=https://api.example'], /--upstream is a path and the variable/],
  ])('are refused when they are none: %s', async (args, message) => {
    const site = siteFolder();
    const before = site.files();
    await expect(site.init(...args)).rejects.toThrow(message);
    expect(site.files()).toEqual(before);
  });
});

describe('the addresses for development', () => {
  it.each([
    ['next dev -p 4001', 4001],
    ['concurrently "next dev -p 4004" \'x\'', 4004],
    ['next dev -p "4005"', 4005],
    ['PORT=4006 next dev', 4006],
    ['cross-env NODE_ENV=development PORT=4007 next dev --turbopack', 4007],
    ['PORT=4008 next dev -p 4009', 4009],
    ['PORT=4010 api & next dev', 3000],
    ['next dev -p 99999', 3000],
    ['NODE_OPTIONS=--inspect next dev --turbopack --port=4002', 4002],
    ['next dev', 3000],
    ['next dev && next start -p 4003', 3000],
  ])('are where the script starts the site: %s', async (dev, port) => {
    const site = siteFolder({ 'package.json': JSON.stringify({ scripts: { dev } }) });
    expect(devSite(site.dir, undefined, 1).appUrl).toBe(`http://localhost:${port}`); // without an .env.local
    const { printed } = await site.init();
    expect(site.read('.env.local')).toContain(`\nSSO_REDIRECT_URI=http://localhost:${port}/auth/callback\n`);
    expect(printed).toContain(`then open http://localhost:${port}/auth/login`);
  });

  it('are found in a package.json with a byte order mark, as editors of Windows write it', () => {
    const site = siteFolder({ 'package.json': '\uFEFF{ "name": "shop", "scripts": { "dev": "next dev -p 4001" } }' });
    expect(devSite(site.dir, undefined, 1)).toMatchObject({ name: 'shop', appUrl: 'http://localhost:4001' });
  });
});
