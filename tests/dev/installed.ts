import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { ensurePackage } from '../../local/package.mjs';
import { root } from '../../local/setup.mjs';

interface Locked {
  readonly packages: Readonly<Record<string, { readonly dependencies?: Readonly<Record<string, string>> } | undefined>>;
}

/** The packages that an installation of these brings, one installed version of each. */
function closure(names: readonly string[], { packages }: Locked, seen: Set<string> = new Set()): ReadonlySet<string> {
  for (const name of names.filter((one) => !seen.has(one))) {
    seen.add(name);
    closure(Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {}), { packages }, seen);
  }
  return seen;
}

let modules: string;
beforeAll(async () => {
  await ensurePackage(() => {});
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-dev-'));
  modules = join(folder, 'node_modules');
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const { dependencies } = read('node_modules/next-gatehouse/package.json');
  const names = closure(Object.keys(dependencies), read('package-lock.json'));
  for (const name of ['next-gatehouse', ...names])
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true });
}, 60_000);
afterAll(() => rmSync(dirname(modules), { recursive: true, force: true }));

let count = 0;

/** A folder outside the repository with a site that has the package and its dependencies, and nothing else. */
export function site(files: Readonly<Record<string, string>> = {}): string {
  count += 1;
  const folder = join(dirname(modules), `site-${count}`); // which finds the packages in the folder above
  for (const [name, text] of Object.entries({ 'package.json': '{ "name": "shop" }', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** The command of the package. */
export const command = () => join(modules, 'next-gatehouse/dist/cli/main.js');
