import { hashCommands } from './engine-hashes.mjs';
import { keyCommands } from './engine-keys.mjs';
import { createScripting } from './engine-lua.mjs';
import { fail, Status } from './engine-replies.mjs';
import { dumpEntries, restoreEntries } from './engine-saved.mjs';
import { sortedSetCommands } from './engine-sorted-sets.mjs';
import { stringCommands } from './engine-strings.mjs';

/**
 * A stored value. `expiresAt` is in ms, null for never.
 *
 * @typedef {{ type: 'string', value: string, expiresAt: number | null }
 *   | { type: 'hash', value: Map<string, string>, expiresAt: number | null }
 *   | { type: 'zset', value: import('./engine-sorted-sets.mjs').SortedSet, expiresAt: number | null }} Entry
 */

/**
 * How commands see the data.
 *
 * @typedef {object} Db
 * @property {() => number} now ms; stands still while a script runs, as in Redis
 * @property {(key: string) => Entry | undefined} get what has not expired
 * @property {<T extends Entry['type']>(key: string, type: T) => Extract<Entry, { type: T }> | undefined} typed
 * @property {(key: string, entry: Entry) => void} set
 * @property {(key: string) => boolean} delete
 * @property {() => string[]} keys
 * @property {() => void} clear
 */

/** @typedef {{ arity: number, run: (db: Db, args: string[], name: string) => unknown }} Command */

/**
 * A Redis for a machine without one: a strict in-process map with Lua scripts. Strict means that a command or an option
 * that it does not know is an error, never a guess; `tests/contracts/engine.test.ts` holds it against the real one.
 *
 * @param {() => number} [clock] ms
 * @param {unknown} [saved] of an engine before
 * @returns {import('./upstash.mjs').Backend & { dump: () => unknown }}
 */
export function createEngine(clock = Date.now, saved = []) {
  /** @type {number | null} */
  let frozen = null;
  const db = createDb(() => frozen ?? clock(), restoreEntries(saved));
  const scripting = createScripting((args) => execute(args, false));
  /** @type {Record<string, Command>} */
  const commands = { ...keyCommands, ...stringCommands, ...hashCommands, ...sortedSetCommands };

  /** @param {string[]} args @param {boolean} scripts whether scripts may be run from here */
  function execute([name = '', ...args], scripts = true) {
    const command = commands[name.toLowerCase()];
    if (scripts && scripting.knows(name)) return atomically(() => scripting.run(name, args));
    if (!command || !Object.hasOwn(commands, name.toLowerCase()))
      throw fail(`unknown command '${name}', with args beginning with: ${args.map((arg) => `'${arg}' `).join('')}`);
    const given = args.length + 1;
    if (command.arity >= 0 ? given !== command.arity : given < -command.arity)
      throw fail(`wrong number of arguments for '${name.toLowerCase()}' command`);
    return command.run(db, args, name.toLowerCase());
  }

  /** @template T @param {() => T} work @returns {T} */
  function atomically(work) {
    frozen = clock();
    try {
      return work();
    } finally {
      frozen = null;
    }
  }

  return {
    send: async (args) => outward(execute(args)),
    multi: async (lists) => atomically(() => lists.map((args) => outward(execute(args)))),
    close: async () => db.clear(),
    /** Everything that has not expired, in a shape that JSON keeps. */
    dump: () => dumpEntries(db),
  };
}

/** @param {() => number} now @param {Map<string, Entry>} entries @returns {Db} */
function createDb(now, entries) {
  const get = (/** @type {string} */ key) => {
    const entry = entries.get(key);
    if (!entry || entry.expiresAt === null || entry.expiresAt > now()) return entry;
    entries.delete(key);
    return undefined;
  };
  return {
    now,
    get,
    typed(key, type) {
      const entry = get(key);
      if (entry && entry.type !== type)
        throw fail('Operation against a key holding the wrong kind of value', 'WRONGTYPE');
      return /** @type {any} */ (entry);
    },
    set: (key, entry) => void entries.set(key, entry),
    delete: (key) => get(key) !== undefined && entries.delete(key),
    keys: () => [...entries.keys()].filter((key) => get(key) !== undefined),
    clear: () => entries.clear(),
  };
}

/** Status replies are words of their own only inside scripts. @param {unknown} reply @returns {unknown} */
function outward(reply) {
  if (reply instanceof Status) return reply.text;
  return Array.isArray(reply) ? reply.map(outward) : (reply ?? null);
}
