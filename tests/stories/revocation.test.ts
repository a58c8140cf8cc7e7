import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../world/provider';
import { createWorld, type World } from '../world/world';

const EXPIRED = 901;

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const revoked = () =>
  world.provider.calls('revocation').flatMap(({ outcome, token }) => (outcome === 'ok' && token ? [token] : []));
const settled = () => world.isolate.settled();
const wait = (status: number, seconds: string) => new Response('{}', { status, headers: { 'retry-after': seconds } });

describe('a revocation that the provider puts off', () => {
  it.each([429, 503])('with %i and Retry-After is sent again after that, as often as it takes', async (status) => {
    const browser = await world.signedIn();
    let left = 2;
    world.provider.lies.instead.revocation = () => {
      left -= 1;
      return left < 0 ? null : wait(status, '1');
    };
    await world.skippingWaits(browser.post('/auth/logout', { redirect: 'manual' }));
    await world.skippingWaits(settled());
    expect(revoked()).toEqual([{ kind: 'refresh_token', id: 'rt-1' }]);
    expect(world.provider.calls('revocation')).toHaveLength(3);
    expect(world.events('tokens_revoked')).toHaveLength(1);
  });

  it('for many sign-outs at once is done for each of them', async () => {
    const people = await Promise.all(Array.from({ length: 8 }, () => world.signedIn()));
    let budget = 4;
    world.provider.lies.instead.revocation = () => {
      budget -= 1;
      return budget < 0 && budget >= -8 ? wait(429, '1') : null;
    };
    const out = people.map((person) => person.post('/auth/logout', { redirect: 'manual' }));
    await world.skippingWaits(Promise.all(out));
    await world.skippingWaits(settled());
    expect(new Set(revoked().map(({ id }) => id)).size).toBe(people.length);
    expect(world.events('revocation_failed')).toEqual([]);
  });

  it('does not hold up the answer to a request whose renewal has failed', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.instead.revocation = () => wait(429, '3');
    world.provider.lies.idToken = (claims) => ({ ...claims, sub: 'somebody-else' });
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect([world.events('revocation_failed'), world.events('tokens_revoked')]).toEqual([[], []]); // still at it
    world.provider.beHonest();
    await world.skippingWaits(settled());
    expect(world.events('tokens_revoked')).toHaveLength(1);
  });
});

/** Ways to give a refresh token, and no access token with it. */
const unusable: [string, (json: JsonObject) => JsonObject][] = [
  ['missing', ({ access_token: _, ...json }) => json],
  ['a number', (json) => ({ ...json, access_token: 7 })],
  ['null', (json) => ({ ...json, access_token: null })],
  ['empty', (json) => ({ ...json, access_token: '' })],
  ['a list', (json) => ({ ...json, access_token: ['a', 'b'] })],
];

describe.each(unusable)('an answer of the token endpoint whose access token is %s', (_, lie) => {
  it('to a sign-in: the refresh token in it is revoked', async () => {
    world.provider.lies.tokenResponse = (json) => lie({ ...json });
    const { response } = await world.browser().navigate('/dashboard');
    expect(response.status).toBe(502);
    await settled();
    expect(revoked()).toEqual([{ kind: 'refresh_token', id: 'rt-1' }]);
  });

  it('to a renewal: likewise, and the session lives until its access token ends', async () => {
    const browser = await world.signedIn();
    world.pass(730);
    world.provider.lies.tokenResponse = (json) => lie({ ...json });
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await settled();
    expect(revoked()).toEqual([{ kind: 'refresh_token', id: 'rt-2' }]);
    world.provider.beHonest();
    expect((await browser.fetch('/api/me')).status).toBe(200);
    world.pass(EXPIRED - 730);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(world.provider.refreshPresentations()).toHaveLength(1);
  });
});

describe('an answer to a renewal that has a refresh token alone', () => {
  const withoutAccess = ({ access_token: _, ...json }: JsonObject) => json;

  it('keeps it from revocation where the session can still be renewed: it hangs on the same grant', async () => {
    world = await createWorld({ provider: { overlapSeconds: 30 }, env: { SSO_REFRESH_OVERLAP_SECONDS: '30' } });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.tokenResponse = (json) => withoutAccess({ ...json });
    expect((await browser.fetch('/api/me')).status).toBe(503);
    world.provider.beHonest();
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await settled();
    expect(world.provider.calls('revocation')).toEqual([]);
  });

  it('does not revoke the one that the session has, where the provider sends it back', async () => {
    world = await createWorld({ provider: { rotation: false } });
    let token: unknown;
    world.provider.lies.tokenResponse = (json) => {
      token ??= json.refresh_token;
      return { ...json, refresh_token: token };
    };
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.tokenResponse = (json) => withoutAccess({ ...json, refresh_token: token });
    expect((await browser.fetch('/api/me')).status).toBe(503);
    await settled();
    expect(world.provider.calls('revocation')).toEqual([]);
  });
});

describe('an answer to a renewal about another person', () => {
  it('without a refresh token costs the session the one that it had', async () => {
    world = await createWorld({ provider: { rotation: false } });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.idToken = (claims) => ({ ...claims, sub: 'somebody-else' });
    expect((await browser.fetch('/api/me')).status).toBe(401);
    await settled();
    expect(revoked()).toContainEqual({ kind: 'refresh_token', id: 'rt-1' });
  });
});
