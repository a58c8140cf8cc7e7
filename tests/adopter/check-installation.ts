import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Adopted } from './adopt';
import type { Running } from './open';
import type { Site } from './sites';

/** What `gatehouse init` says of a fresh site, and of the same site afterwards. */
export function checkInit(adopted: () => Adopted | undefined): void {
  it('is adopted by `gatehouse init` alone, which has nothing to do the second time', () => {
    const { first = '', again = '' } = adopted() ?? {};
    expect(first).toMatch(/^Written:\n( {2}\S+ +(new|changed)\n){4,}/);
    expect(first).not.toContain('By hand');
    expect(again).toMatch(/^Nothing to change/);
  });
}

/** What an installation is, and the command that comes with it. */
export function checkInstallation(running: () => Running, { addsRules }: Site): void {
  it('has the package from its tarball, and no file of it elsewhere', () => {
    const { dir } = running();
    const installed = join(dir, 'node_modules/next-gatehouse');
    expect(lstatSync(installed).isSymbolicLink()).toBe(false);
    expect(existsSync(join(installed, 'dist/index.js'))).toBe(true);
    expect(readdirSync(dir).filter((name) => /^(lib|dist|local)$/.test(name))).toEqual([]);
  });

  it('is judged by its own rules: `gatehouse routes` finds no fault', async () => {
    const { dir } = running();
    const command = join(dir, 'node_modules/.bin/gatehouse');
    const shell = process.platform === 'win32'; // npm writes a `.cmd` there
    // Not `spawnSync`: a loop that stands still does not see that the site closes idle connections, and uses one of them again.
    const { stdout, stderr } = await promisify(execFile)(command, ['routes'], { cwd: dir, shell }); // throws unless the exit code is 0
    expect(stderr).toBe('');
    expect(stdout).toMatch(addsRules ? /^\S*\/about +.*\/about → public/m : /^\S*\/about +\/\* → session/m);
    expect(stdout).toMatch(/^\S*\/account +\/\* → session/m);
    expect(stdout).toMatch(/ routes, 0 of them open without a rule/);
  });
}
