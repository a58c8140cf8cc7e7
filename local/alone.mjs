/** Work that several processes may begin, and one has to do. Node's own modules only. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from './setup.mjs';

/**
 * Does some work while no other process does work of this name.
 *
 * @template Result
 * @param {string} name @param {() => Promise<Result>} work
 */
export async function alone(name, work) {
  const lock = join(root, '.artifacts', `${name}.lock`);
  mkdirSync(join(root, '.artifacts'), { recursive: true });
  while (!take(lock)) await delay(200);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** False while a process that lives has it. @param {string} lock */
function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (existsSync(lock) && !lives(Number(readFileSync(lock, 'utf8')))) rmSync(lock, { force: true });
    return false;
  }
}

/** @param {number} pid 0 for a holder that is just about to write its own */
function lives(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
