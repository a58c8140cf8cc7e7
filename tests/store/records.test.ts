import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../lib/crypto/random';
import { createSealer } from '../../lib/crypto/seal';
import { createFlows } from '../../lib/store/flows';
import { createRecords, type Records } from '../../lib/store/records';
import { createRedis } from '../../lib/store/redis';
import type { SessionRecord } from '../../lib/types/record';
import type { Session } from '../../lib/types/session';
import type { Settings } from '../../lib/types/settings';
import { worldFetch } from '../world/network';
import { signedIn } from '../world/new-session';
import { REDIS_FAULTS, replyLostOnce, type WorldRedis, worldRedis } from '../world/redis';
import { PREFIX, recordKey } from '../world/redis-keys';
import { settingsWith } from '../world/settings';
import { fieldsOf, unsealAll } from '../world/unseal';

let redis: WorldRedis;
let records: Records;
let settings: Settings;
const now = () => Date.now();
const started = Math.floor(now() / 1000); // once: what is compared must not be made in two different seconds
const seconds = () => started;

function recordsOf(clientId = settings.provider.clientId): Records {
  const provider = { ...settings.provider, clientId };
  return createRecords({
    settings: provider,
    redis: createRedis({ settings: settings.redis }),
    sealer: createSealer({ settings: { ...settings, provider }, now }),
    now,
  });
}

beforeEach(() => {
  pending = [];
  globalThis.fetch = worldFetch as typeof fetch;
  redis = worldRedis(crypto.randomUUID());
  settings = settingsWith({
    UPSTASH_REDIS_REST_URL: redis.origin,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    SESSION_SECRET: `planted-secret-${crypto.randomUUID()}`,
  });
  records = recordsOf();
});

const sealerOf = () => createSealer({ settings, now });
const flows = () =>
  createFlows({
    redis: createRedis({ settings: settings.redis }),
    sealer: sealerOf(),
    now,
  });
const claim = (state: string, code = 'code', caller = `address ${state}`) =>
  flows().claim({ state, startedAt: seconds(), endsAt: seconds() + 600, browser: state }, code, caller, later);

let pending: Promise<unknown>[] = [];
const later = (work: Promise<unknown>) => void pending.push(work);
/** Waits for everything that goes on behind the answers. */
const behind = () => Promise.all(pending.splice(0));

/** The next command, which is sent twice, arrives, and its replies are lost. */
function unheard(when: string) {
  let left = 2;
  redis.fault = async (pass) => {
    left -= 1;
    if (left === 0) redis.fault = null;
    if (when === 'at once') await pass();
    else later(new Promise((resolve) => setTimeout(resolve, 1_000)).then(pass)); // after the first taking back
    throw new TypeError('terminated');
  };
}

const session = async (sid: string = crypto.randomUUID()): Promise<Session> => ({
  sub: 'planted-subject',
  sid,
  id: await sha256(sid),
  browser: 'browser',
  claims: {},
  scope: 'openid',
  generation: 1,
  createdAt: seconds(),
  tokensIssuedAt: seconds(),
  tokensExpireAt: seconds() + 900,
  renewable: true,
  idleEndsAt: seconds() + 3600,
  absoluteEndsAt: seconds() + 7200,
});
const record = (mark = 'planted'): SessionRecord => ({
  sub: 'planted-subject',
  claims: { name: 'planted-name' },
  providerSid: 'planted-provider-sid',
  tokens: {
    accessToken: `${mark}-at`,
    refreshToken: `${mark}-rt`,
    idToken: `${mark}-id`,
    scope: 'openid',
    issuedAt: seconds(),
    expiresAt: seconds() + 900,
  },
});
const keyOf = ({ sid }: Session) => recordKey(sid);
/** What an ending gives back. */
const endedWith = ({ id }: Session, held: SessionRecord, sharesGrant = false) => ({ id, record: held, sharesGrant });

