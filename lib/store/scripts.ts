import { MAX_PAUSE_MS } from '../timing.ts';
import { CLOSE_BREAKER, PASS_BREAKER, SETTLE_BREAKER } from './breaker.ts';
import { ENTERING, MARKED, NAMING, REMOVING, SHARING, STAYING } from './index-lua.ts';
import { LOCKING, NOW, PROLONGING, type Script } from './lua.ts';
import { HAS_SIGNED_OUT } from './signed-out.ts';

/**
 * What is decided inside Redis, as Lua. Each script is one `EVAL` on the primary, and may be sent twice.
 *
 * Storage, all of it; `h()` is SHA-256, `hmac()` one by a key of this deployment (its secret, issuer, client and redirect
 * URI), both base64url; `person` is one of issuer and `sub`, `provider's sid` one of issuer and `sid`. Keys hold hashes and
 * values are sealed, so a dump of Redis shows no token, address or session id.
 *
 * | key               | type   | content                                       | ends                            | written by        |
 * |-------------------|--------|-----------------------------------------------|---------------------------------|-------------------|
 * | `gh:s:<h(sid)>`   | hash   | the session's record, see below               | a token's life after the idle end | put, checkout, commit, abandon, prolong |
 * | same              | hash   | tombstone: `state` removed, `attempt`, `sealed`, `why`, `session` | after two minutes | remove, put, end |
 * | `gh:u:<person>`   | sorted set | a person's sessions by the end of their records, ms | with the last of them     | put, commit, prolong, remove, end |
 * | `gh:d:<person>`   | hash   | what is to be known of each, see `index-lua.ts` | with the last of them         | likewise          |
 * | `gh:p:<provider's sid>` | sorted set | the persons with sessions of it, by the last end | with the last of them | put, commit, prolong |
 * | `gh:n:<person>`, `gh:n:<provider's sid>` | hash | sign-ins up to then are ended: `iat` of a logout token, `unnamed` for those without a provider's sid, `at` in ms | when none of them can be under way | mark |
 * | `gh:j:<hmac(jti)>` | string | a logout token that was handled              | after an hour                   | end               |
 * | `gh:e:<h(issuer, client)>` | sorted set | what has ended, by ms: the last hour, 20,001 at most | an hour after the last | remove, put, end  |
 * | `gh:i:<h(state)>` | hash   | a sign-in under way, see `flow-scripts.ts`    | a minute after the flow         | claim, put, sign-out |
 * | `gh:x:<h(browser)>` | string | when the person signed out in this browser, ms | with the flows of that time | sign-out          |
 * | `gh:c:<hmac(address)>` | hash | its pending and failed callbacks           | after 75 seconds                | claim, put, fail  |
 * | `gh:m:<hmac('m')>` | string | the provider's published documents, sealed    | after a day                     | documents         |
 * | `gh:l:<hmac('l')>:<name>` | string | who fetches a document for all         | after a second                  | documents         |
 * | `gh:o:<h(reference)>` | hash | an ID token for the end-session endpoint, sealed; who took it | after a minute | sign-out  |
 * | `gh:b:<h(issuer, client)>` | hash | the circuit breaker of the renewals, see `breaker.ts` | ten minutes after its pause | checkout, commit, abandon |
 * | `gh:h:<hmac('h')>` | string | what a probe for readiness writes             | after a minute                  | ping              |
 * | `gh:r:<route>:<hmac(caller)>:<minute>` | string | requests of a caller          | after two windows               | the rate limiter  |
 *
 * | field of a record | meaning                                                                                            |
 * |-------------------|----------------------------------------------------------------------------------------------------|
 * | `state`           | `idle`; `refreshing`: an attempt has presented the refresh token, or is about to; `uncertain`: an attempt presented it with an unknown outcome; `removed` |
 * | `generation`      | counts the token sets; `sealed` holds this one                                                     |
 * | `sealed`          | the token set, sealed for this session and generation                                              |
 * | `attempt`         | who wrote last: the attempt in flight, or the one that put, committed or abandoned                  |
 * | `since`           | when the token was first presented without a known outcome, or is now; ms by Redis' clock          |
 * | `doubt`           | `yes` while it is presented again, so that an answer to this time does not settle the earlier one  |
 * | `lease`           | until when others wait for it, ms; liveness only, it never permits a second presentation           |
 * | `retry`           | no attempt before this time, ms                                                                    |
 * | `strikes`         | answers 500 or 502 since the last commit                                                           |
 * | `rotates`         | `no` once the provider was seen to keep a refresh token, else `yes` or absent                      |
 *
 * A tombstone keeps what the record held for the sake of a re-sent `remove`, whose first reply was lost. Answers are
 * words, never nil: what cannot be read must not be taken for "there is no session".
 */

