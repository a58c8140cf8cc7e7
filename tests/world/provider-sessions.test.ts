import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { createBrowser } from './browser';
import type { ProviderOptions } from './provider';
import { meet } from './provider-client';

const SITE = 'https://site.test';

/** A person at a browser who knows only the provider; the site's own pages answer with 200. */
async function sitDown(options: ProviderOptions = {}) {
  const clock = { now: Date.now() };
  const client = await meet({ now: () => clock.now, ...options });
  const { provider } = client;
  const send = async (request: Request) =>
    new URL(request.url).origin === SITE ? new Response('the site') : provider.handle(request);
  const browser = createBrowser({ origin: SITE, send, now: () => clock.now });
  /** Signs in and tells what the ID token says. */
  async function signIn(more?: Record<string, string>) {
    const started = await client.authorizationUrl(more);
    const { hops } = await browser.navigate(started.url.href);
    const response = await client.redeem(hops.at(-1)?.url ?? '', started);
    const { id_token = '', refresh_token = '' } = (await response.json()) as Partial<Record<string, string>>;
    return { idToken: id_token, refreshToken: refresh_token, claims: decodeJwt(id_token) };
  }
  const signOut = (parameters: Record<string, string>) =>
    browser.navigate(`${provider.issuer}/connect/logout?${new URLSearchParams(parameters)}`);
  return { ...client, browser, clock, signIn, signOut };
}

describe('a session at the provider', () => {
  it('is one for all sign-ins of a browser, and is made fresh when the client wants that', async () => {
    const { clock, signIn } = await sitDown();
    const first = await signIn();
    clock.now += 60_000;
    const silent = await signIn({ prompt: 'none', max_age: '60' });
    expect(silent.claims).toMatchObject({ sid: first.claims.sid, auth_time: first.claims.auth_time });
    for (const demand of [{ prompt: 'login' }, { max_age: '30' }]) {
      clock.now += 31_000;
      const fresh = await signIn(demand);
      expect(fresh.claims.sid).toBe(first.claims.sid);
      expect(fresh.claims.auth_time).toBe(Math.floor(clock.now / 1000));
    }
  });

  it('is another one for another person or another browser', async () => {
    const { provider, browser, signIn } = await sitDown();
    const first = await signIn();
    browser.cookies.clear();
    const second = await signIn();
    provider.person = { sub: 'person-2' };
    const third = await signIn();
    expect(new Set([first, second, third].map(({ claims }) => claims.sid)).size).toBe(3);
  });

  it('ends at the end-session endpoint, and the browser lands where it was registered', async () => {
    const { provider, browser, signIn, signOut } = await sitDown();
    const { idToken } = await signIn();
    const { hops } = await signOut({
      id_token_hint: idToken,
      client_id: provider.clientId,
      post_logout_redirect_uri: `${SITE}/signed-out`,
      state: 's',
    });
    expect(hops.at(-1)?.url).toBe(`${SITE}/signed-out?state=s`);
    expect(browser.cookies.get('op_session')).toBeUndefined();
    expect(provider.calls('end_session')).toMatchObject([{ status: 303, outcome: 'ok' }]);
  });

  it('does not end by another person’s hint, or on the way to somewhere else', async () => {
    const { browser, signIn, signOut } = await sitDown();
    const stale = await signIn();
    browser.cookies.clear();
    await signIn();
    const wrongs = [{ id_token_hint: stale.idToken }, { id_token_hint: 'x' }, { post_logout_redirect_uri: `${SITE}/` }];
    for (const wrong of wrongs) expect((await signOut(wrong)).response.status).toBe(400);
    expect(browser.cookies.get('op_session')).toBeDefined();
  });
});

