import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../local/redis/upstash.mjs';
import { needs } from '../setup/skipped';
import { type Pick, random } from '../world/random';
import { embedded, NO_REDIS, realRedis } from './backends';

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

/** Orders that Redis does not promise, positions inside a script, and milliseconds that pass: left out. */
function comparable(args: readonly string[], reply: unknown): unknown {
  const name = args[0]?.toUpperCase() ?? '';
  if (reply instanceof Error) return withoutPosition(reply.message);
  if (typeof reply === 'number' && !Number.isSafeInteger(reply)) {
    // Beyond 2^53 a JavaScript number has lost its last digits, on the way out of either of them. And a script's number of
    // 2^63 is none of C's integers: what comes of it, its sign included, is the processor's choice.
    const digits = Math.abs(reply).toPrecision(12);
    return digits === (2 ** 63).toPrecision(12) ? digits : reply.toPrecision(12);
  }
  if (['KEYS', 'HKEYS', 'HVALS'].includes(name)) return [...(reply as string[])].sort();
  if (name === 'SCAN') return [...((reply as [string, string[]])[1] ?? [])].sort();
  if (name === 'HGETALL' || (name === 'EVAL' && args[1]?.includes('HGETALL')))
    return Array.isArray(reply) ? pairs(reply as string[]) : reply;
  if (['TTL', 'PTTL'].includes(name)) return typeof reply === 'number' && reply > 0 ? 'some time' : reply;
  return reply;
}

const pairs = (flat: readonly string[]) =>
  flat.flatMap((field, index) => (index % 2 === 0 ? [`${field}=${flat[index + 1]}`] : [])).sort();

function withoutPosition(message: string): string {
  if (/Error compiling script/.test(message)) return 'ERR Error compiling script';
  if (/unknown subcommand|SCRIPT HELP/.test(message)) return 'ERR unknown subcommand';
  if (/Unknown Redis command called from script|unknown command/i.test(message)) return 'ERR unknown command';
  if (/Wrong number of args calling Redis command|wrong number of arguments/i.test(message)) return 'ERR arity';
  return message
    .replace(/ script: [0-9a-f]+, on @user_script:\d+\.?$/, '')
    .replace(/^ERR user_script:\d+: /, 'ERR ')
    .replace(/ stack traceback:.*$/s, '');
}

const outcome = (backend: Backend, args: string[]) => backend.send(args).catch((error: unknown) => error);

describe('the embedded engine', () => {
  it(`gives the reply of a real Redis to each of ${COMMANDS} random commands`, {
    timeout: 120_000,
    ...needs(real, NO_REDIS),
  }, async () => {
    const redis = real as NonNullable<typeof real>;
    const engine = embedded();
    const seed = Math.floor(Math.random() * 2 ** 31);
    const pick = random(seed);
    for (let index = 0; index < COMMANDS; index += 1) {
      if (index % 500 === 0) for (const backend of [redis.backend, engine]) await backend.send(['FLUSHALL']);
      const args = command(pick);
      const [expected, actual] = await Promise.all([outcome(redis.backend, args), outcome(engine, args)]);
      expect(comparable(args, actual), `seed ${seed}, command ${index}: ${JSON.stringify(args)}`).toEqual(
        comparable(args, expected),
      );
    }
  });

  it('gives a script numbers of more than 32 bits', async () => {
    const engine = embedded();
    await engine.send(['SET', 'a', '1', 'PX', '2592000000']); // thirty days, the life of a session
    expect(await engine.send(['EVAL', 'return redis.call("PTTL", KEYS[1])', '1', 'a'])).toBeGreaterThan(2 ** 31);
    expect(await engine.send(['EVAL', 'return tostring(redis.call("INCR", KEYS[1]))', '1', 'b'])).toBe('1');
  });

  it('forgets what has expired, by its clock', async () => {
    const { createEngine } = await import('../../local/redis/engine.mjs');
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
    const { createEngine } = await import('../../local/redis/engine.mjs');
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
  ])('refuses what it does not know rather than guess: %s', async (...args) => {
    await expect(embedded().send(args)).rejects.toThrow(/^ERR (unknown command|syntax error)/);
  });
});
