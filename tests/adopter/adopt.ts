import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

export const folderOf = ({ name }: Site) => join(root, '.artifacts/adopter', name);

/** Writes the site into a fresh folder, installs the package into it as its README says, and builds it. */
export async function adopt(site: Site): Promise<void> {
  const dir = folderOf(site);
  rmSync(dir, { recursive: true, force: true });
  for (const folder of site.folders) cpSync(join(import.meta.dirname, 'sites', folder), dir, { recursive: true });
  const manifest = { name: site.name, version: '1.0.0', private: true }; // without `"type": "module"`
  for (const [path, text] of Object.entries({ ...site.documented, 'package.json': JSON.stringify(manifest) })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  await ensurePackage(() => {});
  await npm(['install', tarball, ...NPM], dir);
  await buildSite({ dir, args: [...site.build] });
}

const npm = (args: readonly string[], cwd: string) =>
  promisify(execFile)('npm', args, { cwd, shell: process.platform === 'win32' }); // a `.cmd` there

/** Calls the work for all items, so many at a time. */
export async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
