import { expect, it } from 'vitest';
import { createRedis } from '../../lib/store/redis';

const settings = { url: 'https://redis.example/', token: 'planted-token' };
type Sent = Parameters<typeof fetch>;

it.each(['https://redis.example', 'https://redis.example/'])(
  '%s is asked for several things at /pipeline',
  async (given) => {
    const asked: string[] = [];
    const fetch = async (url: Sent[0]) => {
      asked.push(String(url));
      return Response.json([{ result: 1 }]);
    };
    expect(await createRedis({ settings: { ...settings, url: given }, fetch }).sendAll([['PING']], 1_000)).toEqual([1]);
    expect(asked).toEqual(['https://redis.example/pipeline']);
  },
);

it.each([[[]], [[{ result: 1 }]], [[{ result: 1 }, { result: 2 }, { result: 3 }]], [{ result: 1 }]])(
  'two commands and the replies %j are no answer',
  async (replies) => {
    const redis = createRedis({ settings, fetch: async () => Response.json(replies) });
    await expect(redis.sendAll([['PING'], ['PING']], 1_000)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  },
);

it('a redirect is an answer like others that are none: the token is for one host alone', async () => {
  const redis = createRedis({
    settings,
    fetch: async (...[, init]: Sent) =>
      init?.redirect === 'manual'
        ? new Response(null, { status: 307, headers: { location: 'https://elsewhere.example/' } })
        : Response.json({ result: 'from elsewhere' }),
  });
  await expect(redis.readText('key')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    details: { reason: 'GET failed: status 307' },
  });
});