describe('a session record', () => {
  it('is alive once it is put, gives back what it held when it is removed, and is gone then', async () => {
    const one = await session();
    expect(await records.isAlive(one.id)).toBe(false);
    expect(await records.put(signedIn(one, record()))).toBeNull();
    expect(await records.isAlive(one.id)).toBe(true);
    expect(await records.remove(one)).toEqual(endedWith(one, record()));
    expect(await records.isAlive(one.id)).toBe(false);
    expect(await records.remove(one)).toBeNull();
  });

  it('is never put over a tombstone: a login that comes late does not bring a session back', async () => {
    const one = await session();
    await records.put(signedIn(one, record()));
    await records.remove(one);
    await expect(records.put(signedIn(one, record()))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await records.isAlive(one.id)).toBe(false);
  });

  it('is never put over another one', async () => {
    const one = await session();
    await records.put(signedIn(one, record('first')));
    await expect(records.put(signedIn(one, record('second')))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await records.remove(one))?.record?.tokens.accessToken).toBe('first-at');
  });

  it('replaces another session in the same call', async () => {
    const [old, fresh] = [await session(), await session()];
    await records.put(signedIn(old, record('old')));
    const calls = redis.calls;
    expect(await records.put(signedIn(fresh, record('fresh'), old))).toEqual(endedWith(old, record('old'), true));
    expect(redis.calls - calls).toBe(1);
    expect([await records.isAlive(old.id), await records.isAlive(fresh.id)]).toEqual([false, true]);
  });

  it('keeps its promises when a reply is lost: each script is sent twice and answers the same', async () => {
    const [old, fresh] = [await session(), await session()];
    redis.fault = replyLostOnce();
    await records.put(signedIn(old, record('old')));
    redis.fault = replyLostOnce();
    expect(await records.put(signedIn(fresh, record('fresh'), old))).toEqual(endedWith(old, record('old'), true));
    redis.fault = replyLostOnce();
    expect((await records.remove(fresh))?.record?.tokens.refreshToken).toBe('fresh-rt');
    redis.fault = replyLostOnce();
    expect(await claim('state-of-a-flow')).toMatchObject({ kind: 'ours' });
  });

  it('opens for no other deployment, even with the same secret', async () => {
    const one = await session();
    await records.put(signedIn(one, record('one')));
    expect(await recordsOf('other').remove(one)).toMatchObject({ record: null });
  });

  it('moved to the key of another session is worth nothing', async () => {
    const [one, other] = [await session(), await session()];
    await records.put(signedIn(one, record('one')));
    await records.put(signedIn(other, record('other')));
    const [oneKey, otherKey] = [await keyOf(one), await keyOf(other)];
    await redis.command('HSET', otherKey, 'sealed', String(await redis.command('HGET', oneKey, 'sealed')));
    expect(await records.remove(other)).toMatchObject({ record: null });
  });

  it('of an older generation, put back in the place of the newer one, is worth nothing', async () => {
    const one = await session();
    await records.put(signedIn(one, record('old')));
    const key = await keyOf(one);
    const older = String(await redis.command('HGET', key, 'sealed'));
    expect(await records.checkout({ id: 'x', session: one }, 1_000, later)).toMatchObject({ kind: 'yours' });
    expect(await records.commit({ id: 'x', session: one }, record('new'), true)).toBe('ok');
    await redis.command('HSET', key, 'sealed', older);
    expect(await records.checkout({ id: 'y', session: one }, 1_000, later)).toEqual({ kind: 'gone' });
  });
});

describe('a pause', () => {
  it('is one of the deployment that was told to wait, and of no other client of the same provider', async () => {
    const [ours, other] = [recordsOf(crypto.randomUUID()), recordsOf(crypto.randomUUID())];
    const [one, two, theirs] = [await session(), await session(), await session()];
    await ours.put(signedIn(one, record()));
    await ours.put(signedIn(two, record()));
    await other.put(signedIn(theirs, record()));
    expect(await ours.checkout({ id: 'x', session: one }, 1_000, later)).toMatchObject({ kind: 'yours' });
    await ours.abandon({ id: 'x', session: one }, 'unused', 0, 60_000);
    expect(await ours.checkout({ id: 'y', session: two }, 1_000, later)).toMatchObject({ kind: 'backoff' });
    expect(await other.checkout({ id: 'z', session: theirs }, 1_000, later)).toMatchObject({ kind: 'yours' });
  });
});

describe('a wait that the provider asks for', () => {
  it.each([
    ['for the session', 3_600_000, 0],
    ['for the deployment', 0, 3_600_000],
  ])('%s is a minute at most', async (_, backoffMs, pauseMs) => {
    const own = recordsOf(crypto.randomUUID());
    const one = await session();
    await own.put(signedIn(one, record()));
    await own.checkout({ id: 'x', session: one }, 1_000, later);
    await own.abandon({ id: 'x', session: one }, 'unused', backoffMs, pauseMs);
    const answer = await own.checkout({ id: 'y', session: one }, 1_000, later);
    expect(answer).toEqual({ kind: 'backoff', waitMs: expect.any(Number) });
    expect((answer as { waitMs: number }).waitMs).toBeLessThanOrEqual(60_000);
  });

  it('leaves nothing behind that does not end by itself', async () => {
    const own = recordsOf(crypto.randomUUID());
    const one = await session();
    await own.put(signedIn(one, record()));
    await own.checkout({ id: 'x', session: one }, 1_000, later);
    await own.abandon({ id: 'x', session: one }, 'unused', 0, 1);
    await new Promise((resolve) => setTimeout(resolve, 5)); // Redis has a clock of its own
    expect(await own.checkout({ id: 'y', session: one }, 1_000, later)).toMatchObject({ kind: 'yours' }); // the probe
    expect((await redis.dump()).split('\n').filter((line) => line.includes(' ttl=-1 '))).toEqual([]);
  });
});

