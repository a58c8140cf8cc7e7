import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ensurePackage } from '../../../local/package.mjs';
import { root } from '../../../local/setup.mjs';

/** The file that a block of the page is, by its first line. */
function documented(name: string): string {
  const page = readFileSync(join(root, 'docs/testing.md'), 'utf8');
  const [, code] = page.split(`\`\`\`ts\n// ${name}\n`);
  if (code === undefined) throw new Error(`the page has no ${name}`);
  return code.slice(0, code.indexOf('```'));
}

it('unit tests run as the page on testing shows them', { timeout: 120_000 }, async () => {
  await ensurePackage(() => {});
  const site = join(root, '.artifacts/unit-tests');
  rmSync(site, { recursive: true, force: true });
  for (const name of ['vitest.config.ts', 'tests/setup.ts', 'tests/me.test.ts']) {
    mkdirSync(dirname(join(site, name)), { recursive: true });
    writeFileSync(join(site, name), documented(name));
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--root', site, '--reporter', 'json'];
  const { VITEST: _, ...env } = process.env; // it would take itself for a worker of this run
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: site, env, encoding: 'utf8' });
  const { numPassedTests, numTotalTests } = stdout.startsWith('{') ? JSON.parse(stdout) : { numPassedTests: stdout };
  expect([numPassedTests, numTotalTests, stderr]).toEqual([2, 2, '']);
});
