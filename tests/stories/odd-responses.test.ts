import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';
const EXPIRED = 901;
const presentations = () => world.provider.refreshPresentations().length;
const renewals = () => world.events('renewal').map(({ outcome }) => outcome);

describe('a provider in trouble during a renewal', () => {
  it.each<[string, () => Response]>([
    ['404', () => new Response('<h1>Not found</h1>', { status: 404 })],
    ['a maintenance page', () => new Response('<h1>Back soon</h1>')],
    ['500', () => new Response('', { status: 500 })],
  ])('its keys answer with %s: the tokens are good, the session goes on', async (_, answer) => {
    const browser = await world.signedIn();
    world.pass(3_700 + EXPIRED);
    world.provider.lies.jwks = answer;
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(renewals()).toEqual(['refreshed']);
    expect(world.events('tokens_revoked')).toEqual([]);
  });

  it('announces no way to prove who we are: nothing is presented, and it goes on when that is over', async () => {
    const browser = await world.signedIn();
    world.pass(86_500); // metadata serves for a day
    world.provider.lies.discovery = (json) => ({ ...json, token_endpoint_auth_methods_supported: ['tls_client_auth'] });
    expect((await browser.fetch('/api/me')).status).toBe(503);
    expect([presentations(), renewals()]).toEqual([0, ['postponed']]);
    world.provider.beHonest();
    world.pass(86_500); // metadata serves for a day
    await world.passInRedis(5, browser);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(1);
  });
});

describe('a provider with large or odd answers', () => {
  it('gives an access token of 13 KB: it is renewed, and revoked at the end', async () => {
    world.provider.lies.idToken = ({ at_hash, ...claims }) => claims;
    world.provider.lies.tokenResponse = (json) => ({ ...json, access_token: 'a'.repeat(13_000) });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(renewals()).toEqual(['refreshed']);
    await browser.post('/auth/logout', { redirect: 'manual' });
    expect(world.events('signed_out')[0]).toMatchObject({ hadRecord: true });
  });

  it('has keys with long certificate chains: a cold isolate finds them in Redis all the same', async () => {
    world.provider.lies.jwks = (json) => ({ ...json, padding: 'x5c'.repeat(8_000) });
    await world.signedIn();
    await world.isolate.settled();
    const calls = () => world.provider.calls('discovery').length + world.provider.calls('jwks').length;
    const before = calls();
    await world.signedIn('/dashboard', await world.anotherIsolate());
    expect(calls()).toBe(before);
  });

  it.each<[string, (json: Record<string, unknown>) => Record<string, unknown>]>([
    ['a life of 10^17 seconds', (json) => ({ ...json, expires_in: 1e17 })],
    ['a life with a fraction', (json) => ({ ...json, expires_in: 900.5 })],
    ['a hundred scopes as long as URLs', (json) => ({ ...json, scope: longScopes })],
  ])('gives %s: the cookie is one that the browser keeps and we can read', async (_, change) => {
    world.provider.lies.tokenResponse = (json) => change(json) as never;
    const browser = await world.signedIn();
    expect(browser.cookies.get(NAME)).toBeDefined();
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('gives no life, and an ID token that ends at a fraction of a second', async () => {
    world.provider.lies.idToken = (claims) => ({ ...claims, exp: Number(claims.exp) + 0.5 });
    world.provider.lies.tokenResponse = ({ expires_in, ...json }) => json;
    expect((await (await world.signedIn()).fetch('/api/me')).status).toBe(200);
  });
});

const longScopes = `openid ${Array.from({ length: 100 }, (_, index) => `https://api.example.test/scopes/number/${index}`).join(' ')}`;

it('a renewed ID token for another audience as well ends the session', async () => {
  const browser = await world.signedIn();
  world.pass(EXPIRED);
  const aud = world.provider.clientId;
  world.provider.lies.idToken = (claims) => ({ ...claims, aud: [aud, 'another-client'], azp: aud });
  expect((await browser.fetch('/api/me')).status).toBe(401);
});

it('a claim that does not fit any more after a renewal is dropped, and the event says so', async () => {
  const browser = await world.signedIn();
  world.pass(EXPIRED);
  world.provider.lies.idToken = (claims) => ({ ...claims, picture: 'x'.repeat(5_000) });
  expect((await browser.fetch('/api/me')).status).toBe(200);
  expect(world.events('renewal_adopted')[0]).toMatchObject({ droppedClaims: ['picture'] });
});