describe('a flow', () => {
  it('is claimed once, by the callback that comes first', async () => {
    const state = crypto.randomUUID();
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim(state)));
    expect(claims.filter(({ kind }) => kind === 'ours')).toHaveLength(1);
    expect(claims.filter((one) => one.kind === 'used' && one.sameCode)).toHaveLength(19);
  });
});

describe('a question whose answers are all lost, though Redis has heard it', () => {
  it.each(['at once', 'late'])('is taken back when it arrives %s: a checkout', async (when) => {
    const one = await session();
    await records.put(signedIn(one, record()));
    unheard(when);
    await expect(records.checkout({ id: 'x', session: one }, 15_000, later)).rejects.toMatchObject({ actor: 'store' });
    await behind();
    expect(await records.checkout({ id: 'y', session: one }, 15_000, later)).toMatchObject({ kind: 'yours' });
  });

  it.each(['at once', 'late'])('is taken back when it arrives %s: the claim of a flow', async (when) => {
    const state = crypto.randomUUID();
    unheard(when);
    await expect(claim(state)).rejects.toMatchObject({ actor: 'store' });
    await behind();
    expect(await claim(state)).toMatchObject({ kind: 'ours' });
  });

  it('is taken back too when the answer makes no sense', async () => {
    const one = await session();
    await records.put(signedIn(one, record()));
    redis.fault = async (pass) => {
      redis.fault = null;
      await pass();
      return Response.json({ result: { surprise: true } });
    };
    await expect(records.checkout({ id: 'x', session: one }, 15_000, later)).rejects.toMatchObject({ actor: 'store' });
    await behind();
    expect(await records.checkout({ id: 'y', session: one }, 15_000, later)).toMatchObject({ kind: 'yours' });
  });

  const LIMIT = 'ERR max requests limit exceeded. Limit: 500000, Usage: 500001.';
  const TOKEN = 'WRONGPASS invalid or missing auth token';
  // Twice each: the command, or the command, what undoes it, and that once more.
  it.each<[answers: string, texts: [string, string], sends: number]>([
    ['no longer serves this database, and then takes no token', [LIMIT, TOKEN], 2],
    ['takes no token, and then fails without saying what it did', [TOKEN, 'ERR internal'], 6],
    ['fails without saying what it did, and then takes no token', ['ERR internal', TOKEN], 6],
  ])('is undone unless it is certain that it was not executed: Redis %s', async (_, texts, sends) => {
    const before = redis.calls;
    redis.fault = async (_pass, call) => Response.json({ error: texts[call - before - 1] ?? TOKEN }, { status: 400 });
    await expect(records.checkout({ id: 'x', session: await session() }, 15_000, later)).rejects.toMatchObject({
      actor: 'store',
    });
    await behind();
    expect(redis.calls - before).toBe(sends);
  });

  it('takes back nothing that another one has', async () => {
    const state = crypto.randomUUID();
    expect(await claim(state)).toMatchObject({ kind: 'ours' });
    redis.fault = REDIS_FAULTS.refused;
    await expect(claim(state)).rejects.toMatchObject({ actor: 'store' });
    redis.fault = null;
    await behind();
    expect(await claim(state)).toMatchObject({ kind: 'used' });
  });
});

describe('what Redis holds', () => {
  it('ends by itself, names no person and shows nothing', async () => {
    const [one, two] = [await session('planted-sid-one'), await session('planted-sid-two')];
    await records.put(signedIn(one, record()));
    await records.put(signedIn(two, record(), one));
    await claim('planted-state');
    const dump = await redis.dump();
    expect(dump).not.toContain('planted');
    const { issuer, clientId, redirectUri } = settings.provider;
    const [secret = ''] = settings.session.secrets;
    const unsealed = await unsealAll(dump, { secret, issuer, clientId, redirectUri });
    const members = 'sub sid gen providerSid claims.name exp p v';
    const tokens =
      'tokens.accessToken tokens.refreshToken tokens.idToken tokens.scope tokens.issuedAt tokens.expiresAt';
    expect(fieldsOf(unsealed)).toEqual({
      device: ['browser', 'createdAt', 'exp', 'id', 'p', 'platform', 'v'],
      record: `${members} ${tokens}`.split(' ').sort(),
    });
    expect(dump.split('\n').filter((line) => line.includes(' ttl=-1 '))).toEqual([]);
  });
});

describe.each(Object.entries(REDIS_FAULTS))('Redis: %s', (_, fault) => {
  it('is a StoreError that quotes nothing of the command', async () => {
    redis.fault = fault;
    const failures = await Promise.all(
      [records.put(signedIn(await session('planted-sid'), record())), claim('planted-state')].map((work) =>
        work.then(
          () => null,
          (error: unknown) => error,
        ),
      ),
    );
    for (const error of failures) {
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', actor: 'store' });
      const { message, details, cause } = error as Error & { details: { reason?: string } };
      const text = JSON.stringify([message, details.reason, String(cause)]);
      expect(['planted', PREFIX].filter((part) => text.includes(part))).toEqual([]);
    }
  });
});
