import { beforeEach, describe, expect, it } from 'vitest';
import { createRedis } from '../../lib/store/redis';
import { type Endpoint, route, worldFetch } from '../world/network';

const SCRIPT = 'return redis.call("GET", KEYS[1]) -- planted-script';
const redisOf = (redisUrl: string) => createRedis({ settings: { url: redisUrl, token: 'planted-token' } });
const ORIGIN = 'https://redis.test';
const redis = redisOf(ORIGIN);

let asked: { url: string; headers: Headers; init: Record<string, unknown>; body: unknown }[];
let answer: Endpoint;
beforeEach(() => {
  asked = [];
  answer = async () => Response.json({ result: 'the value' });
  route(ORIGIN, (request) => answer(request));
  globalThis.fetch = (async (url: string, init: { headers: HeadersInit; body: string }) => {
    if (!url.startsWith(ORIGIN)) return worldFetch(url, init); // of an isolate that an earlier test of this worker has left
    asked.push({ url, headers: new Headers(init.headers), init: { ...init }, body: JSON.parse(init.body) });
    return worldFetch(url, init);
  }) as typeof fetch;
});

describe('a command', () => {
  it.each(['https://redis.test', 'https://redis.test/', 'HTTPS://Redis.Test'])('goes to %s', async (url) => {
    expect(await redisOf(url).readText('key')).toBe('the value');
    expect(asked.map((request) => request.url)).toEqual(['https://redis.test']);
  });

  it('is one request, with no header but the token and the type, and from no cache', async () => {
    expect(await redis.run(SCRIPT, ['key'], ['one', 2])).toBe('the value');
    expect(asked).toHaveLength(1);
    expect(Object.fromEntries(asked[0]?.headers ?? [])).toEqual({
      authorization: 'Bearer planted-token',
      'content-type': 'application/json',
    });
    expect(asked[0]?.init).toMatchObject({ method: 'POST', cache: 'no-store', keepalive: false });
    expect(asked[0]?.body).toEqual(['eval', SCRIPT, 1, 'key', 'one', '2']);
  });

  it('shares no request with those of the same moment', async () => {
    await Promise.all([redis.readText('a'), redis.readText('b'), redis.readField('c', 'd')]);
    expect(asked.map(({ body }) => body)).toEqual([
      ['get', 'a'],
      ['get', 'b'],
      ['hget', 'c', 'd'],
    ]);
  });

  it('carries no token of the reply before', async () => {
    answer = async () => Response.json({ result: 'x' }, { headers: { 'upstash-sync-token': 'planted-sync' } });
    await redis.readText('a');
    await redis.readText('b');
    expect(asked[1]?.headers.has('upstash-sync-token')).toBe(false);
  });
});

describe('a reply', () => {
  it.each(['null', '123', '"text"', '{"a":1}', 'T0s=', 'OK', ''])(
    'that is the text %j stays that text',
    async (text) => {
      answer = async () => Response.json({ result: text });
      expect(await redis.readText('key')).toBe(text);
      expect(await redis.readField('key', 'field')).toBe(text);
      expect(await redis.run(SCRIPT, [], [])).toBe(text);
    },
  );

  it('of a script keeps its numbers, texts and nulls', async () => {
    answer = async () => Response.json({ result: ['ok', 1, '1', null, ['x']] });
    expect(await redis.run(SCRIPT, [], [])).toEqual(['ok', 1, '1', null, ['x']]);
  });

  it.each([1, ['text'], { a: 1 }, true])('to a read that is no text is none: %j', async (result) => {
    answer = async () => Response.json({ result });
    await expect(redis.readText('key')).rejects.toMatchObject({ details: { reason: 'GET failed: unknown answer' } });
    await expect(redis.readField('key', 'f')).rejects.toMatchObject({
      details: { reason: 'HGET failed: unknown answer' },
    });
  });
});

describe('a failure', () => {
  const failed = (status: number, error: string) => async () => Response.json({ error }, { status });
  const hanging = () => new Promise<Response>(() => {});
  const halting = async () =>
    new Response(new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('{"result":')) }));

  it.each<[what: string, endpoint: Endpoint, reason: string, refused: boolean]>([
    ['a wrong token', failed(401, 'WRONGPASS invalid or missing auth token'), 'WRONGPASS', true],
    ['no token', failed(401, 'NOAUTH Authentication required'), 'NOAUTH', true],
    ['no permission', failed(400, "NOPERM this user has no permissions to run the 'eval' command"), 'NOPERM', true],
    ['a monthly limit', failed(400, 'ERR max requests limit exceeded.'), 'ERR max requests limit', true],
    ['a daily limit', failed(400, 'ERR max daily request limit exceeded.'), 'ERR max daily request limit', true],
    ['an error in a script, half way', failed(400, 'ERR Error running script: planted'), 'UpstashError', false],
    ['an error of the server', failed(500, 'ERR internal'), 'UpstashError', false],
    ['an error with status 200', failed(200, 'ERR planted'), 'UpstashError', false],
    ['a page', async () => new Response('<p>planted</p>', { status: 502 }), 'UpstashJSONParseError', false],
    ['a page with status 200', async () => new Response('<p>planted</p>'), 'UpstashJSONParseError', false],
    ['no result', async () => Response.json({}), 'TypeError', false],
    ['null', async () => Response.json(null), 'TypeError', false],
    ['a broken connection', () => Promise.reject(new TypeError('planted')), 'TypeError', false],
    ['a reply that does not come within a second', hanging, 'TimeoutError', false],
    ['a body that does not end within a second', halting, 'TimeoutError', false],
  ])(
    'by %s is a StoreError that quotes nothing, and says whether nothing was done',
    async (_, endpoint, reason, refused) => {
      answer = endpoint;
      const error = await redis.run(SCRIPT, ['planted-key'], ['planted-value']).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', actor: 'store', refused });
      const { message, details, cause } = error as Error & { details: { reason?: string } };
      expect(details.reason).toBe(`EVAL failed: ${reason}`);
      expect(JSON.stringify([message, details, String(cause)])).not.toContain('planted');
      expect(asked).toHaveLength(2); // a script is sent once more
    },
  );

  it('of a read is not repeated', async () => {
    answer = () => Promise.reject(new TypeError('terminated'));
    await expect(redis.readText('key')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(redis.readField('key', 'field')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(asked).toHaveLength(2);
  });
});
