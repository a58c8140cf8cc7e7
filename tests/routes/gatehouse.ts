import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { ensurePackage } from '../../local/package.mjs';
import { root } from '../../local/setup.mjs';

/** The command, as the package brings it. */
const main = join(root, 'node_modules/next-gatehouse/dist/cli/main.js');

beforeAll(() => ensurePackage(() => {}));

/** What a terminal shows of `gatehouse` with these arguments. */
export function gatehouse(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}
