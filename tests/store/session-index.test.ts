import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../lib/crypto/random';
import { createSealer } from '../../lib/crypto/seal';
import { createEndedList, type EndedList } from '../../lib/store/ended-list';
import { createIndexKeys, personOf } from '../../lib/store/index-keys';
import { createRecords, type Records } from '../../lib/store/records';
import { createRedis } from '../../lib/store/redis';
import { createSessionIndex, type SessionIndex } from '../../lib/store/session-index';
import type { SessionRecord } from '../../lib/types/record';
import type { Session } from '../../lib/types/session';
import type { Settings } from '../../lib/types/settings';
import { worldFetch } from '../world/network';
import { replyLostOnce, type WorldRedis, worldRedis } from '../world/redis';
import { KEYS, PREFIX } from '../world/redis-keys';
import { settingsWith } from '../world/settings';

let redis: WorldRedis;
let records: Records;
let index: SessionIndex;
let list: EndedList;
let settings: Settings;
let keys: ReturnType<typeof createIndexKeys>;
const now = () => Date.now();
const START = Math.floor(now() / 1000);
const ISSUER = 'https://provider.test';

beforeEach(() => {
  globalThis.fetch = worldFetch as typeof fetch;
  redis = worldRedis(crypto.randomUUID());
  settings = settingsWith({
    SSO_ISSUER: ISSUER,
    SSO_CLIENT_ID: crypto.randomUUID(), // a list of endings of its own
    UPSTASH_REDIS_REST_URL: redis.origin,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    SESSION_SECRET: `planted-secret-${crypto.randomUUID()}`,
  });
  const sealer = createSealer({ settings, now });
  const deps = { settings: settings.provider, redis: createRedis({ settings: settings.redis }), sealer, now };
  records = createRecords(deps);
  index = createSessionIndex(deps);
  list = createEndedList(deps);
  keys = createIndexKeys(deps);
});

interface SignIn {
  readonly sub?: string;
  /** The provider's session. */
  readonly sid?: string | null;
  /** `iat` of the ID token. */
  readonly at?: number;
  readonly replaces?: Session;
  readonly lives?: number;
}

const recordOf = (sub: string, mark: string): SessionRecord => ({
  sub,
  claims: {},
  tokens: {
    accessToken: `${mark}-at`,
    refreshToken: `${mark}-rt`,
    idToken: `${mark}-id`,
    scope: 'openid',
    issuedAt: START,
    expiresAt: START + 900,
  },
});

const FIREFOX = { browser: 'Firefox', platform: 'Linux' };

/** Signs a person in, or is refused. */
async function tryToSignIn({ sub = 'ana', sid = 'op-1', at = START, replaces, lives = 3_600 }: SignIn = {}) {
  const ownSid = crypto.randomUUID();
  const session: Session = {
    sub,
    sid: ownSid,
    id: await sha256(ownSid),
    ...(sid !== null && { providerSession: await keys.providerSession(ISSUER, sid) }),
    browser: 'browser',
    claims: {},
    scope: 'openid',
    generation: 1,
    createdAt: START,
    tokensIssuedAt: START,
    tokensExpireAt: START + 900,
    renewable: true,
    idleEndsAt: START + lives,
    absoluteEndsAt: START + lives,
  };
  const entry = { session, record: recordOf(sub, ownSid), replaces, signedInAt: at, device: FIREFOX };
  const flow = {
    id: 'attempt',
    keys: [`flow-${crypto.randomUUID()}`, 'caller', 'signOuts'] as const,
    began: at * 1000,
  };
  await redis.command('HSET', flow.keys[0], 'attempt', 'attempt', 'state', 'claimed');
  await redis.command('PEXPIRE', flow.keys[0], '60000'); // other files look for keys that never end
  return { session, answer: await records.put(entry, flow) };
}

async function signIn(of?: SignIn): Promise<Session> {
  const { session, answer } = await tryToSignIn(of);
  if (answer === 'ended') throw new Error('the sign-in was refused');
  return session;
}

