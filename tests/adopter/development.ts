import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Ports } from './ports';

/** Those of the built-in provider, and one whose sessions no other test makes. */
const PEOPLE = join(import.meta.dirname, 'people.json');

export interface Development {
  readonly issuer: string;
  stop(): Promise<void>;
}

/** `gatehouse dev --write` in a site, as its owner calls it; resolves when provider and Redis are there. */
export async function startDevelopment(dir: string, ports: Ports, args: readonly string[]): Promise<Development> {
  const { REDIS_URL: _, GATEHOUSE_REDIS: __, NODE_ENV: ___, ...env } = process.env; // what a developer's shell has not
  const at = ['--provider-port', `${ports.provider}`, '--redis-port', `${ports.redis}`];
  const child = spawn(
    join(dir, 'node_modules/.bin/gatehouse'),
    ['dev', '--write', '--people', PEOPLE, ...at, ...args],
    {
      cwd: dir,
      env: env as NodeJS.ProcessEnv,
      shell: process.platform === 'win32', // npm writes a `.cmd` there
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  process.once('exit', () => child.kill('SIGTERM')); // on which it stops its redis-server; SIGKILL would leave that behind
  let said = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (text) => {
      said += text;
      if (said.includes('Ctrl-C stops')) resolve();
    });
  });
  await Promise.race([ready, exited.then(([code]) => Promise.reject(new Error(`it ended with ${code}\n${said}`)))]);
  return {
    issuer: `http://127.0.0.1:${ports.provider}`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
