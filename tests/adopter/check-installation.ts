import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Adopted, folderOf } from './adopt';
import { gatehouse } from './command';
import { changedIn, filesOf } from './files';
import type { Running } from './open';
import { opensAbout, type Site } from './sites';

/** What `gatehouse init` says of a fresh site, and of the same site afterwards. */
export function checkInit(adopted: () => Adopted | undefined): void {
  it('is adopted by `gatehouse init` alone, which has nothing to do the second time', () => {
    const { first = '', again = '' } = adopted() ?? {};
    expect(first).toMatch(/^Written:\n( {2}\S+ +(new|changed)\n){4,}/);
    expect(first).not.toContain('By hand');
    expect(again).toMatch(/^Nothing to change/);
  });

  it('has no file that was written but by npm, `gatehouse init` and Next', () => {
    const { site, before = {}, first = '' } = adopted() ?? {};
    const written = [...first.matchAll(/^ {2}(\S+) +(?:new|changed)$/gm)].map(([, path]) => path);
    const others = ['package.json', 'package-lock.json', 'next-env.d.ts', 'tsconfig.json', 'tsconfig.tsbuildinfo'];
    const changed = site ? changedIn(before, filesOf(folderOf(site))) : [];
    expect(changed).toEqual(expect.arrayContaining(written));
    expect(changed.filter((path) => !written.includes(path) && !others.includes(path))).toEqual([]);
  });
}

/** What an installation is, and the command that comes with it. */
export function checkInstallation(running: () => Running, site: Site): void {
  it('has the package from its tarball, and no file of it elsewhere', () => {
    const { dir } = running();
    const installed = join(dir, 'node_modules/next-gatehouse');
    expect(lstatSync(installed).isSymbolicLink()).toBe(false);
    expect(existsSync(join(installed, 'dist/index.js'))).toBe(true);
    expect(readdirSync(dir).filter((name) => /^(lib|dist|local)$/.test(name))).toEqual([]);
  });

  it('is judged by its own rules: `gatehouse routes` finds no fault', async () => {
    const { stdout, stderr, status } = await gatehouse(running().dir, ['routes']);
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toMatch(opensAbout(site) ? /^\S*\/about +.*\/about → public/m : /^\S*\/about +\/\* → session/m);
    expect(stdout).toMatch(/^\S*\/account +\/\* → session/m);
    expect(stdout).toMatch(/^\S*\/admin +\/admin\/\* → /m);
    expect(stdout).toMatch(/ routes, 0 of them open without a rule/);
  });
}
