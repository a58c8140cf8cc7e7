import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { createProvider, type ProviderOptions } from './provider';
import { basic, meet, none, post, privateKey, REDIRECT_URI, SCOPE } from './provider-client';

const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error;

describe('an honest provider satisfies a certified client', () => {
  it.each<[string, ProviderOptions, typeof post | undefined]>([
    ['by default', {}, post],
    ['with RS256', { alg: 'RS256' }, post],
    ['with ES384', { alg: 'ES384' }, post],
    ['with an issuer below a path', { issuer: 'https://op.test/tenant' }, post],
    ['with an issuer that ends in a slash', { issuer: 'https://op.test/' }, post],
    ['with aud as an array', { aud: 'array' }, post],
    ['with iss in the callback', { callbackIss: 'announced' }, post],
    ['without rotation', { rotation: false }, post],
    ['with client_secret_basic, form-encoded', { clientSecret: 'planted secret:+/%&=é' }, basic],
    ['with no announced method', { authMethods: 'unannounced' }, basic],
    ['with private_key_jwt', { client: 'private_key_jwt' }, privateKey],
    ['with a public client', { client: 'public' }, none],
    ['without sid and auth_time', { sid: 'absent', authTime: 'absent' }, post],
  ])('%s', async (_, options, auth) => {
    const { provider, signIn, refresh } = await meet(options, auth);
    const first = await signIn();
    expect(first.claims).toMatchObject({
      iss: provider.issuer,
      sub: 'person-1',
      azp: provider.clientId,
      roles: ['member'],
    });
    expect('sid' in first.claims).toBe(options.sid !== 'absent');
    const second = await refresh(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.refresh_token === undefined).toBe(options.rotation === false);
    expect(oauth.getValidatedIdTokenClaims(second)?.nonce).toBeUndefined();
  });

  it('takes pushed requests, and no others where it demands them', async () => {
    const { as, client, http, proof, provider, authorizationUrl } = await meet({ par: 'required' });
    const { url } = await authorizationUrl();
    await expect(provider.signIn(url.href)).rejects.toThrow('push');
    const response = await oauth.pushedAuthorizationRequest(as, client, proof, url.searchParams, http);
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, response);
    url.search = new URLSearchParams({ client_id: client.client_id, request_uri }).toString();
    expect(await provider.signIn(url.href)).toContain('code=test-code-1-');
    await expect(provider.signIn(url.href)).rejects.toThrow(); // a reference is good once
  });

  it('signs with a new key after a rotation, and the old one is not published any more', async () => {
    const { provider, as, http } = await meet();
    const [before] = [await provider.logoutToken(), await provider.rotateKeys()];
    const response = await http[oauth.customFetch](as.jwks_uri ?? '', {});
    const published = createLocalJWKSet((await response.json()) as JSONWebKeySet);
    await expect(jwtVerify(await provider.logoutToken(), published)).resolves.toBeDefined();
    await expect(jwtVerify(before, published)).rejects.toThrow('no applicable key');
  });

  it('answers for another person, another strength and another scope as asked', async () => {
    const { provider, signIn } = await meet();
    provider.person = { sub: 'person-2', roles: ['admin'] };
    const { claims } = await signIn({ acr_values: 'urn:sso:loa:mfa', scope: 'openid roles' });
    expect(claims).toMatchObject({ sub: 'person-2', roles: ['admin'], acr: 'urn:sso:loa:mfa', amr: ['pwd', 'otp'] });
    expect(claims).not.toHaveProperty('email');
  });
});

