import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import type { Isolate } from '../world/isolate';
import { isSignedIn, postToken, providerSession, through } from '../world/logout';
import { createWorld, type World } from '../world/world';

let world: World;
/** With a newer SESSION_SECRET in front of the one that all others have. */
let rotated: Isolate;
/** Signed in before the secret was rotated. */
let before: Browser;
beforeEach(async () => {
  world = await createWorld();
  rotated = await world.anotherIsolate({
    SESSION_SECRET: `a-newer-session-secret-0123456789-0123,${world.env.SESSION_SECRET}`,
  });
  before = await world.signedIn();
});

interface Listed {
  readonly id: string;
  readonly current: boolean;
}
async function listOf(browser: Browser): Promise<readonly Listed[]> {
  const response = await browser.fetch('/auth/sessions');
  return ((await response.json()) as { sessions: readonly Listed[] }).sessions;
}
const end = (browser: Browser, asked: object) =>
  browser.fetch('/auth/sessions', {
    method: 'POST',
    body: JSON.stringify(asked),
    headers: { 'content-type': 'application/json' },
  });

describe('a session from before a rotation of SESSION_SECRET', () => {
  it.each([
    ['sid and sub', {}],
    ['sid', { sub: undefined }],
    ['sub', { sid: undefined }],
  ])('is ended by a logout token with %s, as is one that came after', async (_, claims) => {
    const about = { sid: providerSession(before), sub: 'person-1', ...claims };
    const token = await world.provider.logoutToken(about);
    expect((await postToken(world, token, { isolate: rotated })).status).toBe(200);
    await rotated.settled();
    expect(await isSignedIn(through(rotated, before, world))).toBe(false);
    world.pass(31);
    expect(await isSignedIn(before)).toBe(false);
    expect(world.provider.calls('revocation')).toHaveLength(1);
  });

  it('is seen to end by isolates with the other list of secrets, within SESSION_CHECK_SECONDS', async () => {
    const here = through(rotated, before, world);
    expect(await isSignedIn(here)).toBe(true);
    await rotated.settled();
    await before.post('/auth/logout', { redirect: 'manual' });
    world.pass(31);
    expect(await isSignedIn(here)).toBe(false);
  });

  it('is in one list with those that came after, and can be ended there, at the same cost', async () => {
    const after = await world.signedIn('/dashboard', rotated);
    const calls = world.redis.calls;
    const list = await listOf(after);
    expect([world.redis.calls - calls, list.map(({ current }) => current)]).toEqual([1, [true, false]]);
    expect(await listOf(through(rotated, before, world))).toHaveLength(2);
    expect((await end(after, { id: list[1]?.id })).status).toBe(200);
    expect([(await listOf(after)).length, await isSignedIn(through(rotated, before, world))]).toEqual([1, false]);
  });

  it('ends with the others of the person', async () => {
    const after = await world.signedIn('/dashboard', rotated);
    expect((await end(after, { others: true })).status).toBe(200);
    expect([await isSignedIn(after), await isSignedIn(through(rotated, before, world))]).toEqual([true, false]);
  });

  it('leaves the list with its sign-out', async () => {
    const after = await world.signedIn('/dashboard', rotated);
    await through(rotated, before, world).post('/auth/logout', { redirect: 'manual' });
    expect(await listOf(after)).toHaveLength(1);
  });

  it('that is replaced keeps the grant, on which the new one may hang', async () => {
    const browser = world.browser(rotated);
    for (const { name, value } of before.cookies.all()) browser.cookies.set(name, value);
    await browser.navigate('/auth/login?returnTo=/dashboard');
    await rotated.settled();
    expect(await isSignedIn(browser)).toBe(true);
    expect(await listOf(browser)).toHaveLength(1);
    expect(world.provider.calls('revocation')).toEqual([]);
  });
});
