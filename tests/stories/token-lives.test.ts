import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../world/provider';
import { createWorld, type World } from '../world/world';

const ID_TOKEN_LIFE = 900;
const presentations = ({ provider }: World) => provider.refreshPresentations().length;

/** Ways to say nothing of an access token's life. */
const silent: [string, (json: JsonObject) => JsonObject][] = [
  ['0', (json) => ({ ...json, expires_in: 0 })],
  ['"0"', (json) => ({ ...json, expires_in: '0' })],
  ['absent', ({ expires_in: _, ...json }) => json],
  ['null', (json) => ({ ...json, expires_in: null })],
  ['a text', (json) => ({ ...json, expires_in: 'soon' })],
  ['a text that begins with a number', (json) => ({ ...json, expires_in: '1 hour' })],
  ['a list', (json) => ({ ...json, expires_in: [] })],
];

describe.each(silent)('an expires_in that is %s', (_, lie) => {
  it('means the ID token’s life, at the sign-in and at a renewal', async () => {
    const world = await createWorld();
    world.provider.lies.tokenResponse = (json) => lie({ ...json });
    const browser = await world.signedIn();
    for (let round = 0; round < 2; round += 1) {
      world.pass(ID_TOKEN_LIFE / 2);
      expect((await browser.fetch('/api/me')).status).toBe(200);
      await world.isolate.settled();
      expect(presentations(world)).toBe(round);
      world.pass(ID_TOKEN_LIFE / 2 + 1);
      expect((await browser.fetch('/api/me')).status).toBe(200);
      expect(presentations(world)).toBe(round + 1);
    }
  });

  it('means five minutes where a renewal brings no ID token', async () => {
    const world = await createWorld({ provider: { refreshIdToken: false } });
    const browser = await world.signedIn();
    world.pass(ID_TOKEN_LIFE + 1);
    world.provider.lies.tokenResponse = (json) => lie({ ...json });
    expect((await browser.fetch('/api/me')).status).toBe(200);
    world.pass(200); // of 300, of which the last sixty seconds are for renewals
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await world.isolate.settled();
    expect(presentations(world)).toBe(1);
    world.pass(101);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations(world)).toBe(2);
  });
});

describe('a renewal with an odd answer', () => {
  it.each<[string, (json: JsonObject) => JsonObject]>([
    ['a negative life', (json) => ({ ...json, expires_in: -1 })],
    ['no token_type', ({ token_type: _, ...json }) => json],
    ['null for a refresh token', (json) => ({ ...json, refresh_token: null })],
    ['an empty refresh token', (json) => ({ ...json, refresh_token: '' })],
    ['a list for a refresh token', (json) => ({ ...json, refresh_token: [] })],
    ['null for an ID token', (json) => ({ ...json, id_token: null })],
    ['an empty ID token', (json) => ({ ...json, id_token: '' })],
    ['null for a scope', (json) => ({ ...json, scope: null })],
  ])('%s: an access token is enough', async (_, lie) => {
    const world = await createWorld();
    const browser = await world.signedIn();
    world.pass(ID_TOKEN_LIFE + 1);
    world.provider.lies.tokenResponse = (json) => lie({ ...json });
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await world.isolate.settled();
    expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'refreshed' })]);
    expect(world.provider.calls('revocation')).toEqual([]);
  });
});

describe('an access token that lives for seconds', () => {
  it.each([1, 10, 19, 30])(
    '%i of them: ten seconds lie between two renewals, and pages are served in them',
    async (life) => {
      const world = await createWorld();
      world.provider.lies.tokenResponse = (json) => ({ ...json, expires_in: life });
      const browser = await world.signedIn();
      const other = world.browser(await world.anotherIsolate());
      for (let renewal = 0; renewal < 3; renewal += 1) {
        other.cookies.set('__Host-Http-session', browser.cookies.get('__Host-Http-session')?.value ?? '');
        for (const seconds of [0, 3, 2]) {
          world.pass(seconds);
          for (const tab of [browser, other]) {
            expect((await tab.fetch('/api/me')).status).toBe(200);
            expect((await tab.fetch('/auth/refresh', { method: 'POST' })).status).toBe(200);
          }
          await world.isolate.settled();
          expect(presentations(world)).toBe(renewal);
        }
        world.pass(Math.max(life, 10) - 5);
        expect((await browser.fetch('/api/me')).status).toBe(200);
        await world.isolate.settled();
        expect((await browser.fetch('/api/me')).status).toBe(200); // takes over what was renewed behind an answer
        expect(presentations(world)).toBe(renewal + 1);
      }
    },
  );
});

it('an access token of 30 seconds is due at half of them, and renewed behind the answer', async () => {
  const world = await createWorld({ provider: { tokenSeconds: 30 } });
  const browser = await world.signedIn();
  for (const [seconds, renewed] of [
    [12, 0],
    [4, 1],
    [12, 1],
    [4, 2],
  ] as const) {
    world.pass(seconds);
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    await world.isolate.settled();
    await browser.navigate('/dashboard'); // takes over what was renewed
    expect(presentations(world)).toBe(renewed);
  }
});

it('a refresh token that does not come back is the one that is presented next', async () => {
  const world = await createWorld({ provider: { rotation: false } });
  const browser = await world.signedIn();
  for (const value of [undefined, null, '', []]) {
    world.provider.lies.tokenResponse = (json) => ({ ...json, refresh_token: value });
    world.pass(ID_TOKEN_LIFE + 1);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  }
  expect(new Set(world.provider.refreshPresentations().map(({ token }) => token?.id)).size).toBe(1);
  expect(presentations(world)).toBe(4);
});

describe('a member of a refresh answer that is no text where one belongs', () => {
  it.each([['id_token'], ['refresh_token'], ['scope']])('is left out, and the session goes on: %s', async (name) => {
    const world = await createWorld();
    const browser = await world.signedIn();
    world.provider.lies.tokenResponse = (json, { grantType }) =>
      grantType === 'refresh_token' ? { ...json, [name]: 5 } : json;
    world.pass(901);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(world.events('renewal').map(({ outcome }) => outcome)).toEqual(['refreshed']);
  });
});
