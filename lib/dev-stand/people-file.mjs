import { readFileSync, statSync, unwatchFile, watchFile } from 'node:fs';
import { basename } from 'node:path';
import { PEOPLE } from '../dev-provider/people.mjs';
import { checkPeople } from './check-people.mjs';

/** @typedef {import('../dev-provider/people.mjs').Entry} Entry */

/** How often the file is looked at between two requests, so that the terminal tells at once what a change did. */
const INTERVAL = 500;

/**
 * The people of a file, read anew when it changes: at a request, so that a page never shows those of before, and by itself. A
 * file that becomes faulty leaves the people as they were.
 *
 * @param {string} file may be absent, then the people are the built-in ones
 * @param {(line: string) => void} log
 * @throws {Error} when it is faulty at the start
 */
export function openPeople(file, log) {
  const name = basename(file);
  /** @type {{ stamp: string, people: readonly Entry[], fault: string | undefined }} */
  let known = { stamp: '', people: PEOPLE, fault: undefined };

  function look() {
    const stamp = stampOf(file);
    if (stamp === known.stamp) return known;
    const { people, faults } = stamp === ABSENT ? { people: PEOPLE, faults: undefined } : parse(file);
    const fault = faults && `${name} is not used: ${faults.join('; ')}.`;
    const isFirst = known.stamp === '';
    known = { stamp, people: people ?? known.people, fault };
    if (isFirst && fault)
      throw new Error(`${file} cannot be used:\n${(faults ?? []).map((one) => `  - ${one}`).join('\n')}`);
    if (!isFirst) log(fault ?? `${name}: read again, ${known.people.length} can sign in.`);
    return known;
  }

  look();
  watchFile(file, { interval: INTERVAL, persistent: false }, look);
  return {
    people: () => look().people,
    /** Why the people are not those of the file; undefined while they are. */
    fault: () => look().fault,
    /** Whether there is a file. */
    isThere: () => look().stamp !== ABSENT,
    close: () => unwatchFile(file, look),
  };
}

const ABSENT = 'absent';

/** @param {string} file */
function stampOf(file) {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.mtimeMs} ${found.size} ${found.ino}` : ABSENT;
}

/** @param {string} file @returns {ReturnType<typeof checkPeople>} */
function parse(file) {
  try {
    return checkPeople(JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')));
  } catch (error) {
    return { faults: [`it is not JSON: ${error instanceof Error ? error.message : error}`] };
  }
}