/**
 * Creates a session's record, once and never over a tombstone, and removes the session that it replaces. A sign-out, or an
 * ending by the provider, that came between takes precedence: then nothing is stored.
 *
 * KEYS[1] record, KEYS[2] record of the replaced session (or KEYS[1] for none), KEYS[3] list of endings, KEYS[4] and KEYS[5] the
 * person's sessions and their details, KEYS[6] the persons of the provider's session (or KEYS[4] for none), KEYS[7] and KEYS[8] the
 * marks of both (or KEYS[7] twice), KEYS[9] and KEYS[10] as 4 and 5 of the replaced session, KEYS[11] flow, KEYS[12] its caller
 * and KEYS[13] sign-outs of its browser (optional); ARGV[1] attempt id, ARGV[2] sealed content, ARGV[3] milliseconds to live, ARGV[4]
 * `iat` of the ID token, ARGV[5] details, ARGV[6] attempt that claimed the flow, ARGV[7] when the flow began.
 * Answers `{'refused'}`, `{'ended'}`, `{'ok', 'gone'}` or `{'ok', 'held', sealed content, shares}` of the replaced session.
 */
export const PUT: Script = `${LOCKING}${NOW}${PROLONGING}${NAMING}${ENTERING}${SHARING}${REMOVING}${MARKED}${HAS_SIGNED_OUT}
local flow = KEYS[11] and redis.call('HMGET', KEYS[11], 'attempt', 'state')
local isEnded = flow and (flow[1] ~= ARGV[6] or flow[2] == 'ended' or hasSignedOut(KEYS[13], ARGV[7]))
local isAfter = isAfterEnding(KEYS[7], ARGV[4], ARGV[7], KEYS[8] == KEYS[7]) and isAfterEnding(KEYS[8], ARGV[4], ARGV[7])
if isEnded or not isAfter then return {'ended'} end
local held = redis.call('HMGET', KEYS[1], 'state', 'attempt')
if held[1] and (held[1] == 'removed' or held[2] ~= ARGV[1]) then return {'refused'} end
if flow then
  redis.call('HSET', KEYS[11], 'state', 'done', 'record', KEYS[1], 'person', nameOf(KEYS[4]))
  redis.call('HDEL', KEYS[12], ARGV[6])
end
if not held[1] then
  redis.call('HSET', KEYS[1], 'state', 'idle', 'generation', '1', 'attempt', ARGV[1], 'sealed', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  enter(KEYS[1], KEYS[4], KEYS[5], KEYS[6], ARGV[5], now)
end
if KEYS[2] == KEYS[1] then return {'ok', 'gone'} end
local replaced = remove(KEYS[2], ARGV[1], 'replaced', KEYS[9], KEYS[10], KEYS[3], now)
if replaced[1] == 'gone' then return {'ok', 'gone'} end
return {'ok', 'held', replaced[2], shares(others(KEYS[9], KEYS[10], now, {}, 0), replaced[3])}
`;

/**
 * Ends a session: the record becomes a tombstone, and what it held comes back.
 *
 * KEYS[1] record, KEYS[2] list of endings, KEYS[3] and KEYS[4] the person's sessions and their details; ARGV[1] attempt id.
 * Answers `{'held', sealed content, shares}` or `{'gone'}`.
 */
