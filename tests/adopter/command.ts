import { spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * The command that the installation of a site has brought. This process goes on meanwhile, so that it sees the end of
 * connections which a server closes when they are idle.
 */
export async function gatehouse(cwd: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const { NODE_ENV: _, ...env } = process.env;
  const child = spawn(join(cwd, 'node_modules/.bin/gatehouse'), args, {
    cwd,
    env: { ...env, ...more } as NodeJS.ProcessEnv,
    shell: process.platform === 'win32', // npm writes a `.cmd` there
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (text) => {
      said[name] += text;
    });
  const status = await new Promise((resolve) => child.once('close', resolve));
  return { ...said, status };
}
