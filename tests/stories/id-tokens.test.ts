import { describe, expect, it } from 'vitest';
import { createWorld } from '../world/world';

const NAME = '__Host-Http-session';
const others = ['at+jwt', 'logout+jwt', 'application/at+jwt', 'dpop+jwt', 'JWS', '', 7, null, ['JWT']];

describe.each(others)('a token that says that it is %j', (typ) => {
  it('starts no session, and what came with it is revoked', async () => {
    const world = await createWorld();
    world.provider.lies.idTokenSigning = { typ };
    const browser = world.browser();
    const { response } = await browser.navigate('/dashboard');
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('ID_TOKEN_INVALID')]);
    await world.isolate.settled();
    expect(browser.cookies.get(NAME)).toBeUndefined();
    expect(world.events('tokens_revoked')).toHaveLength(1);
  });

  it('renews no session, whether or not the keys can be had', async () => {
    const world = await createWorld();
    const browser = await world.signedIn();
    world.pass(3_601); // the keys that were at hand are too old by now
    world.provider.lies.idTokenSigning = { typ };
    world.provider.lies.refuse.jwks = true;
    expect((await browser.fetch('/api/me')).status).toBe(401);
    await world.isolate.settled();
    expect(world.events('renewal')[0]).toMatchObject({ outcome: 'ended', reason: 'typ' });
    expect(world.events('tokens_revoked')).toHaveLength(1);
  });
});

describe.each(['JWT', 'jwt', 'application/jwt', 'application/JWT', undefined])('an ID token whose typ is %j', (typ) => {
  it('is one', async () => {
    const world = await createWorld();
    world.provider.lies.idTokenSigning = { typ };
    const browser = await world.signedIn();
    world.pass(901);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(world.events('renewal')[0]).toMatchObject({ outcome: 'refreshed' });
  });
});

describe('a token of 70 KB', () => {
  const long = 'x'.repeat(70_000);
  type Json = Record<string, unknown>;
  describe.each<[string, (json: Json) => Json, code: string, revoked: string]>([
    ['an ID token', (json) => ({ ...json, id_token: `${json.id_token}${long}` }), 'ID_TOKEN_INVALID', 'refresh_token'],
    ['an access token', (json) => ({ ...json, access_token: long }), 'PROVIDER_RESPONSE_INVALID', 'refresh_token'],
    ['a refresh token', (json) => ({ ...json, refresh_token: long }), 'PROVIDER_RESPONSE_INVALID', 'unknown'],
  ])('as %s', (_, lie, code, revoked) => {
    it('is refused at the sign-in, and what came with it is revoked', async () => {
      const world = await createWorld();
      world.provider.lies.idToken = ({ at_hash: _hash, ...claims }) => claims;
      world.provider.lies.tokenResponse = lie;
      const { response } = await world.browser().navigate('/dashboard');
      expect([response.status, await response.text()]).toEqual([502, expect.stringContaining(code)]);
      await world.isolate.settled();
      expect(world.provider.calls('revocation')[0]?.token?.kind).toBe(revoked);
    });

    it('is kept in no record by a renewal', async () => {
      const world = await createWorld();
      const browser = await world.signedIn();
      world.pass(901);
      world.provider.lies.idToken = ({ at_hash: _hash, ...claims }) => claims;
      world.provider.lies.tokenResponse = lie;
      expect((await browser.fetch('/api/me')).status).toBe(401);
      expect(world.events('renewal')[0]).toMatchObject({ outcome: 'ended' });
    });
  });

  it('is refused as a well-signed ID token too', async () => {
    const world = await createWorld();
    world.provider.lies.idToken = (claims) => ({ ...claims, picture: long });
    const { response } = await world.browser().navigate('/dashboard');
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('ID_TOKEN_INVALID')]);
  });

  it('is a bound, and 40 KB are below it', async () => {
    const world = await createWorld();
    world.provider.lies.idToken = (claims) => ({ ...claims, groups: 'x'.repeat(40_000) });
    expect((await (await world.signedIn()).fetch('/api/me')).status).toBe(200);
  });
});
