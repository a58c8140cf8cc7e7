import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../lib/dev-redis/upstash.mjs';
import { needs } from '../setup/skipped';
import type { Pick } from '../world/random';
import { embedded, NO_REDIS, realRedis } from './backends';
import { expectSameReplies, outcome } from './compare';

const COMMANDS = 20_000;
const real = await realRedis();
afterAll(() => real?.stop());

const KEYS = ['a', 'b', 'c', 'ключ'];
const MEMBERS = ['m', 'n', 'o', 'M', '', 'ü', '\u{ffff}', '\u{10000}', 'mm', '1'];
/** Fractions are sums of powers of two: Redis prints all 17 digits of any others up to 7.0, and the shortest ones since. */
const SCORES = [
  '1',
  '1',
  '2',
  '-3',
  '0',
  '-0',
  '+2',
  '2.5',
  '.5',
  '1e3',
  '1764354000123',
  '9007199254740992',
  'inf',
  '-INF',
];
const NO_SCORES = ['x', '', '1 ', ' 1', '1..2', 'nan', '1e999', '1e-999', '(1', 'infinit'];
const BOUNDS = ['-inf', '+inf', 'inf', '(1', '(2', '(-inf', '(+inf', '(1764354000123', ...SCORES];
const NO_BOUNDS = ['x', '((1', '[1', '(x', '-', '+', 'nan'];
const PLACES = ['0', '1', '2', '-1', '-2', '-4', '100', '-100'];
const WITHSCORES = [[], ['WITHSCORES'], ['withscores', 'WITHSCORES']];
const FLAGS = ['NX', 'XX', 'GT', 'lt', 'CH', 'ch'];

function command(pick: Pick): string[] {
  const key = pick(KEYS);
  const score = () => pick(pick([SCORES, SCORES, SCORES, SCORES, SCORES, SCORES, NO_SCORES]));
  const bound = () => pick(pick([BOUNDS, BOUNDS, BOUNDS, BOUNDS, BOUNDS, BOUNDS, NO_BOUNDS]));
  const place = () => pick(pick([PLACES, PLACES, PLACES, PLACES, PLACES, ['x', '1.5', '']]));
  const pair = () => [score(), pick(MEMBERS)];
  const limit = () => pick([[], [], ['LIMIT', place(), place()], ['limit', '0', '2'], ['LIMIT', '0']]);
  const flags = () => pick([[], [pick(FLAGS)], [pick(FLAGS)], [pick(FLAGS), pick(FLAGS)]]);
  const mode = () => pick([[], ['byscore'], ['BYSCORE', 'rev'], ['REV'], ['BYSCORE', 'BYSCORE'], ['BOGUS']]);
  const tail = () => [...limit(), ...pick(WITHSCORES), ...pick([[], [], [], [], ['BOGUS'], ['REV']])];
  return pick([
    () => ['ZADD', key, ...flags(), ...pair()],
    () => ['ZADD', key, ...flags(), ...pair(), ...pair(), ...pair()],
    () => ['ZADD', key, ...flags(), ...pair(), ...pair(), ...pick([[], [pick(MEMBERS)]])],
    () => ['ZREM', key, pick(MEMBERS), pick(MEMBERS)],
    () => ['ZSCORE', key, pick(MEMBERS)],
    () => ['ZCARD', key],
    () => ['ZRANGEBYSCORE', key, bound(), bound(), ...tail()],
    () => ['ZREVRANGEBYSCORE', key, bound(), bound(), ...tail()],
    () => ['ZRANGEBYSCORE', key, '-inf', bound(), ...tail()],
    () => ['ZREVRANGEBYSCORE', key, '+inf', bound(), ...tail()],
    () => ['ZRANGE', key, bound(), bound(), 'BYSCORE', ...pick([[], ['REV']]), ...tail()],
    () => ['ZRANGE', key, place(), place(), ...mode(), ...tail()],
    () => ['ZRANGE', key, '0', '-1', ...pick(WITHSCORES)],
    () => ['ZREMRANGEBYSCORE', key, bound(), bound()],
    () => ['ZREMRANGEBYRANK', key, place(), place()],
    () => ['EXISTS', key],
    () => ['TYPE', key],
    () => ['KEYS', '*'],
    () => ['PEXPIRE', key, pick(['100000', '-1'])],
    () => ['PTTL', key],
    () =>
      pick([
        ['DEL', key],
        ['SET', key, 'text'],
        ['HSET', key, 'x', '1'],
        ['GET', key],
        ['HGET', key, 'x'],
      ]),
    () => ['EVAL', 'return redis.call("ZADD", KEYS[1], ARGV[1] * 1000 + 123, "lua")', '1', key, '1764354000'],
    () => ['EVAL', 'return {redis.call("ZSCORE", KEYS[1], "lua"), redis.call("ZSCORE", KEYS[1], "none"), 1}', '1', key],
    () => [pick(['ZADD', 'ZREM', 'ZSCORE', 'ZCARD', 'ZRANGE', 'ZREMRANGEBYRANK']), ...pick([[], [key], [key, '1']])],
  ])();
}

