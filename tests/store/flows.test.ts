import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../lib/crypto/random';
import { createSealer } from '../../lib/crypto/seal';
import { type Claim, createFlows, type Flows } from '../../lib/store/flows';
import { createRecords, type Records } from '../../lib/store/records';
import { createRedis } from '../../lib/store/redis';
import type { SessionRecord } from '../../lib/types/record';
import type { Session } from '../../lib/types/session';
import { worldFetch } from '../world/network';
import { signedIn } from '../world/new-session';
import { replyLostOnce, type WorldRedis, worldRedis } from '../world/redis';
import { flowKey, KEYS } from '../world/redis-keys';
import { settingsWith } from '../world/settings';

let redis: WorldRedis;
let flows: Flows;
let records: Records;
let pending: Promise<unknown>[] = [];
const later = (work: Promise<unknown>) => void pending.push(work);

beforeEach(() => {
  globalThis.fetch = worldFetch as typeof fetch;
  pending = [];
  redis = worldRedis(crypto.randomUUID());
  const now = () => Date.now();
  const settings = settingsWith({
    UPSTASH_REDIS_REST_URL: redis.origin,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    SESSION_SECRET: `planted-secret-${crypto.randomUUID()}`,
  });
  const sealer = createSealer({ settings, now });
  const client = createRedis({ settings: settings.redis });
  flows = createFlows({ redis: client, sealer, now });
  records = createRecords({ settings: settings.provider, redis: client, sealer, now });
});

const seconds = () => Math.floor(Date.now() / 1000);
const flow = (browser: string = crypto.randomUUID()) => ({
  state: crypto.randomUUID(),
  startedAt: seconds(),
  endsAt: seconds() + 600,
  browser,
});
const claim = (of = flow(), code = 'code', caller = 'address of a test', isLast = false) =>
  flows.claim(of, code, caller, later, isLast);
const ours = async (work: Promise<Claim>) => {
  const answer = await work;
  if (answer.kind !== 'ours') throw new Error(answer.kind);
  return answer.flow;
};
const keyOf = ({ state }: { readonly state: string }) => flowKey(state);

const session = async (sid = crypto.randomUUID()): Promise<Session> => ({
  sub: 'person',
  claims: {},
  scope: 'openid',
  sid,
  id: await sha256(sid),
  browser: crypto.randomUUID(),
  generation: 1,
  createdAt: seconds(),
  tokensIssuedAt: seconds(),
  tokensExpireAt: seconds() + 900,
  renewable: true,
  idleEndsAt: seconds() + 3_600,
  absoluteEndsAt: seconds() + 3_600,
});
const record: SessionRecord = {
  sub: 'person',
  claims: {},
  tokens: { accessToken: 'at', refreshToken: 'rt', idToken: 'it', scope: 'openid', issuedAt: 1, expiresAt: 2 },
};

describe('the claim of a flow', () => {
  it('tells the same code from another one', async () => {
    const one = flow();
    await ours(claim(one));
    expect(await claim(one)).toEqual({ kind: 'used', sameCode: true });
    expect(await claim(one, 'another code')).toEqual({ kind: 'used', sameCode: false });
  });

  it('answers the same when its reply was lost', async () => {
    redis.fault = replyLostOnce();
    await ours(claim());
  });

  it('lives a minute longer than the flow: its session can be stored when the flow ends meanwhile', async () => {
    const one = { ...flow(), endsAt: seconds() - 1 };
    const claimed = await ours(claim(one));
    expect(await records.put(signedIn(await session(), record), claimed)).toBeNull();
  });
});

