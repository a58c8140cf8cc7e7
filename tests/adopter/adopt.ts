import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePackage } from '../../local/package.mjs';
import { root } from '../../local/setup.mjs';
import { buildSite } from '../../local/site.mjs';
import type { Site } from './sites';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tarball = join(root, `.artifacts/next-gatehouse-${version}.tgz`);
/** Nothing runs at an installation, and the peers next and react are found in the folder above. */
const NPM = ['--legacy-peer-deps', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
/** The fonts of the template, which Next would fetch at a build. */
const FONTS = { NEXT_FONT_GOOGLE_MOCKED_RESPONSES: join(import.meta.dirname, 'fonts.cjs') };

export const folderOf = ({ name }: Site) => join(root, '.artifacts/adopter', name);

/** What `gatehouse init` printed, and how long each step took, in seconds. */
export interface Adopted {
  readonly first: string;
  readonly again: string;
  readonly seconds: Readonly<Record<'install' | 'init' | 'build', number>>;
}

/** Installs the package into a fresh site, has `gatehouse init` adopt it, and builds it. */
export async function adopt(site: Site): Promise<Adopted> {
  const dir = folderOf(site);
  layOut(site, dir);
  await ensurePackage(() => {});
  const install = await timed(() => npm(['install', tarball, ...NPM], dir));
  const init = await timed(() => gatehouse(['init'], dir));
  const again = await gatehouse(['init', '--dry-run'], dir);
  if (site.addsRules) addRules(join(dir, site.rulesFile), site.opens);
  const build = await timed(() => buildSite({ dir, args: [...site.build], env: FONTS }));
  const seconds = { install: install.seconds, init: init.seconds, build: build.seconds };
  return { first: init.value, again, seconds };
}

/** The site as its owner has it. */
function layOut({ name, template, folders, documented }: Site, dir: string): void {
  rmSync(dir, { recursive: true, force: true });
  const templates = join(root, 'node_modules/create-next-app/dist/templates');
  if (template) cpSync(join(templates, template), dir, { recursive: true });
  if (existsSync(join(dir, 'gitignore'))) renameSync(join(dir, 'gitignore'), join(dir, '.gitignore'));
  for (const folder of folders) cpSync(join(import.meta.dirname, 'sites', folder), dir, { recursive: true });
  const manifest = { name, version: '1.0.0', private: true }; // without `"type": "module"`
  for (const [path, text] of Object.entries({ ...documented, 'package.json': JSON.stringify(manifest) })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
}

/** What only the owner of a site can decide, in the file that is there for it. */
function addRules(path: string, opens: readonly string[]): void {
  const rules = [
    ...opens.map((path) => `{ path: '${path}', allow: 'public' }`),
    "{ path: '/admin/*', allow: { roles: ['admin'] } }",
  ];
  const upstreams =
    "const upstreams = defineUpstreams([{ path: '/api/backend/*', to: env('BACKEND_API_URL'), token: 'user' }]);";
  const text = readFileSync(path, 'utf8')
    .replace('import { defineRules', 'import { defineRules, defineUpstreams, env')
    .replace('defineRules([', `defineRules([${rules.map((rule) => `\n  ${rule},`).join('')}`)
    .replace(/^(export default|const site =) \{ rules/m, `${upstreams}\n\n$1 { rules, upstreams`);
  writeFileSync(path, text);
}

const shell = process.platform === 'win32'; // npm is a `.cmd` there, and what it installs too
const npm = (args: readonly string[], cwd: string) => promisify(execFile)('npm', args, { cwd, shell });

async function gatehouse(args: readonly string[], cwd: string): Promise<string> {
  const command = join(cwd, 'node_modules/.bin/gatehouse');
  return (await promisify(execFile)(command, args, { cwd, shell })).stdout;
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly seconds: number }> {
  const start = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - start) / 1000 };
}

/** Calls the work for all items, so many at a time. */
export async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
