import { describe, expect, it } from 'vitest';
import { siteFolder } from './site-folder';

const IMPORT = "import { withGatehouse } from 'next-gatehouse/config';\n";
const REQUIRE = "const { withGatehouse } = require('next-gatehouse/config');\n";

async function wrapped(text: string, file: string): Promise<string> {
  const site = siteFolder({ [file]: text });
  const { code, printed } = await site.init();
  expect([code, printed]).toEqual([0, expect.stringContaining(`${file.padEnd(24)} changed`)]);
  const once = site.files();
  expect((await site.init()).printed).toContain('Nothing to change');
  expect(site.files()).toEqual(once);
  return site.read(file);
}

describe('a configuration of Next', () => {
  it.each([
    ['tsconfig.json', '{}', 'next.config.ts'],
    ['jsconfig.json', '{}', 'next.config.mjs'],
  ])('is made where there is none: %s', async (name, text, made) => {
    const site = siteFolder({ 'tsconfig.json': null, [name]: text });
    await site.init();
    expect(site.read(made)).toBe(`${IMPORT}\nexport default withGatehouse({});\n`);
  });

  it.each([
    [
      'an object',
      'const a = {\n  // kept\n};\n\nexport default a;\n',
      `${IMPORT}\nconst a = {\n  // kept\n};\n\nexport default withGatehouse(a);\n`,
    ],
    [
      'an object with a note of its type',
      'export default { a: 1 } satisfies NextConfig; // kept\n',
      `${IMPORT}\nexport default withGatehouse({ a: 1 } satisfies NextConfig); // kept\n`,
    ],
    [
      'wrapped by next-intl',
      "import plugin from 'next-intl/plugin';\n\nexport default plugin()({ a: 1 });\n",
      `import plugin from 'next-intl/plugin';\n${IMPORT}\nexport default withGatehouse(plugin()({ a: 1 }));\n`,
    ],
    [
      'a function',
      'export default async (phase) => ({});\n',
      `${IMPORT}\nexport default withGatehouse(async (phase) => ({}));\n`,
    ],
    [
      'a function without a name',
      'export default function () {\n  return {};\n}\n',
      `${IMPORT}\nexport default withGatehouse(function () {\n  return {};\n});\n`,
    ],
    [
      'a function with a name',
      'export default async function own() {}\n',
      `${IMPORT}\nasync function own() {}\n\nexport default withGatehouse(own);\n`,
    ],
    ['a promise', 'export default load();\n', `${IMPORT}\nexport default withGatehouse(load());\n`],
    [
      'of another file',
      "export { default } from './x';\n",
      `${IMPORT}\nimport nextConfig from './x';\n\nexport default withGatehouse(nextConfig);\n`,
    ],
    [
      'in a list of exports',
      'const a = {};\nexport { a as default };\n',
      `${IMPORT}\nconst a = {};\n\nexport default withGatehouse(a);\n`,
    ],
    [
      'with parentheses and a comment',
      '/** @type {X} */\nexport default (\n  a // kept\n);\n',
      `${IMPORT}\n/** @type {X} */\nexport default (\n  withGatehouse(a) // kept\n);\n`,
    ],
    [
      'with the name of the wrapper taken',
      'const withGatehouse = 1;\nexport default {};\n',
      "import { withGatehouse as inGatehouse } from 'next-gatehouse/config';\n\nconst withGatehouse = 1;\nexport default inGatehouse({});\n",
    ],
  ])('keeps what it has, inside withGatehouse(): %s', async (_, text, expected) => {
    expect(await wrapped(text, 'next.config.ts')).toBe(expected);
  });

  it.each([
    [
      'an object',
      '/** kept */\nconst a = {};\n\nmodule.exports = a\n',
      `${REQUIRE}\n/** kept */\nconst a = {};\n\nmodule.exports = withGatehouse(a)\n`,
    ],
    [
      'after what it requires',
      "'use strict';\nconst mdx = require('@next/mdx')();\nmodule.exports = mdx({});\n",
      `'use strict';\nconst mdx = require('@next/mdx')();\n${REQUIRE}module.exports = withGatehouse(mdx({}));\n`,
    ],
    [
      'a function',
      "'use strict';\nmodule.exports = (phase, { defaultConfig }) => {\n  return {};\n};\n",
      `'use strict';\n${REQUIRE}module.exports = withGatehouse((phase, { defaultConfig }) => {\n  return {};\n});\n`,
    ],
  ])('is wrapped in CommonJS too: %s', async (_, text, expected) => {
    expect(await wrapped(text, 'next.config.js')).toBe(expected);
  });

  it('keeps the lines of Windows', async () => {
    const text = await wrapped('const a = {};\r\nexport default a;\r\n', 'next.config.mjs');
    expect(text).toBe(`${IMPORT}\nconst a = {};\nexport default withGatehouse(a);\n`.replaceAll('\n', '\r\n'));
  });

  it.each([
    ['next.config.mjs', `${IMPORT}import plugin from 'p';\nexport default plugin(withGatehouse({}));\n`],
    ['next.config.js', `const gate = require('next-gatehouse/config');\nmodule.exports = gate.withGatehouse({});\n`],
  ])('stays as it is when the gate is in it: %s', async (file, text) => {
    const site = siteFolder({ [file]: text });
    const { code } = await site.init();
    expect([code, site.read(file)]).toEqual([0, text]);
  });

  it.each([
    ['does not parse', 'next.config.mjs', 'export default {\n'],
    [
      'cannot be changed safely',
      'next.config.js',
      'if (process.env.CI) module.exports = {};\nelse module.exports = { a: 1 };\n',
    ],
    ['cannot be changed safely', 'next.config.js', 'module.exports = {};\nmodule.exports.a = 1;\n'],
    ['cannot be changed safely', 'next.config.js', 'exports.a = 1;\n'],
    ['cannot be changed safely', 'next.config.ts', 'const a = {};\nexport = a;\n'],
  ])('stays as it is when it %s: %s', async (why, file, text) => {
    const site = siteFolder({ [file]: text });
    const { code, printed } = await site.init();
    expect([code, site.read(file)]).toEqual([1, text]);
    expect(printed).toContain(`By hand: ${file} `);
    expect(printed).toContain(why);
    expect(printed).toMatch(/^ {4}(export default|module\.exports =) withGatehouse\(nextConfig\);$/m);
  });

  it('is the one that Next reads', async () => {
    const site = siteFolder({ 'next.config.js': 'module.exports = {};\n', 'next.config.ts': 'export default {};\n' });
    const { printed } = await site.init();
    expect(printed).toContain('Note: Next reads next.config.js and not next.config.ts.');
    expect(site.read('next.config.ts')).toBe('export default {};\n');
  });
});

describe('the addresses to register', () => {
  const asked = async (config: string) => {
    const site = siteFolder({ 'next.config.mjs': config });
    const { printed } = await site.init();
    return { printed, env: site.read('.env.local') };
  };

  it('are below the base path', async () => {
    const { printed, env } = await asked("const base = '/base';\nexport default { basePath: base };\n");
    expect(printed).toContain('http://localhost:3000/base/auth/callback (local), https://your.site/base/auth/callback');
    expect(printed).toContain('http://localhost:3000/base (local), https://your.site/base');
    expect(env).toContain('\nSSO_REDIRECT_URI=http://localhost:3000/base/auth/callback\n');
  });

  it('are at the root without one', async () => {
    const { printed } = await asked('export default {};\n');
    expect(printed).toContain('http://localhost:3000/ (local), https://your.site/');
  });

  it('are left to the owner when the base path is computed', async () => {
    const { printed, env } = await asked('export default { basePath: process.env.BASE };\n');
    expect(printed).toContain('https://your.site<basePath>/auth/callback');
    expect(env).toContain('\n#SSO_REDIRECT_URI=');
  });
});
