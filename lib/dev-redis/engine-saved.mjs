/**
 * The content of the engine in a shape that JSON keeps: `[key, type, value, expiresAt]`, a hash and a sorted set as their pairs.
 */

/**
 * @typedef {import('./engine.mjs').Db} Db
 * @typedef {import('./engine.mjs').Entry} Entry
 */

/** @param {Db} db */
export const dumpEntries = (db) =>
  db.keys().map((key) => {
    const { type, value, expiresAt } = /** @type {Entry} */ (db.get(key));
    if (type === 'string') return [key, type, value, expiresAt];
    return [key, type, type === 'hash' ? [...value] : inOrder(value), expiresAt];
  });

/** @param {import('./engine-sorted-sets.mjs').SortedSet} set */
const inOrder = ({ scores, order }) => order.map((member) => [member, scores.get(member)]);

/** What was dumped once; entries that are none are left out. @param {unknown} saved @returns {Map<string, Entry>} */
export function restoreEntries(saved) {
  const rows = Array.isArray(saved) ? saved : [];
  return new Map(rows.flatMap((row) => (isRow(row) ? [[row[0], entryOf(row)]] : [])));
}

/** @param {unknown} row */
function isRow(row) {
  if (!Array.isArray(row) || typeof row[0] !== 'string') return false;
  const [, type, value, expiresAt] = row;
  const isValue = type === 'string' ? typeof value === 'string' : ['hash', 'zset'].includes(type) && isPairs(value);
  return isValue && (expiresAt === null || typeof expiresAt === 'number');
}

/** @param {unknown} value */
const isPairs = (value) => Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2);

/** @param {any[]} row @returns {any} */
function entryOf([, type, value, expiresAt]) {
  if (type === 'string') return { type, value, expiresAt };
  if (type === 'hash') return { type, value: new Map(value), expiresAt };
  // Infinite scores are no JSON; no script of the gate has them.
  const scores = new Map(value);
  return { type, value: { scores, order: [...scores.keys()] }, expiresAt };
}
