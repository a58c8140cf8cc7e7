import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { elsewhere } from '../world/elsewhere';
import { createWorld, type World } from '../world/world';

const NAME = '__Host-Http-session';
const EXPIRED = 901;
const HOUR = 3_600;
const DAY = 86_400;
const seconds = () => Math.floor(Date.now() / 1000);

let world: World;
beforeEach(async () => {
  world = await createWorld({ env: { SESSION_IDLE_SECONDS: String(DAY), SESSION_ABSOLUTE_SECONDS: String(2 * DAY) } });
});

/** Every ID token from now on says that the provider's session ends then. */
const expires = (session_expiry: unknown) => {
  world.provider.lies.idToken = (claims) => ({ ...claims, session_expiry });
};
const ends = async (browser: Browser) => {
  const { expiresAt, idleExpiresAt } = (await (await browser.fetch('/auth/session')).json()) as Record<string, string>;
  return [expiresAt, idleExpiresAt].map((time) => Math.floor(Date.parse(time ?? '') / 1000));
};
const ttl = async (browser: Browser) =>
  Number(await world.redis.command('PTTL', await world.recordKey(browser))) / 1000;
const status = async (browser: Browser) => (await browser.fetch('/api/me')).status;

describe('a session_expiry at the sign-in', () => {
  it('is when the session ends: in its cookie, in Redis and in what the site sees', async () => {
    const end = seconds() + HOUR;
    expires(end);
    const browser = await world.signedIn();
    expect(await ends(browser)).toEqual([end, end]);
    // `Max-Age` counts from its arrival.
    expect(browser.cookies.get(NAME)?.expiresAt).toBeLessThanOrEqual(end * 1000 + 10_000);
    expect(await ttl(browser)).toBeLessThanOrEqual(HOUR);
    world.pass(HOUR + 1);
    const copy = browser.clone();
    expect([await status(copy), world.provider.refreshPresentations()]).toEqual([401, []]);
  });

  it('that lies beyond the absolute end moves nothing', async () => {
    expires(seconds() + 30 * DAY);
    const [end = 0] = await ends(await world.signedIn());
    expect(Math.abs(end - seconds() - 2 * DAY)).toBeLessThan(20);
  });

  it.each([null, '', 'tomorrow', '1', 0, -5, [], {}, true])('of %j counts as absent', async (value) => {
    expires(value);
    const [end = 0] = await ends(await world.signedIn());
    expect(Math.abs(end - seconds() - 2 * DAY)).toBeLessThan(20);
  });

  it('in the past gives no session, and the log says why', async () => {
    expires(seconds() - 1);
    const browser = world.browser();
    const { response } = await browser.navigate('/dashboard');
    expect([response.status, browser.cookies.get(NAME)]).toEqual([502, undefined]);
    expect(world.events('problem')).toEqual([
      expect.objectContaining({ code: 'ID_TOKEN_INVALID', reason: 'session_expiry is over' }),
    ]);
    await world.isolate.settled();
    expect(world.events('tokens_revoked')).toHaveLength(1);
  });
});

describe('a session_expiry of a newer ID token', () => {
  it.each([
    ['earlier', HOUR],
    ['later', 10 * HOUR],
  ])('moves the end: %s', async (_, life) => {
    expires(seconds() + 5 * HOUR);
    const browser = await world.signedIn();
    const other = await elsewhere(world, browser);
    world.pass(EXPIRED);
    const end = seconds() + life;
    expires(end);
    expect(await status(browser)).toBe(200);
    expect([await ends(browser), await ends(other)]).toEqual([
      [end, expect.any(Number)],
      [end, expect.any(Number)],
    ]);
    const left = await ttl(browser);
    expect(left).toBeLessThanOrEqual(life);
    expect(left).toBeGreaterThan(life === HOUR ? HOUR - 60 : 5 * HOUR);
    world.pass(life + 1);
    expect([await status(browser.clone()), await status(other.clone())]).toEqual([401, 401]);
  });

  it('keeps the session in the list of sessions, after the end that its sign-in had', async () => {
    expires(seconds() + HOUR);
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expires(seconds() + 10 * HOUR);
    expect(await status(browser)).toBe(200);
    world.pass(HOUR);
    const response = await browser.fetch('/auth/sessions');
    expect(await response.json()).toMatchObject({ sessions: [{ current: true }] });
  });

  it('moves it not above the absolute end', async () => {
    const browser = await world.signedIn();
    const [before] = await ends(browser);
    world.pass(EXPIRED);
    expires(seconds() + 30 * DAY);
    expect(await status(browser)).toBe(200);
    expect((await ends(browser))[0]).toBe(before);
  });

  it.each<[string, () => void]>([
    ['an ID token without the claim', () => world.provider.beHonest()],
    ['an ID token with null', () => expires(null)],
    [
      'no ID token',
      () =>
        Object.assign(world.provider.lies, {
          tokenResponse: ({ id_token: _, ...json }: object & { id_token?: unknown }) => json,
        }),
    ],
    [
      'an ID token that is not believed',
      () =>
        Object.assign(world.provider.lies, {
          idToken: (claims: object) => ({ ...claims, exp: seconds() - 60, session_expiry: seconds() + 20 * HOUR }),
        }),
    ],
  ])('stays where a renewal brings %s', async (_, lie) => {
    const end = seconds() + 5 * HOUR;
    expires(end);
    const browser = await world.signedIn();
    for (let round = 0; round < 2; round += 1) {
      lie();
      world.pass(EXPIRED);
      expect([await status(browser), (await ends(browser))[0]]).toEqual([200, end]);
    }
    world.pass(5 * HOUR);
    expect(await status(browser.clone())).toBe(401);
  });

  it('in the past ends the session, and what came with it is revoked', async () => {
    expires(seconds() + 5 * HOUR);
    const browser = await world.signedIn();
    const other = await elsewhere(world, browser);
    world.pass(EXPIRED);
    expires(seconds() - 1);
    expect([await status(browser), await status(other)]).toEqual([401, 401]);
    await world.isolate.settled();
    expect(world.events('renewal')).toEqual([
      expect.objectContaining({ outcome: 'ended', reason: 'session_expiry is over' }),
    ]);
    expect(world.events('tokens_revoked')).toHaveLength(1);
  });

  it('keeps a session alive that is used, hour by hour, for longer than the first one and the idle time', async () => {
    world = await createWorld({ env: { SESSION_IDLE_SECONDS: String(3 * HOUR) } });
    expires(seconds() + HOUR);
    const browser = await world.signedIn();
    for (let hours = 0; hours < 5; hours += 1) {
      world.pass(HOUR - 60);
      expires(seconds() + HOUR);
      expect((await browser.navigate('/dashboard')).response.status).toBe(200);
      await world.isolate.settled();
    }
    expect(world.provider.calls('authorization').length).toBe(1);
  });
});
