import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { elsewhere } from '../world/elsewhere';
import type { JsonObject } from '../world/provider';
import { REDIS_FAULTS } from '../world/redis';
import { signal } from '../world/signal';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';
const EXPIRED = 901;
const DUE = 730;
const presentations = () => world.provider.refreshPresentations().length;
const renewals = () => world.events('renewal').map(({ outcome }) => outcome);
const settled = () => world.isolate.settled();

describe('the provider ends the session', () => {
  const ends: [string, () => Response][] = [
    ['invalid_grant', () => Response.json({ error: 'invalid_grant' }, { status: 400 })],
    ['invalid_grant as 403', () => Response.json({ error: 'invalid_grant' }, { status: 403 })],
    ['invalid_grant as 401', () => Response.json({ error: 'invalid_grant' }, { status: 401 })],
    ['an empty 400', () => new Response('', { status: 400 })],
    ['a 403 without a word', () => new Response('<h1>Forbidden</h1>', { status: 403 })],
  ];
  it.each(ends)('with %s', async (_, answer) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.instead.token = answer;
    expect((await browser.fetch('/api/me')).status).toBe(401);
    await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(browser.cookies.get(NAME)).toBeUndefined();
    expect(renewals()).toEqual(['ended']);
  });

  it('while Redis cannot be told: the isolate that was told refuses the session', async () => {
    const browser = await world.signedIn();
    world.pass(DUE);
    world.provider.lies.instead.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
    let calls = 0;
    world.redis.fault = (pass) => {
      calls += 1;
      return calls === 1 ? pass() : REDIS_FAULTS.refused();
    };
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await settled();
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(1);
  });

  it('by an ID token of another person: what came with it is revoked', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.idToken = (claims) => ({ ...claims, sub: 'somebody-else' });
    expect((await browser.fetch('/api/me')).status).toBe(401);
    await settled();
    expect(world.provider.calls('revocation').map(({ token }) => token?.kind)).toContain('refresh_token');
    expect(renewals()).toEqual(['ended']);
  });

  it('by an ID token of another person: the session is over before the revocation is waited for', async () => {
    const browser = await world.signedIn();
    const other = await elsewhere(world, browser);
    world.pass(DUE);
    world.provider.lies.idToken = (claims) => ({ ...claims, sub: 'somebody-else' });
    const [asked, ask] = signal();
    const [answered, answer] = signal();
    world.provider.lies.instead.revocation = async () => {
      ask();
      await answered;
      return null;
    };
    expect((await browser.fetch('/api/me')).status).toBe(200); // the tokens are due, not over
    await asked;
    await expect.poll(async () => (await other.fetch('/api/me')).status).toBe(401);
    answer();
    await settled();
    expect(renewals()).toEqual(['ended']);
  });

  it.each<[string, (claims: JsonObject) => JsonObject]>([
    ['another issuer', (claims) => ({ ...claims, iss: 'https://evil.test' })],
    ['another audience', (claims) => ({ ...claims, aud: 'other' })],
  ])('by an ID token of %s', async (_, lie) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.idToken = lie;
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(renewals()).toEqual(['ended']);
  });
});

describe('an answer that is different, and right', () => {
  it.each<[string, (json: JsonObject) => JsonObject]>([
    ['without ID token', ({ id_token: _, ...json }) => json],
    ['without scope', ({ scope: _, ...json }) => json],
    ['without expires_in', ({ expires_in: _, ...json }) => json],
  ])('%s', async (_, edit) => {
    const browser = await world.signedIn();
    world.provider.lies.tokenResponse = (json) => edit({ ...json });
    for (let round = 0; round < 2; round += 1) {
      world.pass(EXPIRED);
      const body = (await (await browser.fetch('/auth/session')).json()) as { user: JsonObject };
      expect(body.user).toMatchObject({ name: world.provider.person.name });
    }
    expect(presentations()).toBe(2);
  });

  it('with new claims: they count at once', async () => {
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const browser = await world.signedIn('/admin');
    world.provider.person = { ...world.provider.person, roles: [] };
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
  });

  it('for a page that is refused all the same: the new cookie comes with the 403', async () => {
    const browser = await world.signedIn();
    const before = browser.cookies.get(NAME)?.value;
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    expect(browser.cookies.get(NAME)?.value).not.toBe(before);
  });

  it('with a claim taken away, not emptied: it is gone, and what is still claimed stays', async () => {
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const browser = await world.signedIn('/admin');
    world.provider.lies.idToken = ({ roles: _, ...claims }) => claims;
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    const body = (await (await browser.fetch('/auth/session')).json()) as { user: JsonObject };
    expect(body.user).toMatchObject({ name: world.provider.person.name });
    expect(body.user).not.toHaveProperty('roles');
  });

  it('with keys out of reach: the tokens count, the new ID token does not', async () => {
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const browser = await world.signedIn('/admin');
    world.provider.person = { ...world.provider.person, roles: [] };
    world.pass(3_601); // the keys that were at hand are too old by now
    world.provider.lies.refuse.jwks = true;
    expect((await browser.fetch('/admin')).status).toBe(200);
    expect(renewals()).toEqual(['refreshed']);
    const { hops } = await browser.post('/auth/logout', { redirect: 'manual' });
    const hint = new URL(hops[0]?.headers.get('location') ?? '').searchParams.get('id_token_hint') ?? '';
    expect(decodeJwt(hint)).toMatchObject({ roles: ['admin'] }); // nor does it prove anything
  });
});