describe('a grant per session at the provider', () => {
  it('joins the sign-ins of one session: revoking a refresh token of one ends the tokens of all', async () => {
    const { provider, clock, signIn, revoke, present } = await sitDown({ grant: 'session' });
    const first = await signIn();
    clock.now += 60_000;
    const second = await signIn({ prompt: 'login', acr_values: 'urn:sso:loa:mfa' });
    expect(second.claims).toMatchObject({ sid: first.claims.sid, acr: 'urn:sso:loa:mfa' });
    await revoke(first.refreshToken);
    expect([first, second].map(({ refreshToken }) => provider.revoked(refreshToken))).toEqual([true, true]);
    expect(await (await present(second.refreshToken)).json()).toMatchObject({ error: 'invalid_grant' });
    expect(provider.familyRevoked).toBe(false);
  });

  it('lets every sign-in rotate its refresh token, and ends all of them when a used one comes back', async () => {
    const { provider, signIn, refresh, present } = await sitDown({ grant: 'session' });
    const [first, second] = [await signIn(), await signIn()];
    await refresh(first.refreshToken);
    const { refresh_token: rotated = '' } = await refresh(second.refreshToken);
    expect(provider.revoked(rotated)).toBe(false);
    expect((await present(first.refreshToken)).status).toBe(400);
    expect(provider.familyRevoked).toBe(true);
    expect((await present(rotated)).status).toBe(400);
  });

  it('is begun anew by the sign-in after its end', async () => {
    const { signIn, revoke, present } = await sitDown({ grant: 'session' });
    await revoke((await signIn()).refreshToken);
    expect((await present((await signIn()).refreshToken)).status).toBe(200);
  });

  it('reaches no other session, and where each sign-in has a grant of its own no other sign-in', async () => {
    for (const grant of ['session', 'sign-in'] as const) {
      const { browser, signIn, revoke, present } = await sitDown({ grant });
      const first = await signIn();
      if (grant === 'session') browser.cookies.clear();
      const second = await signIn();
      await revoke(first.refreshToken);
      expect((await present(second.refreshToken)).status).toBe(200);
    }
  });
});

describe('providers differ', () => {
  it.each<[ProviderOptions, Record<string, unknown>]>([
    [{ sid: 'subject' }, { sid: 'person-1' }],
    [{ sid: 'absent' }, { sid: undefined }],
    [{ authTime: 'zero' }, { auth_time: 0 }],
    [{ authTime: 'absent' }, { auth_time: undefined }],
    [{ aud: 'array' }, { aud: ['gatehouse-client'] }],
  ])('in their claims: %j', async (options, expected) => {
    const { claims } = await (await sitDown(options)).signIn();
    for (const [name, value] of Object.entries(expected)) expect(claims[name]).toEqual(value);
  });

  it('in what they announce and offer', async () => {
    const bare = { revocation: false, endSession: false, announcesPkce: false, announcesAlgs: false } as const;
    const { as, provider, signOut } = await sitDown({ ...bare, authMethods: 'unannounced' });
    expect(
      Object.keys(as).filter((name) => /revocation|end_session|code_challenge|alg|auth_methods|pushed/.test(name)),
    ).toEqual([]);
    expect((await signOut({})).response.status).toBe(404);
    expect(provider.calls('unknown')).toHaveLength(1);
  });

  it('in the iss of the callback, announced or not', async () => {
    for (const callbackIss of ['announced', 'unannounced', 'absent'] as const) {
      const { as, provider, authorizationUrl } = await sitDown({ callbackIss });
      expect(as.authorization_response_iss_parameter_supported).toBe(callbackIss === 'announced' ? true : undefined);
      const callback = new URL(await provider.signIn((await authorizationUrl()).url.href, { sub: 'somebody' }));
      expect(callback.searchParams.get('iss')).toBe(callbackIss === 'absent' ? null : provider.issuer);
    }
  });

  it('in the refresh answer: some have no ID token in it', async () => {
    const { signIn, present } = await meet({ refreshIdToken: false });
    const { id_token, refresh_token } = await signIn();
    expect(id_token).toBeDefined();
    expect(await (await present(refresh_token)).json()).not.toHaveProperty('id_token');
  });
});
