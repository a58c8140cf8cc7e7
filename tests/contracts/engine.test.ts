import { afterAll, describe, expect, it } from 'vitest';
import { needs } from '../setup/skipped';
import type { Pick } from '../world/random';
import { embedded, NO_REDIS, realRedis } from './backends';
import { expectSameReplies } from './compare';

const COMMANDS = 20_000;
const real = await realRedis();
afterAll(() => real?.stop());

const KEYS = ['a', 'b', 'c', 'h', 'ключ'];
const VALUES = ['1', '-7', '007', '9223372036854775807', '1.5', '', 'text', 'ünïcødé', 'a\nb', ' 1'];
const FIELDS = ['x', 'y', 'z'];
const AMOUNTS = ['1', '-3', '0', '9223372036854775807', '-9223372036854775808', 'x', '1.0', '01'];
/** Far away or in the past: what lies in between is the business of two clocks and would prove nothing. */
const SECONDS = ['1000', '-1', '0', 'x', '9223372036854775807'];
const SCRIPTS = [
  'return redis.call("GET", KEYS[1])',
  'return redis.call("SET", KEYS[1], ARGV[1])',
  'return redis.pcall("INCR", KEYS[1])',
  'local n = redis.pcall("HINCRBY", KEYS[1], "x", 2147483648); return type(n) == "table" and "refused" or n',
  'return redis.pcall("GET", {})',
  'return redis.call("PTTL", KEYS[1]) > 5',
  'local v = redis.pcall("HGET", KEYS[1], "x"); if type(v) == "table" then return v.err end; return v',
  'return {1, 2.9, -2.9, "three", true, false, 4}',
  'return {1, nil, 3}',
  'return {ok = "FINE"}',
  'return {err = "MYERR something"}',
  'return redis.error_reply("MYERR again")',
  'return redis.status_reply("GOOD")',
  'return tostring(10 / 2) .. "|" .. tostring(7 / 2) .. "|" .. tostring(2 ^ 31)',
  'return redis.call("HSET", KEYS[1], "x", 1.5, "y", 3)',
  'return redis.call("HGETALL", KEYS[1])',
  'return {redis.call("EXISTS", KEYS[1]), redis.call("TYPE", KEYS[1])["ok"], #KEYS, #ARGV}',
  'local t = {} for i = 1, 5 do t[i] = i * i end return t',
  'return math.floor(7.5) + math.max(1, 2) + tonumber("3")',
  'return unpack({ARGV[1], 2})',
  'return select("#", unpack({1, 2, 3}))',
  'return redis.sha1hex(ARGV[1] or "")',
  'return string.format("%d-%s", 3, ARGV[1] or "")',
  'return undefined_name',
  'undefined_name = 1',
  'return {string.match("7:8:name:rest", "^%d*:(%d*):([^:]*):")}',
  'return {string.match("::", "^%d*:(%d*):([^:]*):")}',
  'return {string.gsub("17:8", "^%d+", "99"), string.sub("key:of:abc", 8), string.sub("abc", -2)}',
  'return {string.format("%.0f", 1764354000123), string.format("%.0f", 1.7), string.format("(%.0f", 3)}',
  'return tostring(math.floor(1764354000.5) * 1000) .. "|" .. tostring(tonumber("2147483647") + 1)',
  'local t = {[1] = 2147483647, x1 = "9 --1"} return {t[1] + 1, t.x1 .. 1 .. 2, [[3]], 1e3, 0x10, 1.5 * 2} -- 4',
  'return tostring(math.ceil(2147483646.5) + 1) .. "|" .. tostring(tonumber("x")) .. "|" .. tonumber("ff", 16)',
  'return redis.call("MSET", KEYS[1], 1764354000123, "b", 0.1, "c", 1e17) and redis.call("MGET", KEYS[1], "b", "c")',
  'return redis.call("MSET", KEYS[1], 1e-5, "b", -0.00012, "c", 2^51) and redis.call("MGET", KEYS[1], "b", "c")',
  'return redis.call("MSET", KEYS[1], 1/0, "b", -1/0, "c", 1e16) and redis.call("MGET", KEYS[1], "b", "c")',
  'local t = {"b"} table.insert(t, 1, "a") table.insert(t, "c") for i, v in ipairs(t) do t[i] = i .. v end return t',
  'return nil',
  'return {{1, {2, {"deep"}}}, "flat"}',
  'return redis.call("NOSUCHCOMMAND")',
  'return redis.call("SET", KEYS[1])',
  'return redis.call("PEXPIRE", KEYS[1], 100000)',
  'this is not lua',
];

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
const number = (pick: Pick) => Array.from({ length: 6 }, () => pick(DIGITS)).join('');

