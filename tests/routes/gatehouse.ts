import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import type { CommandError } from '../../lib/cli/command-error.ts';
import { ensurePackage } from '../../local/package.mjs';
import { root } from '../../local/setup.mjs';

/** The command, as the package brings it. */
const cli = join(root, 'node_modules/next-gatehouse/dist/cli');
const main = join(cli, 'main.js');

beforeAll(() => ensurePackage(() => {}));

/** What a terminal shows of `gatehouse` with these arguments. */
export function gatehouse(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

type Command = (args: readonly string[], print: (line: string) => void) => Promise<number>;

/**
 * What `gatehouse routes` says, called in this process as `main.js` calls it: a process of its own, which loads all of it anew, takes
 * most of the time. That the process ends, with this status and this output, is what `gatehouse()` is for.
 */
export async function routes(...args: string[]) {
  const { routes: command } = (await import(join(cli, 'routes.js'))) as { routes: Command };
  let stdout = '';
  const print = (line: string) => {
    stdout += `${line}\n`;
  };
  try {
    return { status: await command(args, print), stdout, stderr: '' };
  } catch (error) {
    const { name, exitCode, message } = error as CommandError; // of the package's own class
    if (name !== 'CommandError') throw error;
    return { status: exitCode, stdout, stderr: `gatehouse: ${message}\n` };
  }
}