export const REMOVE_SESSION: Script = `${LOCKING}${NOW}${NAMING}${SHARING}${REMOVING}
local removed = remove(KEYS[1], ARGV[1], 'ended', KEYS[3], KEYS[4], KEYS[2], now)
if removed[1] == 'gone' then return {'gone'} end
return {'held', removed[2], shares(others(KEYS[3], KEYS[4], now, {}, 0), removed[3])}
`;

/** KEYS[1] record. Answers `{'held', sealed content}`, or `{'gone'}` for a tombstone too. */
export const PEEK: Script = `${LOCKING}
local r = redis.call('HMGET', KEYS[1], 'state', 'sealed')
if not r[1] or r[1] == 'removed' then return {'gone'} end
return {'held', r[2]}
`;

/** KEYS[1] record. Answers by what stands on the primary: `{'alive', generation}` or `{'gone'}`. */
export const CONFIRM: Script = `${LOCKING}
local generation = redis.call('HGET', KEYS[1], 'generation')
if generation then return {'alive', generation} end
return {'gone'}
`;

/**
 * Asks for the newest token set of a session, or for the right to renew it.
 *
 * This writes the intent ahead: the attempt that gets `yours` stands in the record before the token leaves for the provider, so
 * a crash at any later moment leaves a trace. A lease that runs out moves the record to `uncertain`, and only two
 * exceptions lead out of there: a provider that does not rotate, or one that accepts the previous token
 * for a while.
 *
 * KEYS[1] record, KEYS[2] the deployment's circuit breaker;
 * ARGV[1] attempt id, ARGV[2] generation that the caller has, ARGV[3] lease ms, ARGV[4] overlap ms.
 * Answers `{'gone'}` · `{'fresh', generation, sealed}` · `{'yours', generation, sealed}` · `{'busy', ms}` ·
 * `{'backoff', ms}` · `{'uncertain'}`.
 */
export const CHECKOUT: Script = `${LOCKING}${NOW}${PASS_BREAKER}
local r = redis.call('HMGET', KEYS[1], 'state', 'generation', 'sealed', 'attempt', 'since', 'lease', 'retry', 'rotates')
local state, generation, sealed = r[1], r[2], r[3]
if not state or state == 'removed' then return {'gone'} end
local held, seen = tonumber(generation), tonumber(ARGV[2])
if held > seen then return {'fresh', generation, sealed} end
if held < seen then return {'uncertain'} end
if state == 'refreshing' then
  if r[4] == ARGV[1] then return {'yours', generation, sealed} end
  local left = tonumber(r[6]) - now
  if left > 0 then return {'busy', left} end
  redis.call('HSET', KEYS[1], 'state', 'uncertain')
  state = 'uncertain'
end
if state == 'uncertain' and r[8] ~= 'no' and now >= tonumber(r[5]) + tonumber(ARGV[4]) then return {'uncertain'} end
local wait = tonumber(r[7] or '0') - now
if wait <= 0 then wait = passBreaker(KEYS[2], ARGV[1], tonumber(ARGV[3])) end
if wait > 0 then return {'backoff', wait} end
local doubt = 'no'
if state == 'uncertain' then doubt = 'yes' else redis.call('HSET', KEYS[1], 'since', now) end
redis.call('HSET', KEYS[1], 'state', 'refreshing', 'attempt', ARGV[1], 'lease', now + tonumber(ARGV[3]), 'doubt', doubt)
return {'yours', generation, sealed}
`;

/**
 * Stores what an attempt brought back. A holder whose lease ran out may still commit as long as no other attempt took its place:
 * its attempt is the only one that presented this generation, and what it brings ends the uncertainty.
 *
 * KEYS[1] record, KEYS[2] the deployment's circuit breaker, KEYS[3] and KEYS[4] the person's sessions and their details, KEYS[5]
 * the persons of the provider's session (or KEYS[3] for none);
 * ARGV[1] attempt id, ARGV[2] generation that was renewed, ARGV[3] sealed, ARGV[4] rotates `yes` or `no`,
 * ARGV[5] milliseconds to live, ARGV[6] milliseconds until the session ends in any case, which the provider may move,
 * ARGV[7] the provider's session, empty for none.
 * Answers `{'ok'}` · `{'superseded'}` · `{'gone'}`. After `superseded` the caller drops what it got, which may share a
 * grant with what the winner, or another living session, has; after `gone` it revokes it.
 */
