import { afterEach, describe, expect, inject, it } from 'vitest';
import { checkClocks, sampleOf } from '../../lib/doctor/clocks';
import { checkRedis } from '../../lib/doctor/redis';
import { type Served, serve } from '../processes/wires';
import { network, passes, troubles } from './site-env';

const open: Served[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

type Command = readonly string[];
/** What a Redis answers that differs in one thing; undefined is as usual. */
type Odd = (
  command: Command,
) => { readonly status?: number; readonly result?: unknown; readonly error?: string } | undefined;

const usual = ([name, ...rest]: Command) => {
  if (name === 'PING') return 'PONG';
  if (name === 'TIME') return [String(Math.floor(Date.now() / 1000)), '0'];
  if (name === 'EVAL') return 'done';
  return name === 'CONFIG' ? [rest[1], 'noeviction'] : '# Replication\r\nrole:master\r\nconnected_slaves:0\r\n';
};

async function redisThat(odd: Odd, token = 'the-token-of-this-redis') {
  const asked: Command[] = [];
  const wires = await serve(async (request) => {
    const command = (await request.json()) as Command;
    asked.push(command);
    if (request.headers.get('authorization') !== 'Bearer the-token-of-this-redis')
      return Response.json({ error: 'WRONGPASS invalid token' }, { status: 401 });
    const { status = 200, ...body } = odd(command) ?? { result: usual(command) };
    return Response.json(body, { status });
  });
  open.push(wires);
  return { ...(await checkRedis({ url: wires.url, token }, network)), asked };
}

describe('Redis', () => {
  it('is well', async () => {
    const { findings, clock } = await redisThat(() => undefined);
    expect(passes(findings)).toEqual(['redis-reachable', 'redis-runs-scripts', 'redis-keeps']);
    expect(troubles(findings)).toEqual([]);
    expect(checkClocks({ hasProvider: false, redis: clock }, 30).map(({ id }) => id)).toEqual(['clock-agrees']);
  });

  it('runs a script, and nothing is left behind', async () => {
    const settings = inject('redis');
    const { findings } = await checkRedis(settings, network);
    expect(passes(findings)).toEqual(expect.arrayContaining(['redis-reachable', 'redis-runs-scripts']));
    const left = await fetch(settings.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${settings.token}` },
      body: JSON.stringify(['SCAN', '0', 'MATCH', 'gatehouse-doctor*', 'COUNT', '100000']),
    });
    expect(await left.json()).toEqual({ result: ['0', []] });
  });

  it('is not there', async () => {
    const wires = await serve(async () => new Response());
    await wires.close();
    const { findings } = await checkRedis({ url: wires.url, token: 'x' }, network);
    expect(troubles(findings)).toEqual(['fault redis-unreachable']);
    expect(findings[0]?.what).toContain('nothing listens there (ECONNREFUSED)');
  });

  it('hangs', async () => {
    const wires = await serve(() => new Promise(() => {}));
    open.push(wires);
    const { findings } = await checkRedis({ url: wires.url, token: 'x' }, network);
    expect(findings[0]?.what).toContain('no answer within 5 seconds');
  });

  it('refuses another token, which is not shown', async () => {
    const { findings } = await redisThat(() => undefined, 'another-token-of-this-test');
    expect(troubles(findings)).toEqual(['fault redis-token']);
    expect(JSON.stringify(findings)).not.toContain('another-token');
  });

  it('is something else', async () => {
    const { findings } = await redisThat(() => ({ status: 404, error: 'no such page' }));
    expect(troubles(findings)).toEqual(['fault redis-protocol']);
  });

  const only =
    (name: string, answer: ReturnType<Odd>): Odd =>
    (command) =>
      command[0] === name ? answer : undefined;

  it.each<[string, Odd, string]>([
    [
      'lets the token read alone',
      only('EVAL', { status: 400, error: 'NOPERM this user has no permissions' }),
      'fault redis-token',
    ],
    ['runs no script', only('EVAL', { status: 400, error: 'ERR Unexpected flag in script' }), 'fault redis-scripts'],
    ['evicts', only('CONFIG', { result: ['maxmemory-policy', 'allkeys-lru'] }), 'warning redis-evicts'],
    ['has a replica', only('INFO', { result: 'role:master\r\nconnected_slaves:1\r\n' }), 'note redis-replica'],
    [
      'does not say whether it evicts',
      only('CONFIG', { status: 400, error: 'ERR not available' }),
      'note redis-eviction-unknown',
    ],
  ])('%s', async (_, odd, expected) => {
    expect(troubles((await redisThat(odd)).findings)).toEqual([expected]);
  });

  it('says in INFO whether it evicts, where CONFIG is not allowed', async () => {
    const odd: Odd = ([name]) =>
      name === 'CONFIG'
        ? { status: 400, error: 'ERR not available' }
        : name === 'INFO'
          ? { result: '# Memory\r\nmaxmemory_policy:volatile-lru\r\n' }
          : undefined;
    expect(troubles((await redisThat(odd)).findings)).toEqual(['warning redis-evicts']);
  });

  it('is slow', async () => {
    let now = 0;
    const slow = { ...network, now: () => (now += 300) };
    const wires = await serve(async (request) => Response.json({ result: usual((await request.json()) as Command) }));
    open.push(wires);
    const { findings } = await checkRedis({ url: wires.url, token: 'x' }, slow);
    expect(troubles(findings)).toEqual(['warning redis-slow']);
    expect(findings[0]?.what).toBe('Redis answers in 300 ms (median of 5).');
  });
});

describe('clocks', () => {
  const at = (ahead: number) => {
    const now = 1_800_000_000_000;
    return sampleOf(new Headers({ date: new Date(now + ahead * 1000).toUTCString() }), now, now + 40);
  };
  const judged = (ahead: number, tolerance = 30) =>
    checkClocks({ provider: at(ahead), hasProvider: true }, tolerance).map(({ id }) => id);

  it.each([0, -1, 1, 10, -10])('agree when the provider is %i s ahead', (ahead) => {
    expect(judged(ahead)).toEqual(['clock-agrees']);
  });

  it.each([
    [20, 'clock-drifting'],
    [-20, 'clock-drifting'],
    [300, 'clock-provider'],
    [-45, 'clock-provider'],
  ])('are told apart when the provider is %i s ahead', (ahead, id) => {
    expect(judged(ahead)).toEqual([id]);
    expect(judged(ahead, 300)).toEqual([Math.abs(ahead) > 150 ? 'clock-drifting' : 'clock-agrees']);
  });

  it('of Redis are held to 30 s', () => {
    const redis = { there: 1_000_000, sentAt: 1_060_000, receivedAt: 1_060_010, resolutionMs: 1 };
    expect(checkClocks({ hasProvider: false, redis }, 300).map(({ id }) => id)).toEqual(['clock-redis']);
  });

  it('are not known without a Date', () => {
    expect(sampleOf(new Headers(), 0, 1)).toBeUndefined();
    expect(checkClocks({ hasProvider: true }, 30).map(({ id }) => id)).toEqual(['clock-unknown']);
  });

  it('are not taken from a cache as they stand', () => {
    const now = 1_800_000_000_000;
    const headers = new Headers({ date: new Date(now - 600_000).toUTCString(), age: '600' });
    expect(checkClocks({ provider: sampleOf(headers, now, now), hasProvider: true }, 30)[0]?.id).toBe('clock-agrees');
  });
});
