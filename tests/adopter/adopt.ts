import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePackage } from '../../local/package.mjs';
import { root } from '../../local/setup.mjs';
import { buildSite } from '../../local/site.mjs';
import { gatehouse } from './command';
import { type Development, startDevelopment } from './development';
import { type Files, filesOf } from './files';
import type { Ports } from './ports';
import type { Site } from './sites';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tarball = join(root, `.artifacts/next-gatehouse-${version}.tgz`);
/** Nothing runs at an installation, and the peers next and react are found in the folder above. */
const NPM = ['--legacy-peer-deps', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
/** The fonts of the template, which Next would fetch at a build. */
const FONTS = { NEXT_FONT_GOOGLE_MOCKED_RESPONSES: join(import.meta.dirname, 'fonts.cjs') };

export const folderOf = ({ name }: Site) => join(root, '.artifacts/adopter', name);

/** What became of a fresh site by `npm install`, `gatehouse init`, `gatehouse dev --write` and `next build` alone. */
export interface Adopted {
  readonly site: Site;
  readonly ports: Ports;
  readonly development: Development;
  /** What `gatehouse init` printed, and what it would do the second time. */
  readonly first: string;
  readonly again: string;
  /** The files of the site before all that. */
  readonly before: Files;
  /** How long each step took. */
  readonly seconds: Readonly<Record<'install' | 'init' | 'dev' | 'build', number>>;
}

export async function adopt(site: Site, ports: Ports): Promise<Adopted> {
  const dir = folderOf(site);
  layOut(site, dir, ports);
  const before = filesOf(dir);
  await ensurePackage(() => {});
  const install = await timed(() => npm(['install', tarball, ...NPM], dir));
  const init = await timed(() => printedBy(dir, ['init', ...site.init]));
  const dev = await timed(() => startDevelopment(dir, ports, outside(site, ports)));
  const again = await printedBy(dir, ['init', '--dry-run', ...site.init]);
  const build = await timed(() => buildSite({ dir, args: [...site.build], env: FONTS }));
  const seconds = { install: install.seconds, init: init.seconds, dev: dev.seconds, build: build.seconds };
  return { site, ports, development: dev.value, first: init.value, again, before, seconds };
}

/** The address of a site that browsers know by its proxy alone. */
const outside = ({ server }: Site, { https }: Ports) =>
  server === 'server.js behind nginx' ? ['--app-url', `https://localhost:${https}`] : [];

/** The site as its owner has it. */
function layOut({ name, template, folders, documented }: Site, dir: string, { site: port }: Ports): void {
  rmSync(dir, { recursive: true, force: true });
  const templates = join(root, 'node_modules/create-next-app/dist/templates');
  if (template) cpSync(join(templates, template), dir, { recursive: true });
  if (existsSync(join(dir, 'gitignore'))) renameSync(join(dir, 'gitignore'), join(dir, '.gitignore'));
  for (const folder of folders) cpSync(join(import.meta.dirname, 'sites', folder), dir, { recursive: true });
  const scripts = { dev: `next dev -p ${port}`, build: 'next build', start: `next start -p ${port}` };
  const manifest = { name, version: '1.0.0', private: true, scripts }; // without `"type": "module"`
  for (const [path, text] of Object.entries({ ...documented, 'package.json': JSON.stringify(manifest) })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
}

const shell = process.platform === 'win32'; // npm is a `.cmd` there
const npm = (args: readonly string[], cwd: string) => promisify(execFile)('npm', args, { cwd, shell });

/** @throws {Error} when it leaves something to its caller */
async function printedBy(dir: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await gatehouse(dir, args);
  if (status !== 0) throw new Error(`gatehouse ${args.join(' ')} ended with ${status}\n${stderr}${stdout}`);
  return stdout;
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
