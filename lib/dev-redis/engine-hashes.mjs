import { fail, integer, sum } from './engine-replies.mjs';

/** @typedef {import('./engine.mjs').Db} Db */

/** @param {Db} db @param {string} key @returns {Map<string, string>} */
const read = (db, key) => db.typed(key, 'hash')?.value ?? new Map();

/** The hash to write into. @param {Db} db @param {string} key @returns {Map<string, string>} */
function open(db, key) {
  const held = db.typed(key, 'hash');
  if (held) return held.value;
  const value = new Map();
  db.set(key, { type: 'hash', value, expiresAt: null });
  return value;
}

/** @type {Record<string, import('./engine.mjs').Command>} */
export const hashCommands = {
  hset: {
    arity: -4,
    run(db, [key, ...pairs], name) {
      if (pairs.length % 2 !== 0) throw fail(`wrong number of arguments for '${name}' command`);
      const hash = open(db, key);
      const before = hash.size;
      for (let index = 0; index < pairs.length; index += 2) hash.set(pairs[index], pairs[index + 1]);
      return hash.size - before;
    },
  },
  hsetnx: {
    arity: 4,
    run(db, [key, field, value]) {
      const hash = open(db, key);
      if (hash.has(field)) return 0;
      hash.set(field, value);
      return 1;
    },
  },
  hget: { arity: 3, run: (db, [key, field]) => read(db, key).get(field) ?? null },
  hmget: {
    arity: -3,
    run(db, [key, ...fields]) {
      const hash = read(db, key);
      return fields.map((field) => hash.get(field) ?? null);
    },
  },
  hgetall: { arity: 2, run: (db, [key]) => [...read(db, key)].flat() },
  hkeys: { arity: 2, run: (db, [key]) => [...read(db, key).keys()] },
  hvals: { arity: 2, run: (db, [key]) => [...read(db, key).values()] },
  hlen: { arity: 2, run: (db, [key]) => read(db, key).size },
  hexists: { arity: 3, run: (db, [key, field]) => (read(db, key).has(field) ? 1 : 0) },
  hstrlen: { arity: 3, run: (db, [key, field]) => Buffer.byteLength(read(db, key).get(field) ?? '') },
  hdel: {
    arity: -3,
    run(db, [key, ...fields]) {
      const hash = read(db, key);
      const removed = fields.filter((field) => hash.delete(field)).length;
      if (removed > 0 && hash.size === 0) db.delete(key); // Redis keeps no empty hash
      return removed;
    },
  },
  hincrby: {
    arity: 4,
    run(db, [key, field, amountText]) {
      const amount = integer(amountText);
      const before = read(db, key).get(field);
      const result = sum(before === undefined ? 0n : integer(before, 'hash value is not an integer'), amount);
      open(db, key).set(field, String(result));
      return Number(result);
    },
  },
};
