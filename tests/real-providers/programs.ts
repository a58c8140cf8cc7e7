import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers } from '../../local/site.mjs';

/** A program from packages that were unpacked into a folder, as if that were `/`. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Where it answers when it is up. */
  readonly url: string;
}

const START_TIMEOUT_MS = 20_000;
const KEPT = 40;

/** A folder for what a program writes, gone with it. */
export const temporaryFolder = (name: string) => mkdtempSync(join(tmpdir(), `gatehouse-${name}-`));

/**
 * The environment in which a program finds what was unpacked with it before what the machine has.
 *
 * @param modules folders of Perl modules that come first
 */
export function environmentOf(folder: string, modules: readonly string[] = []): NodeJS.ProcessEnv {
  const lib = join(folder, 'usr/lib');
  const libraries = readdirSync(lib).filter((name) => name.endsWith('-linux-gnu'));
  const perl = ['usr/share/perl5', 'usr/share/perl', ...libraries.flatMap((name) => [`usr/lib/${name}/perl5`])]
    .map((place) => join(folder, place))
    .flatMap((place) => [place, ...versionsIn(place)]);
  return {
    PATH: `${join(folder, 'usr/bin')}:${process.env.PATH}`,
    LD_LIBRARY_PATH: libraries.map((name) => join(lib, name)).join(':'),
    PERL5LIB: [...modules, ...perl].join(':'),
  };
}

/** Perl keeps what was compiled by version. */
const versionsIn = (place: string) =>
  existsSync(place)
    ? readdirSync(place)
        .filter((name) => /^\d+\.\d+/.test(name))
        .map((name) => join(place, name))
    : [];

/** Starts it, waits until it answers, and shows what it said when it does not. `close` removes its folder as well. */
export async function run({ command, args, env, url }: Program, folder: string): Promise<{ close(): Promise<void> }> {
  const said: string[] = [];
  const child: ChildProcess = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said.push(chunk.toString());
      said.splice(0, said.length - KEPT);
    });
  const patience = AbortSignal.timeout(START_TIMEOUT_MS);
  const over = new AbortController();
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      said.push(error.message);
      resolve();
    });
  });
  void exited.then(() => over.abort());
  const end = () => void child.kill('SIGTERM');
  process.on('exit', end);
  const close = async () => {
    end();
    await exited;
    process.off('exit', end);
    rmSync(folder, { recursive: true, force: true });
  };
  if (await answers(url, AbortSignal.any([patience, over.signal]))) return { close };
  await close();
  throw new Error(`${command} did not start\n${said.join('')}`);
}
