import { beforeEach, describe, expect, it } from 'vitest';
import { COMMIT } from '../../lib/store/scripts';
import { elsewhere } from '../world/elsewhere';
import { signal } from '../world/signal';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const EXPIRED = 901;
const DUE = 730;
const presentations = () => world.provider.refreshPresentations().length;
const renewals = () => world.events('renewal').map(({ outcome }) => outcome);
const settled = () => world.isolate.settled();

/** Holds the next commit back: `asked` when it comes, and it goes on with `tell`. */
function holdCommit() {
  const [asked, ask] = signal();
  const [told, tell] = signal();
  world.redis.fault = async (pass, _call, [, script]) => {
    if (script !== COMMIT) return pass();
    world.redis.fault = null;
    ask();
    await told;
    return pass();
  };
  return { asked, tell };
}

describe('a renewal that comes after another one was stored', () => {
  it('drops what it brings: to revoke it could end the grant of what was stored', async () => {
    world = await createWorld({ provider: { overlapSeconds: 30 }, env: { SSO_REFRESH_OVERLAP_SECONDS: '30' } });
    const browser = await world.signedIn();
    const other = await elsewhere(world, browser);
    world.pass(EXPIRED);
    const { asked, tell } = holdCommit();
    const late = browser.fetch('/api/me');
    await asked;
    await world.redis.command('HSET', await world.recordKey(browser), 'lease', 0);
    expect((await other.fetch('/api/me')).status).toBe(200);
    tell();
    expect((await late).status).toBe(200); // with what the other attempt stored
    await settled();
    expect(renewals().sort()).toEqual(['refreshed', 'superseded']); // what is logged behind an answer has no order
    expect(world.provider.calls('revocation')).toEqual([]);
    world.pass(EXPIRED);
    expect((await other.fetch('/api/me')).status).toBe(200);
  });
});

describe('a renewal that comes after another one was lost', () => {
  it('answers 503, as to every request that saw a renewal fail', async () => {
    world = await createWorld({ provider: { overlapSeconds: 30 }, env: { SSO_REFRESH_OVERLAP_SECONDS: '30' } });
    const browser = await world.signedIn();
    const other = await elsewhere(world, browser);
    const key = await world.recordKey(browser);
    world.pass(EXPIRED);
    const { asked, tell } = holdCommit();
    const late = browser.fetch('/api/me');
    await asked;
    await world.redis.command('HSET', key, 'lease', 0);
    world.provider.lies.cut.token = true;
    expect((await other.fetch('/api/me')).status).toBe(503);
    await world.redis.command('HSET', key, 'since', 0); // the overlap is over
    tell();
    expect((await late).status).toBe(503);
    expect(renewals()).toEqual(['uncertain', 'superseded']);
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });
});

describe('a provider that does not rotate', () => {
  it('keeps the token that all isolates have, when an answer comes after another one was stored', async () => {
    world = await createWorld({ provider: { rotation: false } });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    await browser.navigate('/dashboard'); // from here on it is known
    const other = await elsewhere(world, browser);
    world.pass(EXPIRED);
    const [asked, ask] = signal();
    const [told, tell] = signal();
    world.provider.lies.instead.token = async () => {
      ask();
      await told;
      return null;
    };
    const late = browser.fetch('/api/me');
    await asked;
    world.provider.beHonest();
    await world.redis.command('HSET', await world.recordKey(browser), 'lease', 0);
    expect((await other.fetch('/api/me')).status).toBe(200);
    tell();
    expect((await late).status).toBe(200);
    await settled();
    expect(renewals()).toEqual(['refreshed', 'refreshed', 'superseded']);
    expect(world.provider.calls('revocation')).toEqual([]);
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });
});

describe('a provider that takes its time', () => {
  const reasons = () => world.events('renewal_unavailable').map(({ reason }) => reason);

  it('lets no request wait for more than nine seconds in all, and the renewal goes on', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const [told, tell] = signal();
    world.provider.lies.instead.token = async () => {
      await told;
      return null;
    };
    world.redis.fault = async (pass) => {
      world.redis.fault = null;
      const yours = await pass();
      world.pass(8.9); // went by on the way
      return yours;
    };
    expect((await browser.fetch('/api/me')).status).toBe(503);
    expect(reasons()).toEqual(['the provider is slow']);
    tell();
    await settled();
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(1);
  });

  it('nor lets a request wait longer for the renewal of another one', async () => {
    const browser = await world.signedIn();
    const other = await elsewhere(world, browser);
    world.pass(EXPIRED);
    const [asked, ask] = signal();
    const [told, tell] = signal();
    world.provider.lies.instead.token = async () => {
      ask();
      await told;
      return null;
    };
    const holding = browser.fetch('/api/me');
    await asked;
    world.redis.fault = async (pass) => {
      world.redis.fault = null;
      const busy = await pass();
      world.pass(9);
      return busy;
    };
    expect((await other.fetch('/api/me')).status).toBe(503);
    expect(reasons()).toEqual(['renewal takes too long']);
    tell();
    expect((await holding).status).toBe(200);
    expect((await other.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(1);
  });
});

describe('logout wins over a renewal in flight', () => {
  it('what the renewal brings is revoked, and the session is gone for every isolate', async () => {
    const browser = await world.signedIn();
    const tab = await elsewhere(world, browser);
    const copy = browser.clone();
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 300;
    const waiting = browser.fetch('/api/me');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await tab.post('/auth/logout', { form: {}, redirect: 'manual' });
    expect((await waiting).status).toBe(401);
    await settled();
    expect((await copy.fetch('/api/me')).status).toBe(401);
    const revoked = world.provider.calls('revocation').map(({ token }) => token?.id);
    expect(revoked).toHaveLength(2); // the token that logout found, and the one that came too late
    expect(new Set(revoked).size).toBe(2);
    expect(presentations()).toBe(1);
  });

  it.each([
    ['of the session', 31],
    ['of tokens that are due', DUE],
  ])('while Redis still speaks %s: its answer comes too late', async (_, seconds) => {
    const browser = await world.signedIn();
    const tab = browser.clone();
    world.pass(seconds);
    const [asked, ask] = signal();
    const [signedOut, goOn] = signal();
    world.redis.fault = async (pass) => {
      world.redis.fault = null;
      const answer = await pass();
      ask();
      await signedOut;
      return answer;
    };
    const waiting = browser.fetch('/api/me');
    await asked;
    await tab.post('/auth/logout', { redirect: 'manual' });
    goOn();
    expect((await waiting).status).toBe(401);
    expect(presentations()).toBe(0);
  });
});
