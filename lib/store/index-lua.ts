import { ENDED_KEPT_MS, TOMBSTONE_MS } from '../timing.ts';

/** Endings that are kept in Redis, and in the memory of an isolate. */
export const MAX_ENDED = 20_000;
/** Sessions of a person that are looked at; where more live on, each that ends may share its grant with one of them. */
export const MAX_LISTED = 200;
/** What a key is called behind its `gh:x:`. */
const NAME_BEGINS = 6;

/**
 * Lua of the index of sessions, whose keys stand in the table of `scripts.ts`. `people` is the sorted set of a person's sessions,
 * `details` the hash beside it, `pointer` the sorted set of the persons that a session of the provider belongs to. A session is
 * called by the name in its record's key.
 */

/** `nameOf(key)`: what stands behind its prefix. */
export const NAMING = `
local function nameOf(key) return string.sub(key, ${NAME_BEGINS}) end
`;

/**
 * `enter(key, people, details, pointer, detail, now)`: a new record is found by its person and its provider session. `details`
 * says of it `<seen>:<iat>:<provider's session>:<sealed device>`: `seen` is in seconds by the clock of the isolate, `iat` that of
 * the sign-in's ID token. What has ended by itself leaves the index with the next sign-in.
 */
export const ENTERING = `
local function enter(key, people, details, pointer, detail, now)
  local over = redis.call('ZRANGEBYSCORE', people, '-inf', now, 'LIMIT', 0, 100)
  for _, one in ipairs(over) do
    redis.call('ZREM', people, one)
    redis.call('HDEL', details, one)
  end
  local left = redis.call('PTTL', key)
  redis.call('ZADD', people, now + left, nameOf(key))
  redis.call('HSET', details, nameOf(key), detail)
  prolong(people, left)
  prolong(details, left)
  if pointer == people then return end
  redis.call('ZREMRANGEBYSCORE', pointer, '-inf', now)
  redis.call('ZADD', pointer, 'GT', now + left, nameOf(people))
  prolong(pointer, left)
end
`;

/** `stay(key, people, details, pointer, seen, now)`: the end of a record has moved, and with `seen` the time when it was used. */
export const STAYING = `
local function stay(key, people, details, pointer, seen, now)
  local detail = redis.call('HGET', details, nameOf(key))
  if not detail then return end
  local left = redis.call('PTTL', key)
  redis.call('ZADD', people, 'XX', now + left, nameOf(key))
  if seen then redis.call('HSET', details, nameOf(key), (string.gsub(detail, '^%d+', seen))) end
  prolong(people, left)
  prolong(details, left)
  if pointer == people then return end
  redis.call('ZADD', pointer, 'XX', 'GT', now + left, nameOf(people))
  prolong(pointer, left)
end
`;

/**
 * `parse(detail)`: `iat` and the provider's session, empty for none. `living(people, now, count)`: a person's sessions, the
 * latest end first. `others(people, details, now, ending, count)`: the provider sessions of those that live on; `ending` are so many
 * that end together. `shares(others, session)`: `yes` when one of them may hang on the grant of one of this provider session.
 */
export const SHARING = `
local function parse(detail)
  local iat, session = string.match(detail or '0:0::', '^%d*:(%d*):([^:]*):')
  return tonumber(iat) or 0, session or ''
end
local function living(people, now, count)
  return redis.call('ZREVRANGEBYSCORE', people, '+inf', '(' .. string.format('%.0f', now), 'LIMIT', 0, count)
end
local function others(people, details, now, ending, count)
  local found = {}
  for _, id in ipairs(living(people, now, ${MAX_LISTED} + count)) do
    if not ending[id] and #found < ${MAX_LISTED} then
      local _, session = parse(redis.call('HGET', details, id))
      table.insert(found, session)
    end
  end
  return found
end
local function shares(found, session)
  if #found >= ${MAX_LISTED} then return 'yes' end
  for _, other in ipairs(found) do
    if session == '' or other == '' or other == session then return 'yes' end
  end
  return 'no'
end
`;

/**
 * `remove(key, attempt, why, people, details, ended, now)`: the record becomes a tombstone, the session leaves the index, and the
 * ending is appended to the list of endings, also of a session whose record is gone, and never before the last one: Redis' clock
 * may have been set back, and isolates read on from there. Answers `{'held', sealed content, provider's session}` or `{'gone'}`.
 */
export const REMOVING = `
local function remove(key, attempt, why, people, details, ended, now)
  local held = redis.call('HMGET', key, 'state', 'attempt', 'sealed', 'session')
  if held[1] == 'removed' and held[2] == attempt then return {'held', held[3], held[4] or ''} end
  if held[1] == 'removed' then return {'gone'} end
  local _, session = parse(redis.call('HGET', details, nameOf(key)))
  redis.call('ZREM', people, nameOf(key))
  redis.call('HDEL', details, nameOf(key))
  local last = redis.call('ZREVRANGEBYSCORE', ended, '+inf', '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  redis.call('ZADD', ended, 'NX', math.max(now, tonumber(last[2] or '0')), nameOf(key))
  redis.call('ZREMRANGEBYSCORE', ended, '-inf', now - ${ENDED_KEPT_MS})
  redis.call('ZREMRANGEBYRANK', ended, 0, -${MAX_ENDED + 2})
  redis.call('PEXPIRE', ended, ${ENDED_KEPT_MS})
  if not held[1] then return {'gone'} end
  redis.call('DEL', key)
  redis.call('HSET', key, 'state', 'removed', 'attempt', attempt, 'sealed', held[3], 'why', why, 'session', session)
  redis.call('PEXPIRE', key, ${TOMBSTONE_MS})
  return {'held', held[3], session}
end
`;

/**
 * `isAfterEnding(mark, iat, began, unnamed)`: whether a sign-in is younger than what was ended: by the `iat` of its ID token, and by
 * the time when its flow began (ms) where there is one. `unnamed` is true of one whose provider session is not known.
 */
export const MARKED = `
local function isAfterEnding(mark, iat, began, unnamed)
  local ends = redis.call('HMGET', mark, 'iat', 'at', 'unnamed')
  if unnamed and ends[3] and tonumber(ends[3]) >= tonumber(iat) then return false end
  if ends[1] and tonumber(ends[1]) >= tonumber(iat) then return false end
  return not (ends[2] and began and tonumber(ends[2]) >= tonumber(began))
end
`;