const ana = { issuer: ISSUER, sub: 'ana' };
const idsOf = (sessions: readonly { readonly id: string }[]) => sessions.map(({ id }) => id).sort();
const living = async (sub = 'ana') => idsOf(await index.list({ issuer: ISSUER, sub }));
/** Everything that an ending could change: the sessions of both people, the endings, and marks. */
async function state(): Promise<unknown> {
  const marks = [ana, { ...ana, sub: 'budi' }].map(async (person) => (await keys.person(person)).mark);
  const named = ['op-1', 'op-9'].map(async (sid) => `${KEYS.mark}${await keys.providerSession(ISSUER, sid)}`);
  const written = await Promise.all([
    ...(await Promise.all([...marks, ...named])).map((key) => redis.command('HGETALL', key)),
  ]);
  return [await living(), await living('budi'), await endings(), written];
}
const endings = async () => (await list.since(0)).map(([id]) => id).sort();
/** What a logout token says. */
const logout = (over: object = {}) => ({ issuer: ISSUER, jti: crypto.randomUUID(), iat: START, ...over });
async function endedBy(over: object): Promise<string[]> {
  const answer = await index.endByProvider(logout(over));
  if (typeof answer === 'string') throw new Error(answer);
  return idsOf(answer);
}

describe('the list of a person', () => {
  it('has the living sessions of this person, with the device and the times, by one call', async () => {
    const [one, two] = [await signIn(), await signIn({ sid: 'op-2' })];
    await signIn({ sub: 'budi' });
    const calls = redis.calls;
    const listed = await index.list(ana);
    expect(redis.calls - calls).toBe(1);
    expect(idsOf(listed)).toEqual(idsOf([one, two]));
    expect(listed[0]).toEqual({
      id: expect.any(String),
      createdAt: START,
      lastSeenAt: expect.any(Number),
      device: FIREFOX,
    });
  });

  it('has none that was removed, replaced, or is over', async () => {
    const [one, two] = [await signIn(), await signIn()];
    const three = await signIn({ replaces: two });
    await records.remove(one);
    await signIn({ lives: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // Redis has a clock of its own
    expect(await living()).toEqual([three.id]);
    const four = await signIn();
    expect(await living()).toEqual(idsOf([three, four]));
    const { people, details } = await keys.person(ana);
    expect([await redis.command('ZCARD', people), await redis.command('HLEN', details)]).toEqual([2, 2]);
  });

  it('says when a session was used last, and lives as long as the longest of them', async () => {
    const one = await signIn({ lives: 60 });
    await records.prolong({ ...one, idleEndsAt: START + 7_200, absoluteEndsAt: START + 7_200 });
    const [listed] = await index.list(ana);
    expect(listed?.lastSeenAt).toBeGreaterThanOrEqual(START);
    const { people, details } = await keys.person(ana);
    const pointer = `${KEYS.providerSession}${one.providerSession}`;
    for (const key of [people, details, pointer])
      expect(Number(await redis.command('PTTL', key))).toBeGreaterThan(7_100_000);
  });

  it('follows the end that a renewal moves', async () => {
    const one = await signIn({ lives: 60 });
    const longer = { ...one, idleEndsAt: START + 7_200, absoluteEndsAt: START + 7_200 };
    expect((await records.checkout({ id: 'x', session: longer }, 1_000, () => {})).kind).toBe('yours');
    expect(await records.commit({ id: 'x', session: longer }, recordOf('ana', 'new'), true)).toBe('ok');
    const { people } = await keys.person(ana);
    expect(Number(await redis.command('ZSCORE', people, one.id)) - now()).toBeGreaterThan(7_000_000);
  });
});

describe('one session of a person', () => {
  it('is ended by its id, for every isolate, and hands out what it held', async () => {
    const [one, two] = [await signIn(), await signIn({ sid: 'op-2' })];
    expect(await index.endOne(ana, one.id)).toEqual({
      id: one.id,
      record: recordOf('ana', one.sid),
      sharesGrant: false,
    });
    expect([await records.isAlive(one.id), await living(), await endings()]).toEqual([false, [two.id], [one.id]]);
  });

  it.each([
    ['of another person', async () => (await signIn({ sub: 'budi' })).id],
    [
      'that has ended',
      async () => {
        const one = await signIn();
        await records.remove(one);
        return one.id;
      },
    ],
    ['that never was', async () => sha256('nothing')],
    ['that is no id', async () => '../../x'],
    ['that is empty', async () => ''],
  ])('%s is not ended, and nothing changes', async (_, idOf) => {
    const id = await idOf();
    const before = await state();
    expect(await index.endOne(ana, id)).toBeNull();
    expect(await state()).toEqual(before);
  });

  it('answers the same when the reply was lost', async () => {
    const one = await signIn();
    redis.fault = replyLostOnce();
    expect(await index.endOne(ana, one.id)).toMatchObject({ id: one.id, record: { sub: 'ana' } });
  });
});

describe('all sessions of a person', () => {
  it('end but one, in parts of fifty', async () => {
    const all = [];
    for (let count = 0; count < 55; count += 1) all.push(await signIn());
    const [first, ...others] = all;
    expect(idsOf(await index.endAll(ana, { except: first?.id ?? '' }))).toEqual(idsOf(others));
    expect([await living(), (await endings()).length]).toEqual([[first?.id], 54]);
  });

  it('end with the sign-ins that are under way, and a later sign-in is another one', async () => {
    await index.endAll(ana);
    expect((await tryToSignIn({ at: START - 5 })).answer).toBe('ended');
    expect((await tryToSignIn({ at: START + 60 })).answer).toBeNull();
    expect((await tryToSignIn({ sub: 'budi', at: START - 5 })).answer).toBeNull();
  });
});

describe('a sweep whose replies are lost, each time that it is sent', () => {
  it('is sent again, and gives what the records held: their tokens are to be revoked', async () => {
    const one = await signIn();
    let left = 4;
    redis.fault = async (pass, _, [name, script]) => {
      if (name !== 'EVAL' || !String(script).includes("'swept'") || left === 0) return pass();
      left -= 1;
      await pass();
      throw new TypeError('terminated');
    };
    expect(await index.endByProvider(logout({ sid: 'op-1' }))).toMatchObject([
      { id: one.id, record: { tokens: { refreshToken: `${one.sid}-rt` } } },
    ]);
    expect(left).toBe(0);
  });
});

describe('a logout by the provider', () => {
  it('ends the sessions of its session, and no other', async () => {
    const [one, two] = [await signIn(), await signIn()];
    const three = await signIn({ sid: 'op-2' });
    expect(await endedBy({ sid: 'op-1', sub: 'ana' })).toEqual(idsOf([one, two]));
    expect([await living(), await endings()]).toEqual([[three.id], idsOf([one, two])]);
  });

  it('finds the person when it names only its session', async () => {
    const one = await signIn();
    await signIn({ sid: 'op-2' });
    expect(await endedBy({ sid: 'op-1' })).toEqual([one.id]);
  });

  it('ends all sessions of a person when it names only the person, or the scope is the person', async () => {
    const both = [await signIn(), await signIn({ sid: null })];
    await signIn({ sub: 'budi' });
    expect(await endedBy({ sub: 'ana' })).toEqual(idsOf(both));
    const again = [await signIn({ at: START + 1 }), await signIn({ at: START + 1, sid: 'op-2' })];
    expect(await endedBy({ sid: 'op-2', wholePerson: true, iat: START + 1 })).toEqual(idsOf(again));
  });

  it('of an unknown session ends what has none, and nothing else', async () => {
    const unnamed = await signIn({ sid: null });
    const named = await signIn();
    expect(await endedBy({ sid: 'op-9', sub: 'ana' })).toEqual([unnamed.id]);
    expect(await living()).toEqual([named.id]);
  });

  it('of an unknown session refuses the sign-in under way that has none, and no later one', async () => {
    expect(await endedBy({ sid: 'op-9', sub: 'ana' })).toEqual([]);
    expect((await tryToSignIn({ sid: null })).answer).toBe('ended');
    expect((await tryToSignIn()).answer).toBeNull();
    expect((await tryToSignIn({ sid: null, at: START + 1 })).answer).toBeNull();
  });

  it('that names an ended session alone spares those of the person that have none', async () => {
    const unnamed = await signIn({ sid: null });
    await records.remove(await signIn());
    expect(await endedBy({ sid: 'op-1' })).toEqual([]);
    expect(await endedBy({ sid: 'op-1', iat: undefined, jti: undefined })).toEqual([]);
    expect(await living()).toEqual([unnamed.id]);
  });

  it('of a session of another person changes nothing', async () => {
    await signIn();
    const before = await state();
    expect(await index.endByProvider(logout({ sid: 'op-1', sub: 'budi' }))).toBe('mismatch');
    expect(await state()).toEqual(before);
  });

  it('is handled once: repeated, nothing more happens, and what was left when its answer was lost is ended', async () => {
    const one = await signIn();
    const token = logout({ sid: 'op-1', sub: 'ana' });
    const answer = await index.endByProvider(token);
    expect(answer).toMatchObject([{ id: one.id }]);
    const before = await state();
    expect(await index.endByProvider(token)).toBe('repeated');
    expect(await state()).toEqual(before);
  });

  it('gives what it has ended also when another delivery of the token overtakes it', async () => {
    const both = [await signIn(), await signIn({ sub: 'budi' })];
    const token = logout({ sid: 'op-1' });
    let finds = 0;
    let other: unknown;
    redis.fault = async (pass, _, [, script]) => {
      if (!String(script).includes("'found'")) return pass();
      finds += 1;
      if (finds < 2) return pass();
      redis.fault = null;
      other = await index.endByProvider(token);
      return pass();
    };
    const ended = await index.endByProvider(token);
    expect([ended, other]).toEqual([[expect.any(Object)], [expect.any(Object)]]);
    expect(idsOf([ended, other].flat() as { id: string }[])).toEqual(idsOf(both));
  });

  it('refuses the sign-in under way that is no younger, and no later one with the same session', async () => {
    expect(await endedBy({ sid: 'op-1', sub: 'ana' })).toEqual([]);
    expect((await tryToSignIn({ at: START })).answer).toBe('ended');
    expect((await tryToSignIn({ at: START - 60 })).answer).toBe('ended');
    expect((await tryToSignIn({ at: START, sid: 'op-2' })).answer).toBeNull();
    expect((await tryToSignIn({ at: START + 1 })).answer).toBeNull();
  });

  it('that comes late, or again with another `jti`, spares the sign-in that came after it', async () => {
    await endedBy({ sid: 'op-1' });
    const later = await signIn({ at: START + 1 });
    expect(await endedBy({ sid: 'op-1' })).toEqual([]);
    expect(await endedBy({ sid: 'op-1', sub: 'ana', iat: START - 60 })).toEqual([]);
    expect(await living()).toEqual([later.id]);
  });

  it('without an `iat` ends what began until now', async () => {
    const one = await signIn();
    expect(await endedBy({ sid: 'op-1', iat: undefined, jti: undefined })).toEqual([one.id]);
    expect((await tryToSignIn({ at: START - 1 })).answer).toBe('ended');
    expect((await tryToSignIn({ at: START + 60 })).answer).toBeNull();
  });

  it('without an `iat`, of a session that is not known, writes nothing', async () => {
    await signIn();
    const before = await state();
    expect(await endedBy({ sid: 'op-9', iat: undefined, jti: undefined })).toEqual([]);
    expect(await state()).toEqual(before);
    await endedBy({ sid: 'op-9' });
    expect(await state()).not.toEqual(before);
  });

  it('knows an issuer with and without the slash at its end', async () => {
    const one = await signIn();
    expect(await endedBy({ issuer: `${ISSUER}/`, sid: 'op-1', sub: 'ana' })).toEqual([one.id]);
  });

  it('of another issuer ends nothing', async () => {
    await signIn();
    expect(await endedBy({ issuer: 'https://other.test', sid: 'op-1', sub: 'ana' })).toEqual([]);
    expect(personOf({ sub: 'ana', issuer: 'https://other.test' }, settings.provider)).not.toEqual(ana);
  });
});

describe('the grant of a session that ends', () => {
  it.each([
    ['lives on with another session of the same provider session', 'op-1', true],
    ['lives on, perhaps, with a session whose provider session is not known', null, true],
    ['ends where the other session is of another provider session', 'op-2', false],
  ])('%s', async (_, sid, sharesGrant) => {
    const one = await signIn();
    await signIn({ sid });
    expect(await records.remove(one)).toMatchObject({ sharesGrant });
    expect(await index.endAll(ana)).toMatchObject([{ sharesGrant: false }]);
  });

  it('ends with all that end together', async () => {
    await signIn();
    await signIn();
    expect(await index.endAll(ana)).toMatchObject([{ sharesGrant: false }, { sharesGrant: false }]);
  });

  it('ends with all that end together, also where they are more than a script looks at', async () => {
    const one = await signIn({ sid: 'op-2' });
    await Promise.all(Array.from({ length: 220 }, () => signIn()));
    const ended = await index.endAll(ana, { except: one.id });
    expect([ended.length, ended.filter(({ sharesGrant }) => sharesGrant).length]).toEqual([220, 0]);
  });

  it('is not revoked by a renewal that comes back too late while another session may hang on it', async () => {
    const [one, two] = [await signIn(), await signIn({ sid: 'op-2' })];
    for (const session of [one, two]) {
      expect((await records.checkout({ id: 'x', session }, 1_000, () => {})).kind).toBe('yours');
      await records.remove(session);
    }
    await signIn();
    expect(await records.commit({ id: 'x', session: one }, recordOf('ana', 'late'), true)).toBe('superseded');
    expect(await records.commit({ id: 'x', session: two }, recordOf('ana', 'late'), true)).toBe('gone');
  });
});

describe('what Redis holds of the index', () => {
  it('ends by itself, and names no person', async () => {
    const one = await signIn({ sub: 'planted-sub', sid: 'planted-sid' });
    await index.endByProvider(logout({ sid: 'planted-sid', sub: 'planted-sub', jti: 'planted-jti', iat: START - 1 }));
    const dump = await redis.dump();
    expect([dump.includes('planted'), dump.includes(one.sid)]).toEqual([false, false]);
    await records.remove(one);
    const immortal = `${dump}\n${await redis.dump()}`.split('\n').filter((line) => line.includes(' ttl=-1 '));
    expect(immortal.filter((line) => line.startsWith(PREFIX)).map((line) => line.slice(0, 60))).toEqual([]);
  });
});

describe('the list of endings', () => {
  it('has each ending once, by the clock of the primary, and forgets those of an hour ago', async () => {
    const one = await signIn();
    await records.remove(one);
    await records.remove(one);
    const [ending, ...others] = await list.since(0);
    expect([ending?.[0], others]).toEqual([one.id, []]);
    expect(Math.abs((ending?.[1] ?? 0) - now())).toBeLessThan(5_000);
    const key = await keys.ended();
    await redis.command('ZADD', key, String(now() - 3_900_000), 'old');
    await records.remove(await signIn());
    expect((await endings()).length).toBe(2);
    expect(await endings()).not.toContain('old');
  });

  it('has no ending before the last one, though the clock of the primary was set back', async () => {
    const key = await keys.ended();
    const ahead = now() + 60_000;
    await redis.command('ZADD', key, String(ahead), 'last');
    const one = await signIn();
    await records.remove(one);
    expect((await list.since(ahead)).map(([id]) => id)).toContain(one.id);
  });

  it('has a session whose record was lost before it ended', async () => {
    const one = await signIn();
    await redis.command('DEL', `${KEYS.record}${one.id}`);
    expect(await records.remove(one)).toBeNull();
    expect(await endings()).toEqual([one.id]);
  });

  it('is read from a time on, the latest first', async () => {
    const key = await keys.ended();
    for (const [id, at] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ] as const)
      await redis.command('ZADD', key, String(at), id);
    await redis.command('PEXPIRE', key, '60000');
    expect(await list.since(2)).toEqual([
      ['c', 3],
      ['b', 2],
    ]);
    expect(await list.since(4)).toEqual([]);
  });
});
