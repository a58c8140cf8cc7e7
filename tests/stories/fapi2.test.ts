import { base64url, decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import type { ProviderOptions } from '../world/provider';
import { recordOf } from '../world/record';
import { createWorld, type World } from '../world/world';

/** A provider by the same profile. */
const PROVIDER: ProviderOptions = {
  client: 'private_key_jwt',
  par: 'required',
  dpop: 'required',
  dpopNonce: 'changing',
  callbackIss: 'announced',
};
const meeting = (provider: ProviderOptions = {}) =>
  createWorld({ provider: { ...PROVIDER, ...provider }, env: { SSO_PROFILE: 'fapi2' } });
const problems = (world: World) => world.events('problem').map(({ code, reason }) => `${code}: ${reason}`);
const EXPIRED = 901;
const utf8 = new TextEncoder();

describe('a client by FAPI 2.0', () => {
  it.each([
    ['ES256', 'ES256'],
    ['PS256', 'PS256'],
    ['EdDSA', 'EdDSA'],
    ['Ed25519', 'Ed25519'],
  ])('signs in and renews with a key for %s, at a provider that signs with %s', async (clientAlg, alg) => {
    const world = await meeting({ clientAlg, alg });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect((await recordOf(world, browser)).get('tokens.tokenType')).toBe('DPoP');
    expect(world.provider.refreshPresentations().map(({ outcome }) => outcome)).toEqual(['ok']);
    expect(problems(world)).toEqual([]);
  });

  it('pushes nothing for a page without a session: that leads to /auth/login, which has a limit', async () => {
    const world = await meeting({ par: 'offered' });
    const { response } = await world.browser().navigate('/dashboard', { redirect: 'manual' });
    expect(world.resolve(response.headers.get('location'))).toBe(`${world.site}/auth/login?returnTo=%2Fdashboard`);
    expect(world.provider.calls('par')).toEqual([]);
  });

  it('sends a reference and its id through the browser, and the rest with an assertion for the issuer alone', async () => {
    const world = await meeting();
    const pushed: URLSearchParams[] = [];
    world.provider.lies.instead.par = (form) => {
      pushed.push(form);
      return null;
    };
    const { hops } = await world.browser().navigate('/auth/login', { redirect: 'manual' });
    const { searchParams } = new URL(hops[0]?.headers.get('location') ?? '');
    expect([...searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    const assertion = pushed[0]?.get('client_assertion') ?? '';
    expect(decodeJwt(assertion).aud).toBe(world.provider.issuer);
    expect(decodeProtectedHeader(assertion).alg).toBe('ES256');
    expect(pushed[0]?.get('client_secret')).toBeNull();
    expect([pushed[0]?.get('response_type'), pushed[0]?.get('code_challenge_method')]).toEqual(['code', 'S256']);
    expect(pushed[0]?.get('nonce')?.length).toBeLessThanOrEqual(64);
  });
});

describe('what a provider does that FAPI 2.0 forbids', () => {
  const PAR = 'PROVIDER_RESPONSE_INVALID: PAR is required without an endpoint; see SSO_PROFILE';
  const ALGS = 'PROVIDER_RESPONSE_INVALID: no signature algorithm of FAPI 2.0; see SSO_PROFILE';
  const BEARER = 'PROVIDER_RESPONSE_INVALID: not a DPoP token; see SSO_DPOP';
  it.each<[string, ProviderOptions, status: number, problem: string]>([
    ['it has no PAR endpoint', { par: 'absent' }, 502, PAR],
    ['it answers without iss', { callbackIss: 'absent' }, 400, 'ISSUER_MISMATCH: iss is missing'],
    ['it answers Bearer', { dpop: 'absent' }, 502, BEARER],
    ['it signs with RS256', { alg: 'RS256' }, 502, ALGS],
    ['it signs with PS384', { alg: 'PS384' }, 502, ALGS],
    ['it signs with RS256 and does not say so', { alg: 'RS256', announcesAlgs: false }, 502, 'ID_TOKEN_INVALID: alg'],
  ])('%s: the sign-in is refused, and says why', async (_, provider, status, problem) => {
    const world = await meeting(provider);
    const { response } = await world.browser().navigate('/dashboard');
    expect([response.status, problems(world)]).toEqual([status, [problem]]);
  });

  it('it answers with an error without iss: the error is not believed', async () => {
    const world = await meeting({ callbackIss: 'absent' });
    world.provider.refusal = { error: 'access_denied' };
    const { response } = await world.browser().navigate('/dashboard');
    expect([response.status, problems(world)]).toEqual([400, ['ISSUER_MISMATCH: iss is missing']]);
  });

  it.each([
    [2048, 200, []],
    [1024, 502, ['ID_TOKEN_INVALID: signature']],
  ])('it signs with an RSA key of %i bits: %i', async (modulusLength, status, expected) => {
    const world = await meeting({ alg: 'PS256' });
    const { privateKey, publicKey } = await crypto.subtle.generateKey(
      { name: 'RSA-PSS', hash: 'SHA-256', modulusLength, publicExponent: new Uint8Array([1, 0, 1]) },
      true,
      ['sign', 'verify'],
    );
    const jwk = await crypto.subtle.exportKey('jwk', publicKey);
    world.provider.lies.jwks = () => ({ keys: [{ ...jwk, kid: 'short', use: 'sig' }] });
    world.provider.lies.rawIdToken = async (idToken) => {
      const input = `${base64url.encode(JSON.stringify({ alg: 'PS256', kid: 'short' }))}.${idToken.split('.')[1]}`;
      const signature = await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 32 }, privateKey, utf8.encode(input));
      return `${input}.${base64url.encode(new Uint8Array(signature))}`;
    };
    const { response } = await world.browser().navigate('/dashboard');
    expect([response.status, problems(world)]).toEqual([status, expected]);
  });

  it('it offers PAR and does not demand it: the request is pushed all the same', async () => {
    const world = await meeting({ par: 'offered' });
    await world.signedIn();
    expect(world.provider.calls('par')).toHaveLength(1);
  });

  it('it signs a logout token with RS256: the session stays', async () => {
    const world = await meeting();
    const browser = await world.signedIn();
    const logout_token = await world.provider.logoutToken({}, { otherAlg: 'RS256' });
    const answer = await world
      .browser()
      .fetch('/auth/backchannel-logout', { method: 'POST', body: new URLSearchParams({ logout_token }) });
    expect([answer.status, (await browser.fetch('/api/me')).status]).toEqual([400, 200]);
  });
});
