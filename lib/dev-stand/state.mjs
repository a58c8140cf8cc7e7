import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNNING } from '../dev-redis/real.mjs';

/** Of a shape that this version does not read, a file counts as corrupt. */
const VERSION = 1;

/** Changes within this time are written at once; a process that is killed loses no more. */
const DELAY = 1_000;

/** @typedef {ReturnType<typeof openState>} State */

/**
 * What a stand remembers between two starts, as JSON in a folder that only its owner can read. Writes are atomic: the file is
 * whole, of before or of now, whenever the process is killed.
 *
 * @param {string} folder
 * @param {{ log: (line: string) => void, reset?: boolean }} options
 */
export function openState(folder, { log, reset = false }) {
  const file = join(folder, 'state.json');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700); // also where it was there before; Redis writes a file here as well
  if (reset)
    for (const name of readdirSync(folder))
      if (name !== RUNNING) rmSync(join(folder, name), { recursive: true, force: true }); // a Redis may remove one meanwhile
  const saved = read(file, log);
  /** @type {() => Record<string, unknown>} */
  let content = () => saved;
  /** @type {NodeJS.Timeout | undefined} */
  let pending;
  let written = '';

  function save() {
    clearTimeout(pending);
    pending = undefined;
    const text = JSON.stringify({ version: VERSION, ...content() });
    if (text === written) return;
    const next = `${file}.${process.pid}`;
    writeFileSync(next, text, { mode: 0o600 });
    renameSync(next, file);
    written = text;
  }

  return {
    /** What the file held; empty when it held nothing that is of use. */
    saved,
    folder,
    isReset: reset,
    /** Names what is to be written. @param {() => Record<string, unknown>} from */
    keep(from) {
      content = from;
      save();
    },
    /** Tells that the content may have changed. */
    touch() {
      pending ??= setTimeout(() => {
        try {
          save();
        } catch (error) {
          log(`The state is not saved: ${error instanceof Error ? error.message : error}`);
        }
      }, DELAY).unref();
    },
    save,
  };
}

/** @param {string} file @param {(line: string) => void} log @returns {Record<string, any>} */
function read(file, log) {
  try {
    const saved = JSON.parse(readFileSync(file, 'utf8'));
    if (saved?.version === VERSION) return saved;
    log(`The state of the last start is of another version and is left out (${file}).`);
  } catch (error) {
    const isAbsent = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
    if (!isAbsent) log(`The state of the last start cannot be read and is left out (${file}).`);
  }
  return {};
}
