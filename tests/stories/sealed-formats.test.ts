import { beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../lib/configuration';
import { createSealer, type Purpose } from '../../lib/crypto/seal';
import type { Browser } from '../world/browser';
import { documentsKey, hintKey } from '../world/redis-keys';
import { deploymentOf, reseal } from '../world/reseal';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';
const TRIPS = '__Host-Http-oidc_trips';
const EXPIRED = 901;
type Content = Readonly<Record<string, unknown>>;

/** What a version of the gate before the format version, a later one, and a gate with another provider wrote. */
const OTHERS: [string, Content][] = [
  ['without a format version', { v: undefined, p: undefined }],
  ['of another format version', { v: 2 }],
  ['of another provider name', { p: 'other' }],
];
const changed = (purpose: Purpose, sealed: string, over: Content) =>
  reseal(purpose, sealed, deploymentOf(world.env), (payload) => ({ ...payload, ...over }));

async function changeCookie(browser: Browser, name: string, purpose: Purpose, over: Content): Promise<void> {
  browser.cookies.set(name, await changed(purpose, browser.cookies.get(name)?.value ?? '', over));
}

async function changeRecord(key: string, over: Content): Promise<void> {
  const sealed = String(await world.redis.command('HGET', key, 'sealed'));
  expect(await world.redis.command('HSET', key, 'sealed', await changed('record', sealed, over))).toBe(0);
}

const problems = () => world.events('problem').map(({ code }) => code);

describe.each(OTHERS)('a session cookie %s', (_, over) => {
  it('is no session: a page goes to the sign-in, data gets 401, the cookie is cleared', async () => {
    const browser = await world.signedIn();
    await changeCookie(browser, NAME, 'session', over);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect((await browser.fetch('/auth/session')).status).toBe(200);
    expect(await (await browser.fetch('/auth/session')).json()).toEqual({ user: null });
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    expect([hops[0]?.status, browser.cookies.get(NAME)]).toEqual([303, undefined]);
    expect(hops[0]?.headers.get('location')).toContain(world.provider.issuer);
  });

  it('costs no call, and leaves a record that does no harm to the next sign-in', async () => {
    const browser = await world.signedIn();
    const key = await world.recordKey(browser);
    await changeCookie(browser, NAME, 'session', over);
    await changeRecord(key, over);
    expect(await world.cost(() => browser.fetch('/api/me'))).toEqual({ redis: 0, provider: 0 });
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(world.provider.refreshPresentations()).toHaveLength(1);
    expect(problems()).toEqual(['UNAUTHENTICATED']);
  });

  it('is cleared by a sign-out, which ends as every other one does', async () => {
    const browser = await world.signedIn();
    await changeCookie(browser, NAME, 'session', over);
    const { response } = await browser.post('/auth/logout', { redirect: 'manual' });
    expect([response.status, browser.cookies.get(NAME)]).toEqual([303, undefined]);
    expect(problems()).toEqual([]);
  });
});

describe.each(OTHERS)('a record %s', (_, over) => {
  it('is no session: its refresh token is not presented, and the person signs in again', async () => {
    const browser = await world.signedIn();
    await changeRecord(await world.recordKey(browser), over);
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(world.provider.refreshPresentations()).toEqual([]);
  });

  it('is removed by a sign-out', async () => {
    const browser = await world.signedIn();
    const key = await world.recordKey(browser);
    await changeRecord(key, over);
    const { response } = await browser.post('/auth/logout', { redirect: 'manual' });
    expect(response.status).toBe(303);
    expect(await world.redis.command('HGET', key, 'state')).toBe('removed');
    expect(world.events('record_not_removed')).toEqual([]);
  });
});

describe.each(OTHERS)('a login in progress %s', (_, over) => {
  it('is unknown: the callback offers another one, and the code is not spent', async () => {
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const back = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
    const [flow] = browser.cookies.all().filter(({ name }) => name.startsWith('__Host-Http-oidc_flow.'));
    await changeCookie(browser, flow?.name ?? '', 'flow', over);
    const { response } = await browser.navigate(back, { redirect: 'manual' });
    expect([response.status, problems()]).toEqual([400, ['LOGIN_REJECTED']]);
    expect(world.provider.calls('token')).toEqual([]);
  });
});

describe.each(OTHERS)('a loop guard %s', (_, over) => {
  it('counts nothing: the browser goes to the provider', async () => {
    const browser = world.browser();
    for (let trip = 0; trip < 3; trip += 1) {
      await browser.navigate('/dashboard');
      browser.cookies.delete(NAME);
    }
    const kept = browser.clone();
    expect((await kept.navigate('/dashboard', { redirect: 'manual' })).response.status).toBe(400);
    await changeCookie(browser, TRIPS, 'trips', over);
    expect((await browser.navigate('/dashboard', { redirect: 'manual' })).hops[0]?.status).toBe(303);
  });
});

describe.each(OTHERS)('the copy of the provider’s documents %s', (_, over) => {
  it('is none: a cold isolate fetches them, and people sign in', async () => {
    await world.signedIn();
    const sealer = createSealer({ settings: readSettings(world.env), now: Date.now });
    const key = await documentsKey(sealer);
    const sealed = String(await world.redis.command('GET', key));
    await world.redis.command('SET', key, await changed('metadata', sealed, over), 'EX', 60);
    const cold = world.browser(await world.anotherIsolate());
    expect((await cold.navigate('/dashboard')).response.status).toBe(200);
    expect(world.provider.calls('discovery')).toHaveLength(2);
  });
});

describe.each(OTHERS)('an ID token that waits for the way to the provider %s', (_, over) => {
  it('is none: the browser goes to the page after the sign-out', async () => {
    const browser = await world.signedIn();
    const told = await browser.fetch('/auth/logout', { method: 'POST' });
    const { location } = (await told.json()) as { location: string };
    const reference = new URL(location, world.site).searchParams.get('continue') ?? '';
    const key = await hintKey(reference);
    const sealed = String(await world.redis.command('HGET', key, 'value'));
    expect(await world.redis.command('HSET', key, 'value', await changed('hint', sealed, over))).toBe(0);
    const { response } = await browser.navigate(location, { redirect: 'manual' });
    const target = world.resolve(response.headers.get('location'));
    expect([response.status, target]).toEqual([303, world.env.SSO_POST_LOGOUT_URI]);
  });
});
