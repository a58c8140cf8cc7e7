import { CALLBACK_FAILURE_MS, CALLBACK_PENDING_MS } from '../timing.ts';
import { LOCKING, NOW, type Script } from './lua.ts';
import { HAS_SIGNED_OUT } from './signed-out.ts';

/**
 * What is decided inside Redis about sign-ins under way, as Lua; the storage table stands in `scripts.ts`.
 *
 * | field of a flow | meaning                                                                                  |
 * |-----------------|------------------------------------------------------------------------------------------|
 * | `attempt`       | the callback that claimed the flow                                                       |
 * | `code`          | a hash of the code that this callback spends                                             |
 * | `state`         | `claimed`; `done`: its session is stored; `ended`: the person signed out meanwhile       |
 * | `record`        | the key of the session's record, once it is `done`                                       |
 * | `person`        | the name of its person in the index, likewise                                            |
 *
 * A caller's hash has one field per callback: `p<until>` while it is pending, `f<until>` once it has failed, in ms by
 * Redis' clock.
 */

/** Failed callbacks of one address in `CALLBACK_FAILURE_MS`, and callbacks of it that may be at the provider at the same time. */
const MAX_FAILED = 10;
/** Pending callbacks of one address, when those that cannot wait any longer are let through. */
const MAX_PENDING = 50;

const CALLER = `
local function caller(key, now)
  local seen = {pending = 0, failed = 0, frees = now + ${CALLBACK_FAILURE_MS}, settles = now + ${CALLBACK_PENDING_MS}}
  local fields = redis.call('HGETALL', key)
  for place = 1, #fields, 2 do
    local kind, ends = string.sub(fields[place + 1], 1, 1), tonumber(string.sub(fields[place + 1], 2))
    if ends <= now then
      redis.call('HDEL', key, fields[place])
    elseif kind == 'f' then
      seen.failed = seen.failed + 1
      seen.frees = math.min(seen.frees, ends)
    else
      seen.pending = seen.pending + 1
      seen.settles = math.min(seen.settles, ends)
    end
  end
  return seen
end
`;

/**
 * Claims a flow for the one exchange of its code.
 *
 * The provider counts token requests of the whole deployment in one budget, and any client can obtain a flow cookie. So an
 * address whose callbacks have failed ten times within a minute has to wait. Until then its pending callbacks count with
 * those that failed, so that a burst is held back until its own failures are known: `busy` asks to try again. A callback
 * that cannot wait any longer says so, and is let through while fewer than fifty are pending: a valid flow is not refused
 * because the provider is slow for others.
 *
 * KEYS[1] flow, KEYS[2] caller, KEYS[3] sign-outs of the browser; ARGV[1] attempt id, ARGV[2] hash of the code, ARGV[3]
 * milliseconds to live, ARGV[4] `last` for a claim that cannot wait any longer, else `wait`, ARGV[5] when the flow began.
 * Answers `{'ours'}` · `{'used'}` · `{'used', 'other code'}` · `{'ended'}` · `{'limited', ms}` · `{'busy', ms}`.
 */
export const CLAIM_FLOW: Script = `${LOCKING}${NOW}${CALLER}${HAS_SIGNED_OUT}
local flow = redis.call('HMGET', KEYS[1], 'attempt', 'code', 'state')
if flow[3] == 'ended' or hasSignedOut(KEYS[3], ARGV[5]) then return {'ended'} end
if flow[1] == ARGV[1] then return {'ours'} end
if flow[1] and flow[2] == ARGV[2] then return {'used'} end
if flow[1] then return {'used', 'other code'} end
local seen = caller(KEYS[2], now)
if seen.failed >= ${MAX_FAILED} then return {'limited', seen.frees - now} end
local isFull = seen.failed + seen.pending >= ${MAX_FAILED}
if isFull and (ARGV[4] ~= 'last' or seen.pending >= ${MAX_PENDING}) then return {'busy', seen.settles - now} end
redis.call('HSET', KEYS[2], ARGV[1], 'p' .. string.format('%.0f', now + ${CALLBACK_PENDING_MS}))
redis.call('PEXPIRE', KEYS[2], ${CALLBACK_FAILURE_MS + CALLBACK_PENDING_MS})
redis.call('HSET', KEYS[1], 'attempt', ARGV[1], 'code', ARGV[2], 'state', 'claimed')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'ours'}
`;

/**
 * Takes a claim back, when it is this one.
 *
 * KEYS[1] flow, KEYS[2] caller; ARGV[1] attempt id. Answers `ok`.
 */
export const RELEASE_FLOW: Script = `${LOCKING}
redis.call('HDEL', KEYS[2], ARGV[1])
local flow = redis.call('HMGET', KEYS[1], 'attempt', 'state')
if flow[1] == ARGV[1] and flow[2] == 'claimed' then redis.call('DEL', KEYS[1]) end
return 'ok'
`;

/**
 * Counts a callback that failed for its address.
 *
 * KEYS[1] caller; ARGV[1] attempt id. Answers `{'ok'}`, or `{'limited', ms}` when the address has to wait from now on.
 */
export const FAIL_FLOW: Script = `${LOCKING}${NOW}${CALLER}
redis.call('HDEL', KEYS[1], ARGV[1])
local seen = caller(KEYS[1], now)
if seen.failed < ${MAX_FAILED} then
  redis.call('HSET', KEYS[1], ARGV[1], 'f' .. string.format('%.0f', now + ${CALLBACK_FAILURE_MS}))
  seen.failed = seen.failed + 1
end
redis.call('PEXPIRE', KEYS[1], ${CALLBACK_FAILURE_MS + CALLBACK_PENDING_MS})
if seen.failed >= ${MAX_FAILED} then return {'limited', seen.frees - now} end
return {'ok'}
`;

/**
 * Ends flows for a sign-out: a callback that is under way stores nothing any more. The mark of the browser ends also those
 * whose cookie the browser has lost meanwhile.
 *
 * KEYS[1] sign-outs of the browser, KEYS[2] and on: flows; ARGV[1] milliseconds to live. Answers key of the record and name of
 * the person, in turn, of those that are done already, whose session has not reached the browser yet.
 */
export const END_FLOWS: Script = `${LOCKING}${NOW}
redis.call('SET', KEYS[1], string.format('%.0f', now), 'PX', ARGV[1])
local records = {}
for place = 2, #KEYS do
  local flow = redis.call('HMGET', KEYS[place], 'record', 'person')
  if flow[1] then
    table.insert(records, flow[1])
    table.insert(records, flow[2] or '')
  end
  redis.call('HSET', KEYS[place], 'state', 'ended')
  redis.call('PEXPIRE', KEYS[place], ARGV[1])
end
return records
`;