describe('the callbacks of one caller', () => {
  it('are ten at a time; the next one is busy until one of them is over', async () => {
    const claimed = [];
    for (let index = 0; index < 10; index += 1) claimed.push(await ours(claim()));
    expect(await claim()).toMatchObject({ kind: 'busy' });
    expect(await claim(flow(), 'code', 'another address')).toMatchObject({ kind: 'ours' });
    await records.put(signedIn(await session(), record), claimed[0]);
    await ours(claim());
    expect(await claim()).toMatchObject({ kind: 'busy' });
  });

  it('are let through when they cannot wait any longer, unless ten have failed', async () => {
    const claimed = [];
    for (let index = 0; index < 10; index += 1) claimed.push(await ours(claim()));
    await ours(claim(flow(), 'code', 'address of a test', true));
    for (const one of claimed) await flows.failed('address of a test', one);
    expect(await claim(flow(), 'code', 'address of a test', true)).toMatchObject({ kind: 'limited' });
  });

  it('that an isolate left behind do not count when their time is over', async () => {
    const claimed = [];
    for (let index = 0; index < 10; index += 1) claimed.push(await ours(claim()));
    for (const { id, keys } of claimed) await redis.command('HSET', keys[1], id, 'p1');
    const { keys } = await ours(claim());
    expect(await redis.command('HLEN', keys[1])).toBe(1);
  });

  it('are limited after ten failures, each counted once, however often it is told', async () => {
    for (let index = 0; index < 9; index += 1) {
      const claimed = await ours(claim());
      redis.fault = replyLostOnce();
      await flows.failed('address of a test', claimed);
      redis.fault = null;
    }
    expect(flows.knownWaitMs('address of a test')).toBe(0);
    const claimed = await ours(claim());
    await flows.failed('address of a test', claimed);
    expect(flows.knownWaitMs('address of a test')).toBeGreaterThan(0);
    expect(await claim()).toMatchObject({ kind: 'limited' });
    for (let more = 0; more < 50; more += 1) await flows.failed('address of a test');
    expect(await redis.command('HLEN', claimed.keys[1])).toBe(10); // however many fail, it does not grow
  });
});

describe('a sign-out', () => {
  it('ends a flow that is claimed: nothing is stored for it any more', async () => {
    const [one, two] = [flow(), await session()];
    const claimed = await ours(claim(one));
    expect(await flows.end(one.browser, [one])).toEqual([]);
    expect(await records.put(signedIn(two, record), claimed)).toBe('ended');
    expect(await records.isAlive(two.id)).toBe(false);
    expect(await claim(one)).toEqual({ kind: 'ended' });
  });

  it('ends the other flows of the browser too, whose cookie it has lost: before and after they are claimed', async () => {
    const browser = crypto.randomUUID();
    const [one, two, three] = [flow(browser), flow(browser), flow('another browser')];
    const later = { ...flow(browser), startedAt: seconds() + 33 }; // more than the 30 of another clock, whatever the fraction
    const claimed = await ours(claim(one));
    await flows.end(browser, []);
    expect(await records.put(signedIn(await session(), record), claimed)).toBe('ended');
    expect(await claim(two)).toEqual({ kind: 'ended' });
    await ours(claim(three));
    await ours(claim(later)); // another sign-in, of a browser that has kept its cookie
  });

  it('ends the session of a flow that is done, and hands out what it held', async () => {
    const [one, two] = [flow(), await session()];
    await records.put(signedIn(two, record), await ours(claim(one)));
    const [stored, ...others] = await flows.end(one.browser, [flow(), one]);
    if (!stored) throw new Error('no session was stored');
    expect(others).toEqual([]);
    expect(await records.removeStored(stored)).toEqual({ id: two.id, record, sharesGrant: false });
    expect(await records.removeStored(stored)).toBeNull();
    expect(await records.isAlive(two.id)).toBe(false);
  });

  it('makes `put` answer `ended` when another attempt holds the flow', async () => {
    const one = flow();
    await ours(claim(one));
    const impostor = {
      id: 'another attempt',
      keys: [await keyOf(one), `${KEYS.caller}x`, `${KEYS.signOuts}x`] as const,
      began: 1,
    };
    expect(await records.put(signedIn(await session(), record), impostor)).toBe('ended');
  });
});

describe('what Redis holds of sign-ins', () => {
  it('ends by itself, and names neither state nor code nor address', async () => {
    const one = { ...flow('planted-browser'), state: `planted-${crypto.randomUUID()}` };
    const claimed = await ours(claim(one, 'planted-code', 'planted-address'));
    await flows.failed('planted-address', claimed);
    await flows.end(one.browser, [one]);
    expect(await redis.command('PTTL', claimed.keys[2])).toBeGreaterThan(0);
    for (const key of claimed.keys.slice(0, 2)) {
      const fields = (await redis.command('HGETALL', key)) as string[];
      expect(fields.length).toBeGreaterThan(0);
      expect([key, ...fields].join()).not.toContain('planted');
      expect(await redis.command('PTTL', key)).toBeGreaterThan(0);
    }
  });
});