describe('an honest provider refuses', () => {
  it('a code that comes twice, and ends the tokens that came from it', async () => {
    const { provider, authorizationUrl, redeem } = await meet();
    const started = await authorizationUrl();
    const callback = await provider.signIn(started.url.href);
    const tokens = (await (await redeem(callback, started)).json()) as Record<string, string>;
    expect(await errorOf(await redeem(callback, started))).toBe('invalid_grant');
    expect(provider.revoked(tokens.refresh_token ?? '')).toBe(true);
  });

  it('a wrong verifier or redirect URI, and the code is burned by that', async () => {
    const { provider, authorizationUrl, redeem } = await meet();
    for (const wrong of ['verifier', 'redirect_uri'] as const) {
      const started = await authorizationUrl();
      const callback = await provider.signIn(started.url.href);
      const verifier = wrong === 'verifier' ? oauth.generateRandomCodeVerifier() : started.verifier;
      const uri = wrong === 'redirect_uri' ? 'https://site.test/elsewhere' : REDIRECT_URI;
      expect(await errorOf(await redeem(callback, { ...started, verifier }, uri))).toBe('invalid_grant');
      expect(await errorOf(await redeem(callback, started))).toBe('invalid_grant');
    }
  });

  it.each([
    ['a wrong secret', async () => oauth.ClientSecretPost('guess'), {}],
    ['no secret', none, {}],
    ['a method that it does not announce', basic, { authMethods: ['client_secret_post'] }],
    ['a key that is not registered', async () => privateKey(await createProvider({ client: 'private_key_jwt' })), {}],
  ] as const)('a client with %s', async (_, auth, options) => {
    const { present } = await meet(options, auth);
    const response = await present('test-rt-1-x');
    expect([response.status, await errorOf(response)]).toEqual([401, 'invalid_client']);
  });

  it.each([
    ['no nonce', { nonce: '' }, 'nonce'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'S256'],
    ['no openid scope', { scope: 'profile' }, 'openid'],
  ])('a request with %s, by an error at the redirect URI', async (_, wrong, named) => {
    const { provider, authorizationUrl } = await meet();
    const { url, state } = await authorizationUrl(wrong);
    const { searchParams } = new URL(await provider.signIn(url.href));
    expect(Object.fromEntries(searchParams)).toMatchObject({ error: 'invalid_request', state });
    expect(searchParams.get('error_description')).toContain(named);
  });

  it('to redirect to a URI that is not registered', async () => {
    const { provider, authorizationUrl } = await meet();
    const { url } = await authorizationUrl({ redirect_uri: `${REDIRECT_URI}/` });
    await expect(provider.signIn(url.href)).rejects.toThrow('unregistered redirect_uri');
  });

  it('in the person’s own words, and a silent sign-in without a session', async () => {
    const { provider, authorizationUrl } = await meet();
    const { url } = await authorizationUrl({ prompt: 'none' });
    expect(new URL(await provider.signIn(url.href)).searchParams.get('error')).toBe('login_required');
    provider.refusal = { error: 'access_denied', error_ref: 'SSOERR-1' };
    expect(new URL(await provider.signIn(url.href)).searchParams.get('error_ref')).toBe('SSOERR-1');
  });
});

