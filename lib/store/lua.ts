/** Lua for one `EVAL`. */
export type Script = string;

/** Without this first line Upstash takes a global lock for every script; with it, one on the named keys. */
export const LOCKING = '#!lua flags=allow-key-locking\n';

/** `now`: ms by Redis' clock. */
export const NOW = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
`;

/** `prolong(key, ms)`: moves a key's end, and never to an earlier time. */
export const PROLONGING = `
local function prolong(key, milliseconds)
  if tonumber(milliseconds) > redis.call('PTTL', key) then redis.call('PEXPIRE', key, milliseconds) end
end
`;
