import { expiry, fail, integer, OK, sum } from './engine-replies.mjs';

/** @typedef {import('./engine.mjs').Db} Db */

/** @param {Db} db @param {string} key */
const read = (db, key) => db.typed(key, 'string')?.value ?? null;

/** @param {Db} db @param {string} key @param {string} value @param {number | null} [expiresAt] */
const write = (db, key, value, expiresAt = null) => db.set(key, { type: 'string', value, expiresAt });

/** Adds, and keeps the time to live. @param {Db} db @param {string} key @param {bigint} amount */
function add(db, key, amount) {
  const entry = db.typed(key, 'string');
  const result = sum(integer(entry?.value ?? '0'), amount);
  write(db, key, String(result), entry?.expiresAt ?? null);
  return Number(result);
}

/** @type {Record<string, { unit: number, absolute: boolean }>} */
const ENDS = {
  EX: { unit: 1000, absolute: false },
  PX: { unit: 1, absolute: false },
  EXAT: { unit: 1000, absolute: true },
  PXAT: { unit: 1, absolute: true },
};

/** `SET key value [NX|XX] [GET] [EX|PX|EXAT|PXAT n|KEEPTTL]`. @param {Db} db @param {string[]} args */
function set(db, [key, value, ...options]) {
  /** @type {{ condition?: string, get?: boolean, keep?: boolean, end?: [string, string] }} */
  const chosen = {};
  for (let index = 0; index < options.length; index += 1) {
    const option = options[index].toUpperCase();
    // An option may be said twice, as long as it is the same.
    const same = (/** @type {string | undefined} */ chosenBefore) =>
      chosenBefore === undefined || chosenBefore === option;
    if ((option === 'NX' || option === 'XX') && same(chosen.condition)) chosen.condition = option;
    else if (option === 'GET') chosen.get = true;
    else if (option === 'KEEPTTL' && !chosen.end) chosen.keep = true;
    else if (ENDS[option] && same(chosen.end?.[0]) && !chosen.keep && options[index + 1] !== undefined) {
      chosen.end = [option, options[index + 1]];
      index += 1;
    } else throw fail('syntax error');
  }
  const { unit, absolute } = ENDS[chosen.end?.[0] ?? 'PX'];
  const expiresAt = chosen.end ? expiry(chosen.end[1], unit, absolute ? 0 : db.now()) : null;
  const before = chosen.get ? read(db, key) : null;
  const exists = db.get(key);
  if ((chosen.condition === 'NX' && exists) || (chosen.condition === 'XX' && !exists)) return before;
  if (expiresAt !== null && expiresAt <= db.now()) db.delete(key);
  else write(db, key, value, chosen.keep ? (exists?.expiresAt ?? null) : expiresAt);
  return chosen.get ? before : OK;
}

/** @param {number} unit ms */
const setWithEnd = (unit) => ({
  arity: 4,
  /** @param {Db} db @param {string[]} args @param {string} name */
  run(db, [key, amount, value], name) {
    write(db, key, value, expiry(amount, unit, db.now(), name));
    return OK;
  },
});

/** @type {Record<string, import('./engine.mjs').Command>} */
export const stringCommands = {
  get: { arity: 2, run: (db, [key]) => read(db, key) },
  set: { arity: -3, run: set },
  setex: setWithEnd(1000),
  psetex: setWithEnd(1),
  setnx: {
    arity: 3,
    run(db, [key, value]) {
      if (db.get(key)) return 0;
      write(db, key, value);
      return 1;
    },
  },
  getdel: {
    arity: 2,
    run(db, [key]) {
      const value = read(db, key);
      db.delete(key);
      return value;
    },
  },
  mget: { arity: -2, run: (db, keys) => keys.map((key) => (db.get(key)?.type === 'string' ? read(db, key) : null)) },
  mset: {
    arity: -3,
    run(db, pairs) {
      if (pairs.length % 2 !== 0) throw fail("wrong number of arguments for 'mset' command");
      for (let index = 0; index < pairs.length; index += 2) write(db, pairs[index], pairs[index + 1]);
      return OK;
    },
  },
  strlen: { arity: 2, run: (db, [key]) => Buffer.byteLength(read(db, key) ?? '') },
  append: {
    arity: 3,
    run(db, [key, value]) {
      const entry = db.typed(key, 'string');
      write(db, key, (entry?.value ?? '') + value, entry?.expiresAt ?? null);
      return Buffer.byteLength(read(db, key) ?? '');
    },
  },
  incr: { arity: 2, run: (db, [key]) => add(db, key, 1n) },
  decr: { arity: 2, run: (db, [key]) => add(db, key, -1n) },
  incrby: { arity: 3, run: (db, [key, amount]) => add(db, key, integer(amount)) },
  decrby: { arity: 3, run: (db, [key, amount]) => add(db, key, -integer(amount)) },
};
