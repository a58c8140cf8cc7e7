import { float, floatText } from './engine-numbers.mjs';
import { fail, integer } from './engine-replies.mjs';

/** @typedef {import('./engine.mjs').Db} Db */

/**
 * `order` has the members by their scores, and by their bytes where those are equal.
 *
 * @typedef {{ scores: Map<string, number>, order: string[] }} SortedSet
 */

/** @param {Db} db @param {string} key @returns {SortedSet} */
const read = (db, key) => db.typed(key, 'zset')?.value ?? { scores: new Map(), order: [] };

/** Where a member with this score stands, or would stand. @param {SortedSet} set @param {number} score @param {string} member */
function place({ scores, order }, score, member) {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = /** @type {number} */ (scores.get(order[middle]));
    const isBefore =
      other === score ? Buffer.compare(Buffer.from(order[middle]), Buffer.from(member)) < 0 : other < score;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {SortedSet} set @param {string} member @returns {boolean} whether it was there */
function take(set, member) {
  const score = set.scores.get(member);
  if (score === undefined) return false;
  set.order.splice(place(set, score, member), 1);
  return set.scores.delete(member);
}

/** @param {SortedSet} set @param {number} score @param {string} member */
function put(set, score, member) {
  take(set, member);
  set.order.splice(place(set, score, member), 0, member);
  set.scores.set(member, score);
}

/** Removes members, and the key with the last of them. @param {Db} db @param {string} key @param {readonly string[]} members */
function remove(db, key, members) {
  const set = read(db, key);
  const removed = members.filter((member) => take(set, member)).length;
  if (removed > 0 && set.order.length === 0) db.delete(key);
  return removed;
}

/** `ZADD key [NX|XX] [GT|LT] [CH] score member …`. @param {Db} db @param {string[]} args */
function add(db, [key, ...rest]) {
  const end = rest.findIndex((word) => !['NX', 'XX', 'GT', 'LT', 'CH'].includes(word.toUpperCase()));
  const flags = new Set(rest.slice(0, Math.max(end, 0)).map((word) => word.toUpperCase()));
  const pairs = end < 0 ? [] : rest.slice(end);
  if (pairs.length === 0 || pairs.length % 2 !== 0) throw fail('syntax error');
  const [nx, xx, gt, lt] = ['NX', 'XX', 'GT', 'LT'].map((flag) => flags.has(flag));
  if (nx && xx) throw fail('XX and NX options at the same time are not compatible');
  if ((gt && lt) || (nx && (gt || lt))) throw fail('GT, LT, and/or NX options at the same time are not compatible');
  const scores = pairs.filter((_, index) => index % 2 === 0).map((text) => float(text) + 0); // no -0
  const set = read(db, key);
  let added = 0;
  let updated = 0;
  for (const [index, score] of scores.entries()) {
    const member = pairs[2 * index + 1];
    const before = set.scores.get(member);
    if (before === undefined ? xx : nx || score === before || (gt && score < before) || (lt && score > before))
      continue;
    put(set, score, member);
    if (before === undefined) added += 1;
    else updated += 1;
  }
  if (added > 0 && !db.get(key)) db.set(key, { type: 'zset', value: set, expiresAt: null });
  return flags.has('CH') ? added + updated : added;
}

/** Members with scores between two bounds, `(` before one that is left out; an empty one is 0. @param {string} minText @param {string} maxText */
function between(minText, maxText) {
  const [min, max] = [minText, maxText].map((text) =>
    float(text.replace(/^\(/, '') || '0', 'min or max is not a float'),
  );
  return (/** @type {SortedSet} */ { scores, order }) =>
    order.filter((member) => {
      const score = /** @type {number} */ (scores.get(member));
      const isAbove = minText.startsWith('(') ? score > min : score >= min;
      return isAbove && (maxText.startsWith('(') ? score < max : score <= max);
    });
}

/** Members from one place to another, both included; a negative one counts from the end. @param {string} from @param {string} to */
function ranked(from, to) {
  const [start, stop] = [from, to].map((text) => Number(integer(text)));
  return (/** @type {readonly string[]} */ order) => {
    const [first, last] = [start, stop].map((at) => (at < 0 ? Math.max(at + order.length, -1) : at));
    return order.slice(Math.max(first, 0), last + 1);
  };
}

/** @param {readonly string[]} words @param {readonly string[]} allowed those of `BYSCORE` and `REV` that may be said */
function rangeOptions(words, allowed) {
  const chosen = { byScore: false, isReversed: false, withScores: false, offset: 0n, count: -1n };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index].toUpperCase();
    if (word === 'WITHSCORES') chosen.withScores = true;
    else if (word === 'LIMIT' && index + 2 < words.length) {
      chosen.offset = integer(words[index + 1]);
      chosen.count = integer(words[index + 2]);
      index += 2;
    } else if (word === 'BYSCORE' && allowed.includes(word) && !chosen.byScore) chosen.byScore = true;
    else if (word === 'REV' && allowed.includes(word) && !chosen.isReversed) chosen.isReversed = true;
    else throw fail('syntax error');
  }
  return chosen;
}

/**
 * @param {{ byScore?: true, isReversed?: true }} fixed what the name of the command says
 * @param {readonly string[]} allowed
 */
const range = (fixed, allowed) => ({
  arity: -4,
  /** @param {Db} db @param {string[]} args */
  run(db, [key, from, to, ...words]) {
    const { byScore, isReversed, withScores, offset, count } = { ...rangeOptions(words, allowed), ...fixed };
    if (!byScore && count !== -1n)
      throw fail('syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX');
    const inScores = byScore && (isReversed ? between(to, from) : between(from, to));
    const inRanks = byScore ? null : ranked(from, to);
    const set = read(db, key);
    const found = inScores ? inScores(set) : set.order;
    const ordered = isReversed ? found.toReversed() : found;
    const members = inRanks ? inRanks(ordered) : limited(ordered, Number(offset), Number(count));
    if (!withScores) return [...members];
    return members.flatMap((member) => [member, floatText(/** @type {number} */ (set.scores.get(member)))]);
  },
});

/** A negative count is none; a negative offset passes by everything. @param {readonly string[]} members @param {number} offset @param {number} count */
function limited(members, offset, count) {
  if (offset < 0) return [];
  return members.slice(offset, count < 0 ? undefined : offset + count);
}

/** @type {Record<string, import('./engine.mjs').Command>} */
export const sortedSetCommands = {
  zadd: { arity: -4, run: add },
  zrem: { arity: -3, run: (db, [key, ...members]) => remove(db, key, members) },
  zcard: { arity: 2, run: (db, [key]) => read(db, key).order.length },
  zscore: {
    arity: 3,
    run(db, [key, member]) {
      const score = read(db, key).scores.get(member);
      return score === undefined ? null : floatText(score);
    },
  },
  zrange: range({}, ['BYSCORE', 'REV']),
  zrangebyscore: range({ byScore: true }, []),
  zrevrangebyscore: range({ byScore: true, isReversed: true }, []),
  zremrangebyscore: {
    arity: 4,
    run(db, [key, min, max]) {
      const inScores = between(min, max);
      return remove(db, key, inScores(read(db, key)));
    },
  },
  zremrangebyrank: {
    arity: 4,
    run(db, [key, from, to]) {
      const inRanks = ranked(from, to);
      return remove(db, key, inRanks(read(db, key).order));
    },
  },
};
