import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from '../../local/setup.mjs';
import { answers, inheritedEnv } from '../../local/site.mjs';
import { documentedDockerfile } from './dockerfile';

export type Env = Readonly<Record<string, string>>;

/**
 * A site without Next's command, put into a container as the documented Dockerfile says: the folder that the build made, with
 * the files that Next leaves to the owner, in a place where no other package is found. The sites of this run are folders of one
 * workspace, so Next puts the server below that folder.
 */
export async function startServer(dir: string, origin: string, env: Env) {
  const container = mkdtempSync(join(tmpdir(), 'gatehouse-standalone-'));
  const home = join(container, relative(root, dir));
  const { copies, env: ofImage, command } = documentedDockerfile();
  for (const { source, target } of copies)
    cpSync(join(dir, source), target ? join(home, target) : container, { recursive: true });
  rmSync(join(home, '.env.local'), { force: true }); // variables come from outside
  const { port } = new URL(origin);
  const [program = '', ...args] = command;
  if (program !== 'node') throw new Error('the container does not start Node');
  const child = spawn(process.execPath, args, {
    cwd: home,
    env: { ...inheritedEnv(), ...ofImage, ...env, PORT: port },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  await answers(origin, AbortSignal.timeout(30_000));
  return {
    async close() {
      child.kill('SIGKILL'); // on SIGTERM Next waits for open connections
      await exited;
      rmSync(container, { recursive: true, force: true });
    },
  };
}
