import { Ratelimit } from '@upstash/ratelimit';
import { Redis } from '@upstash/redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Backend, startUpstash } from '../../lib/dev-redis/upstash.mjs';
import { needs } from '../setup/skipped';
import { embedded, NO_REDIS, realRedis } from './backends';

const real = await realRedis();
afterAll(() => real?.stop());

const TOKEN = 'the-token-of-this-test';

/** The two real client packages are the specification: what they send must be understood, what they read be right. */
describe.each<[string, Backend | undefined]>([
  ['redis-server', real?.backend],
  ['the embedded engine', embedded()],
])('the Upstash protocol in front of %s', (_, backend) => {
  if (!backend) {
    it('cannot be tried', needs(backend, NO_REDIS), () => {});
    return;
  }
  let adapter: Awaited<ReturnType<typeof startUpstash>>;
  let redis: Redis;
  const raw = (path: string, init: RequestInit = {}) =>
    fetch(adapter.url + path, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` }, ...init });

  beforeAll(async () => {
    adapter = await startUpstash({ backend, token: TOKEN });
  });
  afterAll(() => adapter.close());
  beforeEach(async () => {
    await backend.send(['FLUSHALL']);
    redis = new Redis({ url: adapter.url, token: TOKEN, automaticDeserialization: false, retry: { retries: 0 } });
  });

  it.each(['plain', 'ünïcødé ✓ 漢字 🎈', 'null', '123', '"quoted"', 'line\nbreak', '', 'a'.repeat(100_000)])(
    'gives back the string that was stored: %.20s',
    async (text) => {
      expect(await redis.set('key', text)).toBe('OK');
      expect(await redis.get('key')).toBe(text);
      expect(await redis.hset('hash', { field: text })).toBe(1);
      expect(await redis.hget('hash', 'field')).toBe(text);
      const plain = new Redis({
        url: adapter.url,
        token: TOKEN,
        automaticDeserialization: false,
        responseEncoding: false,
      });
      expect(await plain.get('key')).toBe(text);
    },
  );

  it('knows options in lower case and values that are numbers', async () => {
    expect(await redis.set('key', 1, { nx: true, px: 60_000 })).toBe('OK');
    expect(await redis.set('key', 2, { nx: true, px: 60_000 })).toBeNull();
    expect(await redis.get('key')).toBe('1');
    expect(await redis.pttl('key')).toBeGreaterThan(50_000);
  });

  it('knows a range by score from the highest on, as the client sends it', async () => {
    expect(await redis.zadd('set', { score: 1, member: 'a' }, { score: 1764354000123, member: 'b' })).toBe(2);
    await redis.zadd('set', { score: 2, member: 'c' });
    const options = { byScore: true, rev: true, withScores: true, offset: 0, count: 2 } as const;
    expect(await redis.zrange('set', '+inf', 1, options)).toEqual(['b', '1764354000123', 'c', '2']);
    expect(await redis.zrange('none', '+inf', 1, options)).toEqual([]);
    await redis.set('text', 'x');
    await expect(redis.zrange('text', '+inf', 1, options)).rejects.toThrow('WRONGTYPE');
  });

  it('answers pipelines command by command, errors included, and transactions as a whole', async () => {
    const pipeline = redis.pipeline().set('key', 'text').incr('key').get('key');
    const replies = await pipeline.exec<[string, number, string]>({ keepErrors: true });
    expect(replies.map(({ result, error }) => result ?? error?.split(',')[0])).toEqual([
      'OK',
      expect.stringContaining('ERR value is not an integer'),
      'text',
    ]);
    expect(await redis.multi().set('a', '1').incr('a').mget('a', 'none').exec()).toEqual(['OK', 2, ['2', null]]);
  });

  it('reports errors with status 400, and a wrong token with 401', async () => {
    await expect(redis.eval('return redis.call("NOPE")', [], [])).rejects.toThrow(/unknown (redis )?command/i);
    const stranger = new Redis({ url: adapter.url, token: 'wrong', retry: { retries: 0 } });
    await expect(stranger.get('key')).rejects.toThrow('WRONGPASS');
    expect((await raw('/', { body: '["GET","key"]', headers: {} })).status).toBe(401);
    expect((await raw('/', { body: '["INCR"]' })).status).toBe(400);
  });

  it('refuses another method, and a body of more than ten million bytes', async () => {
    expect((await raw('/', { method: 'PUT', body: '["PING"]' })).status).toBe(405);
    expect((await raw('/', { body: `["PING","${'a'.repeat(10_000_000)}"]` })).status).toBe(413);
  });

  it.each([
    ['an unknown path', '/other', 404, '["PING"]'],
    ['what is not JSON', '/', 400, 'PING'],
    ['what is not a command', '/', 400, '{"a":1}'],
    ['an empty command', '/', 400, '[]'],
    ['a nested argument', '/', 400, '["SET","a",["b"]]'],
    ['a pipeline that is none', '/pipeline', 400, '["PING"]'],
  ])('refuses %s', async (_title, path, status, body) => {
    expect((await raw(path, { body })).status).toBe(status);
  });

  it.each(['SUBSCRIBE', 'blpop', 'MULTI', 'SELECT', 'AUTH', 'MONITOR', 'CLIENT', 'SHUTDOWN', 'CONFIG', 'QUIT'])(
    'refuses %s, which would change the connection that all share',
    async (name) => {
      const response = await raw('/', { body: JSON.stringify([name, '0']) });
      expect([response.status, await response.json()]).toEqual([
        400,
        { error: expect.stringContaining('not available') },
      ]);
      expect(await redis.ping()).toBe('PONG');
    },
  );

  it('echoes a sync token', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'upstash-sync-token': '' };
    expect((await raw('/', { body: '["PING"]', headers })).headers.get('upstash-sync-token')).toBe('local');
  });

  it('runs scripts by digest, and by text when the digest is unknown', async () => {
    const script = redis.createScript<string[]>('return {KEYS[1], ARGV[1], tostring(1 + 1)}');
    expect(await script.exec(['k'], ['a'])).toEqual(['k', 'a', '2']);
    const calls = adapter.calls();
    expect(await script.exec(['k'], ['b'])).toEqual(['k', 'b', '2']);
    expect(adapter.calls() - calls).toBe(1);
  });

  it('runs a script with Upstash’s flag line, by its own digest, in one trip', async () => {
    const script = redis.createScript<number>(
      `#!lua flags=allow-key-locking\nreturn redis.call('INCRBY', KEYS[1], ARGV[1]) -- ${Math.random()}`,
    );
    expect(await script.exec(['n'], ['2'])).toBe(2);
    const calls = adapter.calls();
    expect(await script.exec(['n'], ['3'])).toBe(5);
    expect(adapter.calls() - calls).toBe(1);
  });

  it.each([
    ['slidingWindow', Ratelimit.slidingWindow(3, '60 s')],
    ['fixedWindow', Ratelimit.fixedWindow(3, '60 s')],
  ])('carries the rate limiter: %s', async (name, limiter) => {
    const limit = new Ratelimit({ redis, limiter, prefix: name, ephemeralCache: false, analytics: false });
    const answers = [];
    for (let time = 0; time < 5; time += 1) answers.push((await limit.limit('someone')).success);
    expect(answers).toEqual([true, true, true, false, false]);
    expect((await limit.limit('another')).remaining).toBe(2);
    await limit.resetUsedTokens('someone');
    expect((await limit.limit('someone')).success).toBe(true);
  });
});