describe('refresh tokens', () => {
  it('rotate, and a used one ends its whole family', async () => {
    const { provider, signIn, refresh, present } = await meet();
    const first = await signIn();
    const second = await refresh(first.refresh_token);
    expect(provider.familyRevoked).toBe(false);
    expect(await errorOf(await present(first.refresh_token))).toBe('invalid_grant');
    expect(provider.reuseEvents).toEqual([{ at: expect.any(Number), tokenId: 'rt-1', familyId: 'family-1' }]);
    expect(provider.familyRevoked).toBe(true);
    expect(await errorOf(await present(second.refresh_token))).toBe('invalid_grant');
    expect(provider.revoked(second.access_token)).toBe(true);
    expect(provider.refreshPresentations().map(({ token, outcome }) => [token?.id, outcome])).toEqual([
      ['rt-1', 'ok'],
      ['rt-1', 'invalid_grant'],
      ['rt-2', 'invalid_grant'],
    ]);
  });

  it('race: of two presentations at once one wins', async () => {
    const { signIn, present } = await meet();
    const { refresh_token } = await signIn();
    const answers = await Promise.all([present(refresh_token), present(refresh_token)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it('are accepted once more within an announced overlap, and not after it', async () => {
    let now = Date.now();
    const { provider, signIn, present } = await meet({ overlapSeconds: 30, now: () => now });
    const { refresh_token } = await signIn();
    await present(refresh_token);
    now += 29_000;
    expect((await present(refresh_token)).status).toBe(200);
    now += 1_000;
    expect((await present(refresh_token)).status).toBe(400);
    expect(provider.familyRevoked).toBe(true);
  });

  it('live for 30 days each, and for 90 in all', async () => {
    let now = Date.now();
    const { signIn, present } = await meet({ now: () => now });
    const [idle, busy] = [await signIn(), await signIn()];
    let { refresh_token } = busy as { refresh_token?: string };
    for (const days of [29, 29, 29]) {
      now += days * 86_400_000;
      ({ refresh_token } = (await (await present(refresh_token)).json()) as { refresh_token?: string });
    }
    expect(await errorOf(await present(idle.refresh_token))).toBe('invalid_grant');
    now += 4 * 86_400_000;
    expect(await errorOf(await present(refresh_token))).toBe('invalid_grant');
  });

  it('lose the scopes that were taken from the client', async () => {
    const { provider, signIn, present } = await meet();
    const { refresh_token } = await signIn();
    provider.withdrawnScopes.add('roles').add('email');
    const narrowed = (await (await present(refresh_token)).json()) as Record<string, string>;
    expect(narrowed.scope).toBe('openid profile offline_access permissions');
    for (const scope of SCOPE.split(' ')) provider.withdrawnScopes.add(scope);
    expect(await errorOf(await present(narrowed.refresh_token))).toBe('invalid_scope');
  });

  it('are revoked with everything of their grant, access tokens alone', async () => {
    const { provider, signIn, revoke, present } = await meet();
    const { access_token, refresh_token = '' } = await signIn();
    await revoke(access_token);
    expect([provider.revoked(access_token), provider.revoked(refresh_token)]).toEqual([true, false]);
    await revoke(refresh_token);
    expect(await errorOf(await present(refresh_token))).toBe('invalid_grant');
    expect(provider.familyRevoked).toBe(false); // nothing was replayed
    await expect(revoke('never issued')).resolves.toBeUndefined();
    expect(provider.calls('revocation').map(({ token, outcome }) => [token?.kind, token?.id, outcome])).toEqual([
      ['access_token', 'at-1', 'ok'],
      ['refresh_token', 'rt-1', 'ok'],
      ['unknown', 'unknown', 'unknown_token'],
    ]);
  });
});

describe('the provider remembers', () => {
  it('every request, and shows no secret in doing so', async () => {
    const { provider, signIn, refresh } = await meet();
    const { refresh_token, access_token, id_token } = await signIn();
    await refresh(refresh_token);
    expect(
      provider.ledger.map(({ endpoint, method, grantType, status, outcome }) => [
        endpoint,
        method,
        grantType,
        status,
        outcome,
      ]),
    ).toEqual([
      ['discovery', 'GET', undefined, 200, 'ok'],
      ['authorization', 'GET', undefined, 303, 'ok'],
      ['token', 'POST', 'authorization_code', 200, 'ok'],
      ['jwks', 'GET', undefined, 200, 'ok'],
      ['token', 'POST', 'refresh_token', 200, 'ok'],
    ]);
    const shown = JSON.stringify(provider.ledger);
    for (const secret of provider.secrets) expect(shown).not.toContain(secret);
    expect([...provider.secrets]).toEqual(
      expect.arrayContaining([provider.clientSecret, refresh_token, access_token, id_token]),
    );
    expect([...provider.secrets].filter((secret) => /^[\w-]{43}$/.test(secret))).toHaveLength(1); // the verifier
  });
});
