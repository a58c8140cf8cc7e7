import { fail, integer, OK, Status } from './engine-replies.mjs';

/** @typedef {import('./engine.mjs').Db} Db */

/** A glob of Redis as a regular expression: `*`, `?`, `[…]` and `\`. @param {string} glob */
function matcher(glob) {
  const source = glob.replace(/\\(.)|\[(\^?)((?:\\.|[^\]])*)\]|[*?]|[.+^${}()|/]/gs, (part, escaped, not, set) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    if (set !== undefined) return `[${not}${set}]`;
    if (part === '*') return '.*';
    return part === '?' ? '.' : `\\${part}`;
  });
  return new RegExp(`^${source}$`, 's');
}

/** @param {Db} db @param {string} key @param {number} unit ms */
function timeLeft(db, key, unit) {
  const entry = db.get(key);
  if (!entry) return -2;
  if (entry.expiresAt === null) return -1;
  const left = entry.expiresAt - db.now();
  return unit === 1 ? left : Math.floor((left + 500) / 1000);
}

/** @param {number} unit ms @param {boolean} absolute */
const expire = (unit, absolute) => ({
  arity: -3,
  /** @param {Db} db @param {string[]} args @param {string} name */
  run(db, [key, amountText, ...options], name) {
    const flags = options.map((option) => option.toUpperCase());
    const unknown = flags.findIndex((flag) => !['NX', 'XX', 'GT', 'LT'].includes(flag));
    if (unknown >= 0) throw fail(`Unsupported option ${options[unknown]}`);
    if (flags.includes('NX') && flags.some((flag) => flag !== 'NX'))
      throw fail('NX and XX, GT or LT options at the same time are not compatible');
    if (flags.includes('GT') && flags.includes('LT'))
      throw fail('GT and LT options at the same time are not compatible');
    const amount = integer(amountText); // read after the options, as Redis does
    const at = amount * BigInt(unit) + (absolute ? 0n : BigInt(db.now()));
    const limit = 9223372036854775807n;
    if (amount > limit / BigInt(unit) || amount < -limit / BigInt(unit) || at > limit)
      throw fail(`invalid expire time in '${name}' command`);
    const entry = db.get(key);
    if (!entry) return 0;
    const before = entry.expiresAt;
    const after = Number(at);
    if (flags.includes('NX') && before !== null) return 0;
    if (flags.includes('XX') && before === null) return 0;
    if (flags.includes('GT') && (before === null || after <= before)) return 0;
    if (flags.includes('LT') && before !== null && after >= before) return 0;
    if (after <= db.now()) db.delete(key);
    else entry.expiresAt = after;
    return 1;
  },
});

const remove = {
  arity: -2,
  /** @param {Db} db @param {string[]} keys */
  run: (db, keys) => keys.filter((key) => db.delete(key)).length,
};

const clear = {
  arity: 1,
  /** @param {Db} db */
  run(db) {
    db.clear();
    return OK;
  },
};

/** @type {Record<string, import('./engine.mjs').Command>} */
export const keyCommands = {
  ping: {
    arity: -1,
    run(_, args) {
      if (args.length > 1) throw fail("wrong number of arguments for 'ping' command");
      return args[0] ?? new Status('PONG');
    },
  },
  echo: { arity: 2, run: (_, [text]) => text },
  time: {
    arity: 1,
    run: (db) => [String(Math.floor(db.now() / 1000)), String((db.now() % 1000) * 1000)],
  },
  dbsize: { arity: 1, run: (db) => db.keys().length },
  flushdb: clear,
  flushall: clear,
  keys: { arity: 2, run: (db, [glob]) => db.keys().filter((key) => matcher(glob).test(key)) },
  scan: {
    arity: -2,
    run(db, [cursor, ...options]) {
      if (!/^\d+$/.test(cursor)) throw fail('invalid cursor');
      let glob = '*';
      for (let index = 0; index < options.length; index += 2) {
        const name = options[index].toLowerCase();
        const value = options[index + 1];
        if (value === undefined || !['match', 'count'].includes(name)) throw fail('syntax error');
        if (name === 'match') glob = value;
        else if (integer(value) < 1n) throw fail('syntax error');
      }
      // All at once: a cursor has to find everything that was there throughout, and may find it early.
      return ['0', db.keys().filter((key) => matcher(glob).test(key))];
    },
  },
  type: { arity: 2, run: (db, [key]) => new Status(db.get(key)?.type ?? 'none') },
  exists: { arity: -2, run: (db, keys) => keys.filter((key) => db.get(key)).length },
  del: remove,
  unlink: remove,
  expire: expire(1000, false),
  pexpire: expire(1, false),
  expireat: expire(1000, true),
  pexpireat: expire(1, true),
  persist: {
    arity: 2,
    run(db, [key]) {
      const entry = db.get(key);
      if (!entry || entry.expiresAt === null) return 0;
      entry.expiresAt = null;
      return 1;
    },
  },
  ttl: { arity: 2, run: (db, [key]) => timeLeft(db, key, 1000) },
  pttl: { arity: 2, run: (db, [key]) => timeLeft(db, key, 1) },
};
