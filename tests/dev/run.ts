import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach } from 'vitest';
import { envValues } from '../../lib/cli/env-file';
import { freePort } from '../../local/site.mjs';
import { command } from './installed';

const running: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of running.splice(0)) if (pid && isAlive(-pid)) process.kill(-pid, 'SIGKILL');
});

/** @param pid negative for a process group */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Options {
  /** Of the process, over those of this one. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a developer's shell has; the Redis of the test run is none of its business. */
function shell(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { REDIS_URL: _, GATEHOUSE_REDIS: __, NODE_ENV: ___, ...rest } = process.env;
  return { ...rest, ...env } as NodeJS.ProcessEnv;
}

/** `gatehouse dev` in a folder, in a process group of its own as in a terminal. */
function launch(folder: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [command(), 'dev', ...args], {
    cwd: folder,
    env: shell(env),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    said.stdout += text;
  });
  child.stderr.on('data', (text) => {
    said.stderr += text;
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return { child, said, ended };
}

/** Runs it to its end. */
export async function runDev(folder: string, args: readonly string[], { env = {} }: Options = {}) {
  const { said, ended } = launch(folder, args, env);
  return { status: await ended, ...said };
}

/** Ports that are free now, as options of the command. */
export async function freePorts(): Promise<readonly [string, string, string, string]> {
  return ['--provider-port', `${await freePort(0)}`, '--redis-port', `${await freePort(0)}`];
}

/** Runs it until it is stopped; resolves when it says that it is ready. */
export async function startDev(folder: string, args: readonly string[], { env = {} }: Options = {}) {
  const { child, said, ended } = launch(folder, args, env);
  const { pid = 0 } = child;
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', () => said.stdout.includes('Ctrl-C stops') && resolve());
  });
  const early = ended.then((status) => Promise.reject(new Error(`ended with ${status}: ${said.stderr}`)));
  early.catch(() => {}); // which it does later
  await Promise.race([ready, early]);
  return {
    pid,
    output: () => said.stdout,
    errors: () => said.stderr,
    /** The variables that it prints. */
    env: () => Object.fromEntries(envValues(said.stdout.match(/^[A-Z_]+=.*$/gm)?.join('\n') ?? '')),
    /** As a supervisor ends it; a terminal sends its signal to the whole group. */
    async stop(signal: NodeJS.Signals = 'SIGTERM', target = pid) {
      process.kill(target, signal);
      return ended;
    },
  };
}