describe('sorted sets of the embedded engine', () => {
  it(`give the reply of a real Redis to each of ${COMMANDS} random commands`, {
    timeout: 120_000,
    ...needs(real, NO_REDIS),
  }, async () => {
    await expectSameReplies((real as NonNullable<typeof real>).backend, COMMANDS, command);
  });
});

const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

/** Command → reply, one after the other from an empty database; an error by its text. */
const STORIES: readonly (readonly [title: string, steps: readonly (readonly [command: string, reply: unknown])[]])[] = [
  [
    'ZADD with conditions counts what it added, and with CH what it changed',
    [
      ['ZADD k 5 a 6 b', 2],
      ['ZADD k NX 9 a 9 c', 1],
      ['ZADD k XX CH 7 a 7 new', 1],
      ['ZADD k GT CH 6 a 8 b', 1],
      ['ZADD k LT CH 6 a 9 b', 1],
      ['ZRANGE k 0 -1 WITHSCORES', ['a', '6', 'b', '8', 'c', '9']],
    ],
  ],
  [
    'members of one score are in the order of their bytes',
    [
      ['ZADD k 1 b 1 a 1 B 0 z', 4],
      ['ZRANGE k 0 -1', ['z', 'B', 'a', 'b']],
    ],
  ],
  [
    'a score in milliseconds stays whole on its way through Lua',
    [
      ['EVAL "return redis.call(\'ZADD\',KEYS[1],1764354000*1000+123,ARGV[1])" 1 k a', 1],
      ['ZSCORE k a', '1764354000123'],
      ['ZSCORE k none', null],
    ],
  ],
  [
    'bounds of a score leave out what `(` stands before, and LIMIT takes a part',
    [
      ['ZADD k 1 a 2 b 3 c 4 d', 4],
      ['ZRANGEBYSCORE k (1 3 WITHSCORES', ['b', '2', 'c', '3']],
      ['ZREVRANGEBYSCORE k +inf (1 LIMIT 1 2', ['c', 'b']],
      ['ZRANGE k +inf (2 BYSCORE REV LIMIT 0 5 WITHSCORES', ['d', '4', 'c', '3']],
      ['ZREMRANGEBYSCORE k -inf (2', 1],
    ],
  ],
  [
    'a negative rank counts from the end, so that the highest stay',
    [
      ['ZADD k 1 a 2 b 3 c 4 d', 4],
      ['ZREMRANGEBYRANK k 0 -5', 0],
      ['ZREMRANGEBYRANK k 0 -3', 2],
      ['ZRANGE k 0 -1', ['c', 'd']],
    ],
  ],
  [
    'a set that becomes empty is gone with its end',
    [
      ['ZADD k 1 a', 1],
      ['PEXPIRE k 100000', 1],
      ['TYPE k', 'zset'],
      ['ZREM k a', 1],
      ['EXISTS k', 0],
      ['ZADD k 1 a', 1],
      ['PTTL k', -1],
      ['ZREMRANGEBYRANK k 0 -1', 1],
      ['TYPE k', 'none'],
      ['ZADD k XX 1 a', 0],
      ['EXISTS k', 0],
    ],
  ],
  [
    'a key of another type is refused on either side',
    [
      ['SET text 1', 'OK'],
      ['ZADD k 1 a', 1],
      ['ZADD text 1 a', WRONG_TYPE],
      ['ZRANGEBYSCORE text 0 1', WRONG_TYPE],
      ['ZREMRANGEBYRANK text 0 1', WRONG_TYPE],
      ['HGET k a', WRONG_TYPE],
      ['GET k', WRONG_TYPE],
    ],
  ],
  [
    'options that exclude each other, and what is no number, change nothing',
    [
      ['ZADD k NX XX 1 a', 'ERR XX and NX options at the same time are not compatible'],
      ['ZADD k GT LT 1 a', 'ERR GT, LT, and/or NX options at the same time are not compatible'],
      ['ZADD k 1 a x b', 'ERR value is not a valid float'],
      ['ZRANGEBYSCORE k x 1', 'ERR min or max is not a float'],
      ['ZRANGE k 0 -1 BOGUS', 'ERR syntax error'],
      ['EXISTS k', 0],
    ],
  ],
];

describe.each<[string, Backend | undefined]>([
  ['redis-server', real?.backend],
  ['the embedded engine', embedded()],
])('sorted sets of %s', (_, backend) => {
  if (!backend) {
    it('cannot be tried', needs(backend, NO_REDIS), () => {});
    return;
  }
  beforeEach(() => backend.send(['FLUSHALL']));

  it.each(STORIES)('%s', async (_title, steps) => {
    const replies = [];
    for (const [line] of steps) {
      const args = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
      const reply = await outcome(backend, args);
      replies.push([line, reply instanceof Error ? reply.message : reply]);
    }
    expect(replies).toEqual(steps);
  });
});
