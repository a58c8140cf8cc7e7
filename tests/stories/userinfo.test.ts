import { describe, expect, it } from 'vitest';
import type { JsonObject, ProviderOptions } from '../world/provider';
import { ADMIN, asked, failures, meeting, userOf } from '../world/userinfo';

describe('a sign-in whose ID token lacks claims', () => {
  it('takes them from userinfo, with the new access token and one call', async () => {
    const { world, browser } = await meeting();
    expect((await browser.navigate('/admin')).response.status).toBe(200);
    expect(await userOf(browser)).toEqual(ADMIN);
    expect(world.provider.calls('userinfo')).toMatchObject([{ method: 'GET', token: { id: 'at-1' }, status: 200 }]);
    expect(failures(world)).toEqual([]);
  });

  it('takes them from a JWT that the provider has signed', async () => {
    const { world, browser } = await meeting({ provider: { userinfoAs: 'jwt' } });
    expect((await browser.navigate('/admin')).response.status).toBe(200);
    expect(await userOf(browser)).toEqual(ADMIN);
    expect(asked(world)).toBe(1);
  });

  it('reads roles there where SSO_ROLES_CLAIM says, in whatever shape', async () => {
    const lies = { userinfo: (said: JsonObject) => ({ ...said, roles: ['x'], realm_access: { roles: 'admin' } }) };
    const { browser } = await meeting({ lies, env: { SSO_ROLES_CLAIM: 'realm_access.roles' } });
    expect((await browser.navigate('/admin')).response.status).toBe(200);
    expect((await userOf(browser)).roles).toEqual(['admin']);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['an empty text', ''],
    ['an empty list', []],
  ])('takes them where it has %s', async (_, nothing) => {
    const lies = { idToken: (claims: JsonObject) => ({ ...claims, name: nothing, roles: nothing }) };
    const { browser } = await meeting({ lies });
    expect((await browser.navigate('/admin')).response.status).toBe(200);
    expect(await userOf(browser)).toMatchObject(ADMIN);
  });

  it('believes its ID token first, and userinfo nothing about the sign-in', async () => {
    const env = { SESSION_CLAIMS: 'name,email,roles,acr,sid,auth_time,iss,aud,amr', SSO_USERINFO: 'always' };
    const forged = { acr: 'urn:sso:loa:mfa', sid: 'x', auth_time: 1, iss: 'x', aud: 'x', amr: ['x'], roles: ['admin'] };
    const lies = {
      idToken: ({ acr: _, amr: __, ...claims }: JsonObject) => ({ ...claims, roles: ['staff'], name: 'By ID token' }),
      userinfo: (said: JsonObject) => ({ ...said, ...forged, name: 'By userinfo' }),
    };
    const { browser } = await meeting({ env, lies });
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    const user = await userOf(browser);
    expect(user).toMatchObject({ name: 'By ID token', email: ADMIN.email, roles: ['staff'] });
    for (const name of ['acr', 'amr']) expect(user).not.toHaveProperty(name);
    for (const name of ['sid', 'auth_time', 'iss', 'aud'] as const) expect(user[name]).not.toEqual(forged[name]);
  });

  it('keeps no more of userinfo than SESSION_CLAIMS', async () => {
    const lies = { userinfo: (said: JsonObject) => ({ ...said, phone_number: '1', __proto__: { roles: ['x'] } }) };
    const { browser } = await meeting({ lies });
    await browser.navigate('/dashboard');
    expect(await userOf(browser)).toEqual(ADMIN);
  });
});

