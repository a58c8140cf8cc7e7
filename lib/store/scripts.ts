/**
 * What is decided inside Redis, as Lua. Each script is one `EVAL` on the primary, and may be sent twice.
 *
 * Storage, all of it; `h()` is SHA-256, base64url. Keys hold hashes and values are sealed, so a dump of Redis shows no
 * token, address or session id.
 *
 * | key           | type   | content                                             | ends                            | written by    |
 * |---------------|--------|-----------------------------------------------------|---------------------------------|---------------|
 * | `gh:s:<h(sid)>` | hash | `state` idle, `generation`, `attempt`, `sealed`     | with the session's absolute end | put           |
 * | same            | hash | tombstone: `state` removed, `attempt`, `sealed`     | after two minutes               | remove, put   |
 * | `gh:f:<h(state)>` | string | the attempt that claimed the flow               | with the flow                   | claimFlow     |
 *
 * A tombstone keeps what the record held for the sake of a re-sent `remove`, whose first reply was lost. Answers are
 * words, never nil: what cannot be read must not be taken for "there is no session".
 */
export type Script = string & { readonly __script?: never };

/** Without this first line Upstash takes a global lock for every script; with it, one on the named keys. */
const LOCKING = '#!lua flags=allow-key-locking\n';

const TOMBSTONE_MS = 120_000;

const REMOVE = `
local function remove(key, attempt)
  local held = redis.call('HMGET', key, 'state', 'attempt', 'sealed')
  if held[1] == 'removed' and held[2] == attempt then return {'held', held[3]} end
  if not held[1] or held[1] == 'removed' then return {'gone'} end
  redis.call('DEL', key)
  redis.call('HSET', key, 'state', 'removed', 'attempt', attempt, 'sealed', held[3])
  redis.call('PEXPIRE', key, ${TOMBSTONE_MS})
  return {'held', held[3]}
end
`;

/**
 * Creates a session's record, once and never over a tombstone, and removes the session that it replaces.
 *
 * KEYS[1] record, KEYS[2] record of the replaced session (optional);
 * ARGV[1] attempt id, ARGV[2] sealed content, ARGV[3] milliseconds to live.
 * Answers `{'refused'}`, or `{'ok'}` followed by what `remove` says of the replaced session.
 */
export const PUT: Script = `${LOCKING}${REMOVE}
local held = redis.call('HMGET', KEYS[1], 'state', 'attempt')
if held[1] and (held[1] == 'removed' or held[2] ~= ARGV[1]) then return {'refused'} end
redis.call('HSET', KEYS[1], 'state', 'idle', 'generation', '1', 'attempt', ARGV[1], 'sealed', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local replaced = {'gone'}
if KEYS[2] and KEYS[2] ~= KEYS[1] then replaced = remove(KEYS[2], ARGV[1]) end
return {'ok', unpack(replaced)}
`;

/**
 * Ends a session: the record becomes a tombstone, and what it held comes back.
 *
 * KEYS[1] record; ARGV[1] attempt id. Answers `{'held', sealed content}` or `{'gone'}`.
 */
export const REMOVE_SESSION: Script = `${LOCKING}${REMOVE}
return remove(KEYS[1], ARGV[1])
`;

/** KEYS[1] record. Answers by what stands on the primary: `{'alive', generation}` or `{'gone'}`. */
export const CONFIRM: Script = `${LOCKING}
local generation = redis.call('HGET', KEYS[1], 'generation')
if generation then return {'alive', generation} end
return {'gone'}
`;

/**
 * Claims a flow, once.
 *
 * KEYS[1] flow; ARGV[1] attempt id, ARGV[2] milliseconds to live. Answers `ours` or `used`.
 */
export const CLAIM_FLOW: Script = `${LOCKING}
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 'ours' end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 'ours' end
return 'used'
`;