export const COMMIT: Script = `${LOCKING}${NOW}${CLOSE_BREAKER}${PROLONGING}${NAMING}${STAYING}${SHARING}
closeBreaker(KEYS[2], ARGV[1])
local r = redis.call('HMGET', KEYS[1], 'state', 'generation', 'attempt', 'why')
if r[1] == 'removed' and r[4] == 'replaced' then return {'superseded'} end
if not r[1] or r[1] == 'removed' then
  if shares(others(KEYS[3], KEYS[4], now, {}, 0), ARGV[7]) == 'yes' then return {'superseded'} end
  return {'gone'}
end
local held, renewed = tonumber(r[2]), tonumber(ARGV[2])
if r[3] ~= ARGV[1] then return {'superseded'} end
if r[1] == 'idle' then
  if held == renewed + 1 then return {'ok'} end
  return {'superseded'}
end
redis.call('HDEL', KEYS[1], 'since', 'lease', 'retry', 'strikes', 'doubt')
redis.call('HSET', KEYS[1], 'state', 'idle', 'generation', renewed + 1, 'sealed', ARGV[3], 'rotates', ARGV[4])
prolong(KEYS[1], ARGV[5])
if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[6]) then redis.call('PEXPIRE', KEYS[1], ARGV[6]) end
stay(KEYS[1], KEYS[3], KEYS[4], KEYS[5], nil, now)
return {'ok'}
`;

/**
 * Moves the end of a record with the idle end of its session. One that is over stays so.
 *
 * KEYS[1] record, KEYS[2] and KEYS[3] the person's sessions and their details, KEYS[4] the persons of the provider's session (or KEYS[2]
 * for none); ARGV[1] milliseconds to live, ARGV[2] when the session was seen, in seconds. Answers `{'ok'}` or `{'gone'}`.
 */
export const PROLONG: Script = `${LOCKING}${NOW}${PROLONGING}${NAMING}${STAYING}
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'removed' then return {'gone'} end
prolong(KEYS[1], ARGV[1])
stay(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[2], now)
return {'ok'}
`;

/**
 * Gives an attempt up, by what is known of the token that it presented: `unused` (the answer proves it), `broken` (a 500
 * or 502: once more, the second one in a row counts as unknown) or `unknown`.
 *
 * KEYS[1] record, KEYS[2] the deployment's circuit breaker;
 * ARGV[1] attempt id, ARGV[2] class, ARGV[3] back-off ms, ARGV[4] pause of the whole deployment in ms, 0 for an answer
 * that asks for none, -1 for no answer.
 * Answers the state that the record is left in: `{'idle'}` · `{'uncertain'}` · `{'superseded'}` · `{'gone'}`.
 */
export const ABANDON: Script = `${LOCKING}${NOW}${SETTLE_BREAKER}
local r = redis.call('HMGET', KEYS[1], 'state', 'attempt', 'strikes', 'doubt')
if r[1] == 'idle' and r[2] == ARGV[1] then return {'idle'} end
settleBreaker(KEYS[2], ARGV[1], tonumber(ARGV[4]))
if not r[1] or r[1] == 'removed' then return {'gone'} end
if r[2] ~= ARGV[1] then return {'superseded'} end
local strikes = tonumber(r[3] or '0')
if ARGV[2] == 'broken' then strikes = strikes + 1 end
if ARGV[2] == 'unknown' or strikes > 1 then
  redis.call('HSET', KEYS[1], 'state', 'uncertain')
  return {'uncertain'}
end
redis.call('HSET', KEYS[1], 'retry', now + math.min(tonumber(ARGV[3]), ${MAX_PAUSE_MS}), 'strikes', strikes)
if r[4] == 'yes' then
  redis.call('HSET', KEYS[1], 'state', 'uncertain')
  return {'uncertain'}
end
redis.call('HDEL', KEYS[1], 'since', 'lease')
redis.call('HSET', KEYS[1], 'state', 'idle')
return {'idle'}
`;
