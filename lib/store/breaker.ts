import { MAX_PAUSE_MS, PROBE_KEPT_MS, PROBE_WAIT_MS } from '../timing.ts';

/**
 * The circuit breaker of a deployment's renewals, as Lua that scripts begin with. It needs `now`, in ms by Redis' clock.
 *
 * Closed: there is no key. Open: `until` has not come, and no attempt presents a refresh token. Half-open: `until` is over;
 * one attempt of all sessions is the probe, the others wait until its result is known or its lease is over. Only the probe
 * closes the breaker: a success of an attempt that left before the provider asked for the pause proves nothing about now.
 *
 * | field   | meaning                                              |
 * |---------|------------------------------------------------------|
 * | `until` | no attempt before this time, ms                      |
 * | `probe` | the attempt that tries for all, while there is one   |
 * | `lease` | until when the others wait for its result, ms        |
 */

/** `passBreaker(key, attempt, lease ms)`: milliseconds to wait, or 0; then the attempt is the probe, if there must be one. */
export const PASS_BREAKER = `
local function passBreaker(key, attempt, lease)
  local held = redis.call('HMGET', key, 'until', 'probe', 'lease')
  if not held[1] then return 0 end
  local left = tonumber(held[1]) - now
  if left > 0 then return left end
  if held[2] and tonumber(held[3]) > now then return math.min(tonumber(held[3]) - now, ${PROBE_WAIT_MS}) end
  redis.call('HSET', key, 'probe', attempt, 'lease', now + lease)
  redis.call('PEXPIRE', key, lease + ${PROBE_KEPT_MS})
  return 0
end
`;

/** `closeBreaker(key, attempt)`: the provider has answered, and asks for no pause. */
export const CLOSE_BREAKER = `
local function closeBreaker(key, attempt)
  if redis.call('HGET', key, 'probe') == attempt then redis.call('DEL', key) end
end
`;

/**
 * `settleBreaker(key, attempt, pause)`: what the reply to the attempt was: for how many ms the provider asks for a pause, 0
 * for an answer without that, below 0 for none, after which another attempt may be the probe. A pause never cuts a longer
 * one short.
 */
export const SETTLE_BREAKER = `${CLOSE_BREAKER}
local function settleBreaker(key, attempt, pause)
  if pause == 0 then return closeBreaker(key, attempt) end
  if pause < 0 then
    if redis.call('HGET', key, 'probe') == attempt then redis.call('HDEL', key, 'probe', 'lease') end
    return
  end
  local ends = math.max(now + math.min(pause, ${MAX_PAUSE_MS}), tonumber(redis.call('HGET', key, 'until') or '0'))
  redis.call('HDEL', key, 'probe', 'lease')
  redis.call('HSET', key, 'until', ends)
  redis.call('PEXPIRE', key, ends - now + ${PROBE_KEPT_MS})
end
`;
