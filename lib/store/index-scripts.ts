import { BELIEVED_MS, MARK_MS } from '../timing.ts';
import { MAX_LISTED, NAMING, REMOVING, SHARING } from './index-lua.ts';
import { LOCKING, NOW, type Script } from './lua.ts';

/**
 * What ends sessions from outside, as Lua; the storage table stands in `scripts.ts`.
 *
 * On Upstash a script may touch only the keys that it is called with, so to end what an index names takes two: mark, then sweep.
 * The mark comes first and refuses the sign-ins under way, so that what is found after it is all that there is. A caller that
 * dies in between has answered nothing, and its repetition goes on: what was swept is in no index any more.
 */

/** `mark(key, field, iat, now)`: sign-ins up to this `iat` (seconds), or without one up to now, are ended. */
const MARKING = `
local function mark(key, field, iat, now)
  local value = tonumber(iat)
  if iat == '' then field, value = 'at', now end
  local before = tonumber(redis.call('HGET', key, field) or '0')
  redis.call('HSET', key, field, string.format('%.0f', math.max(value, before)))
  redis.call('PEXPIRE', key, ${MARK_MS})
end
`;

/**
 * Marks a session of the provider, and finds whose it is where that is not said: some providers give one `sid` to many people.
 * Without an `iat` there is no token behind the call, so that any client may have made it: then a session that is not known
 * leaves no mark.
 *
 * KEYS[1] its persons, KEYS[2] its mark, KEYS[3] the logout token (or KEYS[1] for none); ARGV[1] the person that it is said to be,
 * empty for none, ARGV[2] `iat`, empty for none.
 * Answers `{'marked', person, …}` · `{'repeated'}` · `{'mismatch'}`, and then nothing has changed.
 */
export const MARK_SESSION: Script = `${LOCKING}${NOW}${MARKING}
if KEYS[3] ~= KEYS[1] and redis.call('EXISTS', KEYS[3]) == 1 then return {'repeated'} end
local from = '(' .. string.format('%.0f', now)
local isKnown = #redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'LIMIT', 0, 1) > 0
local isTheirs = ARGV[1] == '' or tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0') > now
if isKnown and not isTheirs then return {'mismatch'} end
if ARGV[2] ~= '' or isKnown then mark(KEYS[2], 'iat', ARGV[2], now) end
if ARGV[1] ~= '' then return {'marked', ARGV[1]} end
local persons = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf')
table.insert(persons, 1, 'marked')
return persons
`;

/**
 * Finds the sessions of a person that are to end: all of them, or those of a session of the provider; where none of those is
 * known, and the logout names the person, the ones of which no session of the provider is known. Marks the person where all, or
 * those, end.
 *
 * KEYS[1] and KEYS[2] the person's sessions and their details, KEYS[3] the person's mark (or KEYS[1], where the provider names its
 * session alone), KEYS[4] the logout token (or KEYS[1] for none); ARGV[1] the provider's session, empty for all, ARGV[2] `iat`,
 * empty for none.
 * Answers `{'found', session, …}` · `{'repeated'}`.
 */
export const FIND_SESSIONS: Script = `${LOCKING}${NOW}${SHARING}${MARKING}
if KEYS[4] ~= KEYS[1] and redis.call('EXISTS', KEYS[4]) == 1 then return {'repeated'} end
if KEYS[3] ~= KEYS[1] and ARGV[1] == '' then mark(KEYS[3], 'iat', ARGV[2], now) end
local found, unnamed, isKnown = {'found'}, {'found'}, ARGV[1] == ''
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
  local iat, session = parse(redis.call('HGET', KEYS[2], id))
  local isMeant = ARGV[1] == '' or session == ARGV[1]
  isKnown = isKnown or isMeant
  if ARGV[2] == '' or iat <= tonumber(ARGV[2]) then
    if isMeant then table.insert(found, id) elseif session == '' then table.insert(unnamed, id) end
  end
end
if isKnown or KEYS[3] == KEYS[1] then return found end
mark(KEYS[3], 'unnamed', ARGV[2], now)
return unnamed
`;

/**
 * Ends sessions that were found, and notes that a logout token was handled.
 *
 * KEYS[1] list of endings, KEYS[2] and KEYS[3] the person's sessions and their details, KEYS[4] the logout token (or KEYS[1] for
 * none), KEYS[5] and on: records; ARGV[1] attempt id, ARGV[2] and on: the names of these and of all that end after them.
 * Answers `{'swept', sealed content, shares, …}` in the order of the records; an empty content for a session that had ended.
 */
export const SWEEP: Script = `${LOCKING}${NOW}${NAMING}${SHARING}${REMOVING}
local ending = {}
for place = 2, #ARGV do ending[ARGV[place]] = true end
local found = others(KEYS[2], KEYS[3], now, ending, #ARGV - 1)
local answer = {'swept'}
for place = 5, #KEYS do
  local removed = remove(KEYS[place], ARGV[1], 'ended', KEYS[2], KEYS[3], KEYS[1], now)
  table.insert(answer, removed[2] or '')
  table.insert(answer, removed[2] and shares(found, removed[3]) or 'no')
end
if KEYS[4] ~= KEYS[1] then redis.call('SET', KEYS[4], 'handled', 'PX', ${BELIEVED_MS}) end
return answer
`;

/**
 * The living sessions of a person.
 *
 * KEYS[1] and KEYS[2], and so on, the person's sessions and their details by each name. Answers `{'list', session, details, …}`.
 */
export const LIST_SESSIONS: Script = `${LOCKING}${NOW}${SHARING}
local answer = {'list'}
for place = 1, #KEYS, 2 do
  for _, id in ipairs(living(KEYS[place], now, ${MAX_LISTED})) do
    table.insert(answer, id)
    table.insert(answer, redis.call('HGET', KEYS[place + 1], id) or '')
  end
end
return answer
`;

/**
 * Ends one session of a person. What was ended itself a moment ago, on a stolen device perhaps, may not end the others.
 *
 * KEYS[1] record, KEYS[2] list of endings, KEYS[3] and KEYS[4] the person's sessions and their details, KEYS[5] record of the session
 * that asks (or KEYS[1] for none); ARGV[1] attempt id.
 * Answers `{'held', sealed content, shares}`, with an empty content where the record was lost, or `{'gone'}`.
 */
export const END_SESSION: Script = `${LOCKING}${NOW}${NAMING}${SHARING}${REMOVING}
local held = redis.call('HMGET', KEYS[1], 'state', 'attempt')
local ends = tonumber(redis.call('ZSCORE', KEYS[3], nameOf(KEYS[1])) or '0')
local asks = redis.call('HGET', KEYS[5], 'state')
local mayEnd = KEYS[5] == KEYS[1] or (asks and asks ~= 'removed')
if not (mayEnd and ends > now) and not (held[1] == 'removed' and held[2] == ARGV[1]) then return {'gone'} end
local removed = remove(KEYS[1], ARGV[1], 'ended', KEYS[3], KEYS[4], KEYS[2], now)
return {'held', removed[2] or '', shares(others(KEYS[3], KEYS[4], now, {}, 0), removed[3] or '')}
`;
