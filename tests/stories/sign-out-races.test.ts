import { beforeEach, describe, expect, it } from 'vitest';
import { COMMIT } from '../../lib/store/scripts';
import type { Browser } from '../world/browser';
import type { RedisFault } from '../world/redis';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';
const EXPIRED = 901;
const presentations = () => world.provider.refreshPresentations().length;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Redis does its work at once, and the replies to some commands come late. */
const lateReply =
  (isLate: (command: readonly unknown[]) => boolean, ms: number): RedisFault =>
  async (pass, _, command) => {
    const response = await pass();
    if (isLate(command)) await sleep(ms);
    return response;
  };

describe('a sign-out while something else is on its way in the same isolate', () => {
  const signOut = (browser: Browser) => browser.clone().post('/auth/logout', { redirect: 'manual' });

  it('wins over a renewal that was stored, and whose answer comes after it', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.redis.fault = lateReply(([, script]) => script === COMMIT, 700);
    const late = browser.clone().fetch('/api/me');
    while (presentations() === 0) await sleep(10);
    await sleep(100);
    expect((await signOut(browser)).response.status).toBe(303);
    const response = await late;
    expect(response.status).toBe(401);
    expect(response.headers.getSetCookie().join()).not.toMatch(new RegExp(`${NAME}=[^;]`));
    expect((await browser.fetch('/auth/session')).status).toBe(200);
    expect(await (await browser.fetch('/auth/session')).json()).toEqual({ user: null });
  });

  it('wins over a look at the record, whose answer comes after it', async () => {
    const browser = await world.signedIn();
    world.pass(31);
    world.redis.fault = lateReply(([name]) => name === 'HGET', 500);
    const late = browser.clone().fetch('/api/me');
    await sleep(100);
    await signOut(browser);
    expect((await late).status).toBe(401);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    world.pass(20);
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it('is seen at once where a rule is fresh, however far a replica lags behind', async () => {
    const browser = await world.signedIn('/vault');
    const copy = browser.clone();
    const other = world.browser(await world.anotherIsolate());
    other.cookies.set(NAME, copy.cookies.get(NAME)?.value ?? '');
    expect((await other.fetch('/vault')).status).toBe(200);
    await signOut(browser);
    const lagging: RedisFault = async (pass, _, [name]) => (name === 'HGET' ? Response.json({ result: '1' }) : pass());
    world.redis.fault = lagging;
    expect((await other.fetch('/vault')).status).toBe(401);
  });
});