describe('when userinfo is asked', () => {
  const ALL = ['name', 'given_name', 'family_name', 'email', 'email_verified', 'roles', 'permissions'];
  const both = { claimsAt: 'both' } as const;
  const FULL = { SESSION_CLAIMS: 'name,email,roles' };
  it.each<[string, ProviderOptions, env: Record<string, string>, calls: number]>([
    ['never while the ID token has all kept claims', both, FULL, 0],
    ['for a picture that may be there', both, { SESSION_CLAIMS: 'name,picture' }, 1],
    [
      'not for a picture that discovery does not list',
      { ...both, announcesClaims: ALL },
      { SESSION_CLAIMS: 'name,picture' },
      0,
    ],
    ['for what an empty list does not say', { ...both, announcesClaims: [] }, { SESSION_CLAIMS: 'name,picture' }, 1],
    [
      'for roles that a rule names and discovery does not list',
      { claimsAt: 'userinfo', announcesClaims: ['sub'] },
      { SESSION_CLAIMS: 'roles' },
      1,
    ],
    [
      'not for a claim that no rule names and discovery does not list',
      { claimsAt: 'userinfo', announcesClaims: ['sub'] },
      { SESSION_CLAIMS: 'department' },
      0,
    ],
    ['not for a profile that was not granted', both, { SSO_SCOPE: 'openid', SESSION_CLAIMS: 'name,picture,email' }, 0],
    ['not for claims whose scope of the same name was not granted', both, { SSO_SCOPE: 'openid' }, 0],
    ['for one claim of a scope that was granted', both, { SSO_SCOPE: 'openid profile', SESSION_CLAIMS: 'picture' }, 1],
    ['not for what the ID token alone can say', both, { SESSION_CLAIMS: 'email,tid' }, 0],
    [
      'for what the parameter claims asks for, whatever the scope',
      { claimsAt: 'userinfo' },
      {
        SSO_SCOPE: 'openid',
        SESSION_CLAIMS: 'email',
        SSO_AUTHORIZATION_PARAMS: 'claims={"userinfo":{"email":null}}',
      },
      1,
    ],
    ['never', { claimsAt: 'userinfo' }, { SSO_USERINFO: 'never' }, 0],
    ['always', both, { ...FULL, SSO_USERINFO: 'always' }, 1],
    ['not without an endpoint', { claimsAt: 'id_token' }, {}, 0],
  ])('%s', async (_, provider, env, calls) => {
    const { world, browser } = await meeting({ provider, env });
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(asked(world)).toBe(calls);
    expect(failures(world)).toEqual([]);
  });

  it.each(['openid', {}, 7])('whatever scopes_supported says: %j', async (scopes_supported) => {
    const { world, browser } = await meeting();
    world.provider.lies.discovery = (json) => ({ ...json, scopes_supported });
    expect((await browser.navigate('/admin')).response.status).toBe(200);
    expect([asked(world), failures(world)]).toEqual([1, []]);
  });

  it.each<[unknown, calls: number]>([
    [[], 0],
    ['', 0],
    [{}, 0],
    [null, 1],
    [undefined, 1],
  ])('not for roles that the ID token says to be none: %j', async (roles, calls) => {
    const { world, browser } = await meeting({ provider: both, env: FULL });
    world.provider.lies.idToken = (claims) => ({ ...claims, roles });
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(asked(world)).toBe(calls);
  });

  it('costs the callback one call to the provider, two with userinfo, and no more of Redis', async () => {
    for (const [SESSION_CLAIMS, provider] of [
      ['name,email', 1],
      ['name,picture', 2],
    ] as const) {
      const { world, browser } = await meeting({ provider: both, env: { SESSION_CLAIMS } });
      await world.signedIn(); // discovery and keys are known after that
      const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
      const callback = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
      expect(await world.cost(() => browser.navigate(callback, { redirect: 'manual' }))).toEqual({
        redis: 2,
        provider,
      });
    }
  });

  it('always, without an endpoint: the event says so, and the sign-in goes on', async () => {
    const { world, browser } = await meeting({ provider: { claimsAt: 'id_token' }, env: { SSO_USERINFO: 'always' } });
    expect((await browser.navigate('/admin')).response.status).toBe(200);
    expect(failures(world)).toEqual(['discovery names no userinfo_endpoint; see SSO_USERINFO']);
  });
});