function command(pick: Pick): string[] {
  const key = pick(KEYS);
  const value = pick(VALUES);
  const set = pick([
    [],
    ['NX'],
    ['xx'],
    ['GET'],
    ['EX', pick(SECONDS)],
    ['px', '100000'],
    ['KEEPTTL'],
    ['NX', 'XX'],
    ['NX', 'GET'],
    ['EX'],
    ['BOGUS'],
  ]);
  return pick([
    () => ['GET', key],
    () => ['SET', key, value, ...set],
    () => ['SET', key, value, 'PX', '100000', ...set],
    () => ['SETNX', key, value],
    () => ['SETEX', key, pick(SECONDS), value],
    () => ['GETDEL', key],
    () => ['MGET', key, pick(KEYS)],
    () => ['MSET', key, value, ...pick([[], ['odd']])],
    () => ['STRLEN', key],
    () => ['APPEND', key, value],
    () => ['INCR', key],
    () => ['INCRBY', key, pick(AMOUNTS.filter((amount) => amount !== '-9223372036854775808'))],
    () => ['DECR', key],
    () => ['HSET', key, pick(FIELDS), value, ...pick([[], [pick(FIELDS), value], ['odd']])],
    () => ['HSETNX', key, pick(FIELDS), value],
    () => ['HGET', key, pick(FIELDS)],
    () => ['HMGET', key, pick(FIELDS), pick(FIELDS), 'none'],
    () => ['HGETALL', key],
    () => ['HKEYS', key],
    () => ['HVALS', key],
    () => ['HLEN', key],
    () => ['HEXISTS', key, pick(FIELDS)],
    () => ['HSTRLEN', key, pick(FIELDS)],
    () => ['HDEL', key, pick(FIELDS), ...pick([[], [pick(FIELDS)]])],
    () => ['HINCRBY', key, pick(FIELDS), pick(AMOUNTS)],
    () => ['ZADD', key, '1', pick(FIELDS)],
    () => ['ZRANGE', key, '0', '-1'],
    () => ['DEL', key, ...pick([[], [pick(KEYS)]])],
    () => ['EXISTS', key, key, pick(KEYS)],
    () => ['TYPE', key],
    () => [
      pick(['EXPIRE', 'PEXPIRE']),
      key,
      pick([...SECONDS.slice(1), '1000000']),
      ...pick([[], ['NX'], ['XX'], ['NX', 'GT'], ['GT', 'LT'], ['BOGUS']]),
    ],
    // Never the same time twice: which of two is the later one would be decided by milliseconds, that is by two clocks.
    () => [pick(['EXPIRE', 'PEXPIRE']), key, `${number(pick)}000000`, pick(['gt', 'LT'])],
    () => ['PEXPIREAT', key, pick(['1', '99999999999999', 'x'])],
    () => ['PERSIST', key],
    () => ['TTL', key],
    () => ['PTTL', key],
    () => ['KEYS', pick(['*', 'a*', '?', '[ab]', '[^a]', 'ключ', '\\a', 'no.e'])],
    () => ['SCAN', '0', 'COUNT', '1000', ...pick([[], ['MATCH', '?'], ['BOGUS', 'x']])],
    () => ['DBSIZE'],
    () => ['PING', ...pick([[], ['hello'], ['a', 'b']])],
    () => ['ECHO', value],
    () => ['EVAL', pick(SCRIPTS), pick(['1', '1', '1', '1', '0', '2', '-1', 'x']), key, value],
    () => ['EVALSHA', 'f'.repeat(40), '0'],
    () => ['SCRIPT', 'EXISTS', 'f'.repeat(40)],
    () => [pick(['GET', 'HGET', 'SET', 'EVAL', 'EXPIRE', 'NOPE'])],
  ])();
}

describe('the embedded engine', () => {
  it(`gives the reply of a real Redis to each of ${COMMANDS} random commands`, {
    timeout: 120_000,
    ...needs(real, NO_REDIS),
  }, async () => {
    await expectSameReplies((real as NonNullable<typeof real>).backend, COMMANDS, command);
  });

  it('gives a script numbers of more than 32 bits', async () => {
    const engine = embedded();
    await engine.send(['SET', 'a', '1', 'PX', '2592000000']); // thirty days, the life of a session
    expect(await engine.send(['EVAL', 'return redis.call("PTTL", KEYS[1])', '1', 'a'])).toBeGreaterThan(2 ** 31);
    expect(await engine.send(['EVAL', 'return tostring(redis.call("INCR", KEYS[1]))', '1', 'b'])).toBe('1');
  });

  it('forgets what has expired, by its clock', async () => {
    const { createEngine } = await import('../../lib/dev-redis/engine.mjs');
    let now = 1_000_000;
    const engine = createEngine(() => now);
    await engine.send(['SET', 'a', '1', 'PX', '100']);
    now += 99;
    expect(await engine.send(['GET', 'a'])).toBe('1');
    now += 1;
    expect(await engine.send(['GET', 'a'])).toBeNull();
    expect(await engine.send(['DBSIZE'])).toBe(0);
  });

  it('stands still while a script runs', async () => {
    let now = 5_000;
    const { createEngine } = await import('../../lib/dev-redis/engine.mjs');
    const engine = createEngine(() => {
      now += 1;
      return now;
    });
    const script = 'local a = redis.call("TIME") local b = redis.call("TIME") return a[1] .. a[2] == b[1] .. b[2]';
    expect(await engine.send(['EVAL', script, '0'])).toBe(1);
  });

  it.each([
    ['LPUSH', 'a', '1'],
    ['SET', 'a', '1', 'IFEQ', '2'],
    ['GETRANGE', 'a', '0', '1'],
    ['ZADD', 'a', 'INCR', '1', 'm'],
    ['ZRANGE', 'a', '-', '+', 'BYLEX'],
    ['ZINCRBY', 'a', '1', 'm'],
  ])('refuses what it does not know rather than guess: %s', async (...args) => {
    await expect(embedded().send(args)).rejects.toThrow(/^ERR (unknown command|syntax error)/);
  });
});
