import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.artifacts/docs');
const TOP = ['README.md', 'AGENTS.md'];
const pages = [...TOP, ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))];
const read = (page: string) => readFileSync(join(root, TOP.includes(page) ? page : `docs/${page}`), 'utf8');

/** The code of a page that is a module by itself; a fragment has no import. */
const modulesOf = (page: string) =>
  [...read(page).matchAll(/^```(tsx?|js)\n([\s\S]*?)^```$/gm)].flatMap(([, kind = '', code = '']) =>
    /\bimport\b/.test(code) ? [{ kind, code }] : [],
  );

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Against the sources, whatever package was built last. */
const DOORS = { '': 'index', '/client': 'client', '/server': 'server', '/config': 'config', '/testing': 'testing' };

const CONFIG = {
  extends: '../../tsconfig.json',
  compilerOptions: {
    checkJs: true,
    incremental: false,
    plugins: [],
    paths: Object.fromEntries(
      Object.entries(DOORS).map(([door, file]) => [`next-gatehouse${door}`, [join(root, `lib/${file}.ts`)]]),
    ),
  },
  include: ['**/*'],
  exclude: [],
};

it('the code of the documentation compiles', { timeout: 60_000 }, () => {
  rmSync(folder, { recursive: true, force: true });
  write('tsconfig.json', JSON.stringify(CONFIG));
  const modules = pages.flatMap((page) => modulesOf(page).map((module, place) => ({ ...module, page, place })));
  for (const { kind, code, page, place } of modules) {
    const [, named] = /^\/\/ (tests\/\S+)\n/.exec(code) ?? []; // which the other files of a test import
    if (named) write(`${page}/site/${named}`, code);
    // Not as `.d.ts`, which `skipLibCheck` leaves out.
    else write(`${page}/${place}/code.${kind === 'js' ? 'mjs' : kind}`, code);
    write(
      `${page}/${place}/gatehouse.config.ts`,
      "export default {} satisfies import('next-gatehouse').GatehouseConfig;",
    );
    write(
      `${page}/${place}/greeting.tsx`,
      "export declare function Greeting(props: { initial: import('next-gatehouse').Session | null }): null;",
    );
    write(`${page}/${place}/i18n/routing.ts`, "export const routing = { locales: ['en', 'de'], defaultLocale: 'en' };");
  }
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { cwd: root, encoding: 'utf8' });
  // The sources have settings of their own, by which they are checked elsewhere.
  const errors = stdout.split('\n').filter((line) => /^(?!lib\/)\S.*error TS/.test(line));
  expect(modules.map(({ page }) => page)).toEqual(
    expect.arrayContaining([...TOP, 'rules.md', 'deployment.md', 'migrating.md']),
  );
  expect(errors).toEqual([]);
});
