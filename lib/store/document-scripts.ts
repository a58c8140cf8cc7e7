import { LOCKING, type Script } from './lua.ts';

/**
 * Claims a name, once: a document for the isolate that fetches it.
 *
 * KEYS[1] what is claimed; ARGV[1] attempt id, ARGV[2] milliseconds to live. Answers `ours` or `used`.
 */
export const CLAIM: Script = `${LOCKING}
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 'ours' end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 'ours' end
return 'used'
`;

/** KEYS[1] what is written; ARGV[1] value, ARGV[2] milliseconds to live. */
export const WRITE: Script = `${LOCKING}
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'ok'
`;
