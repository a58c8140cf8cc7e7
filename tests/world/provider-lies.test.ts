import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createProvider, type Lies, type Provider } from './provider';
import { meet } from './provider-client';

const jwksOf = async (provider: Provider) => {
  const response = await provider.handle(new Request('https://op.test/.well-known/jwks.json'));
  return createLocalJWKSet((await response.json()) as JSONWebKeySet);
};
const ask = (provider: Provider, path = '/.well-known/jwks.json', init: RequestInit = {}) =>
  provider.handle(new Request(`https://op.test${path}`, init));

function altered(sent: URLSearchParams, how: 'set' | 'append', name: string): URLSearchParams {
  sent[how](name, 'x');
  return sent;
}

describe('a certified client notices', () => {
  it.each<[string, Partial<Lies>, RegExp]>([
    ['another issuer', { idToken: (claims) => ({ ...claims, iss: 'https://evil.test' }) }, /"iss"/],
    ['another audience', { idToken: (claims) => ({ ...claims, aud: ['somebody'] }) }, /"aud"/],
    ['another nonce', { idToken: (claims) => ({ ...claims, nonce: 'x' }) }, /"nonce"/],
    ['no subject', { idToken: ({ sub, ...claims }) => claims }, /"sub"/],
    ['exp as a text', { idToken: (claims) => ({ ...claims, exp: 'tomorrow' }) }, /"exp"/],
    ['no signature', { idTokenSigning: { alg: 'none' } }, /"alg"/],
    ['an HMAC by the public JWK', { idTokenSigning: { hs256WithPublicKey: 'jwk' } }, /"alg"/],
    ['an HMAC by the public PEM', { idTokenSigning: { hs256WithPublicKey: 'pem' } }, /"alg"/],
    ['another key', { idTokenSigning: { otherKey: true } }, /signature verification/],
    ['a key in the header', { idTokenSigning: { embeddedKey: true } }, /signature verification/],
    ['an algorithm that was not announced', { idTokenSigning: { otherAlg: 'RS256' } }, /"alg"/],
    ['an unknown kid', { idTokenSigning: { kid: 'unknown' } }, /no applicable keys/],
    ['a number for a token', { rawIdToken: () => 7 }, /"id_token"/],
    ['no ID token', { tokenResponse: ({ id_token, ...json }) => json }, /"id_token"/],
    ['a token type of its own', { tokenResponse: (json) => ({ ...json, token_type: 'mac' }) }, /`token_type`/],
    ['a page with status 200', { tokenResponse: () => new Response('<p>Welcome') }, /content-type/],
    ['an empty 400', { tokenResponse: () => new Response(null, { status: 400 }) }, /content-type/],
    ['another state', { authorize: (sent) => altered(sent, 'set', 'state') }, /"state"/],
    ['two states', { authorize: (sent) => altered(sent, 'append', 'state') }, /"state"/],
  ])('%s', async (_, lie, noticed) => {
    const { provider, signIn } = await meet();
    Object.assign(provider.lies, lie);
    await expect(signIn()).rejects.toThrow(noticed);
    provider.beHonest();
    await expect(signIn()).resolves.toBeDefined();
  });
});

describe('a forged signature is the forgery that it claims to be', () => {
  it('right for a client that takes the published key for an HMAC secret', async () => {
    const provider = await createProvider();
    const token = await provider.logoutToken({}, { hs256WithPublicKey: 'jwk' });
    const { keys } = (await (await ask(provider)).json()) as { keys: object[] };
    const naive = new TextEncoder().encode(JSON.stringify(keys[0]));
    await expect(jwtVerify(token, naive)).resolves.toBeDefined();
  });

  it('with an algorithm of its own, by a published key, so that the allow-list alone can refuse it', async () => {
    const provider = await createProvider();
    const token = await provider.logoutToken({}, { otherAlg: 'RS256' });
    expect(decodeProtectedHeader(token).alg).toBe('RS256');
    await expect(jwtVerify(token, await jwksOf(provider))).resolves.toBeDefined();
  });
});

describe('a lie about the way', () => {
  it('refused: nothing was redeemed, and it was no presentation', async () => {
    const { provider, signIn, present } = await meet();
    const { refresh_token } = await signIn();
    provider.lies.refuse.token = true;
    await expect(present(refresh_token)).rejects.toThrow(TypeError);
    expect(provider.refreshPresentations()).toEqual([]);
    provider.lies.refuse.token = false;
    expect((await present(refresh_token)).status).toBe(200);
  });

  it('answered instead: it was presented, and nothing was redeemed', async () => {
    const { provider, signIn, present } = await meet();
    const { refresh_token } = await signIn();
    const limited = () => new Response(null, { status: 429, headers: { 'retry-after': '7' } });
    provider.lies.instead.token = (form) => (form.get('grant_type') === 'refresh_token' ? limited() : null);
    expect((await present(refresh_token)).headers.get('retry-after')).toBe('7');
    provider.beHonest();
    expect((await present(refresh_token)).status).toBe(200);
    expect(provider.refreshPresentations().map(({ status, outcome }) => [status, outcome])).toEqual([
      [429, 'instead'],
      [200, 'ok'],
    ]);
  });

  it.each(['hang', 'cut', 'answer'] as const)(
    '%s: the answer is lost, the token is spent all the same',
    async (how) => {
      const { provider, signIn, present } = await meet();
      const { refresh_token } = await signIn();
      if (how === 'answer')
        provider.lies.tokenResponse = (_, { status }) => new Response(null, { status: status + 300 });
      else provider.lies[how].token = true;
      if (how === 'hang') void present(refresh_token).catch(() => {});
      else await (await present(refresh_token)).text().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
      provider.beHonest();
      expect((await present(refresh_token)).status).toBe(400);
      expect(provider.reuseEvents).toHaveLength(1);
    },
  );

  it('hangs until the client gives up, and its line in the ledger stays without a status', async () => {
    const provider = await createProvider();
    provider.lies.hang.jwks = true;
    await expect(ask(provider, undefined, { signal: AbortSignal.timeout(20) })).rejects.toThrow(/timeout/i);
    expect(provider.calls('jwks')).toMatchObject([{ status: null, outcome: 'ok' }]);
  });

  it('is late, and breaks off half way through the body', async () => {
    const provider = await createProvider();
    Object.assign(provider.lies.delay, { jwks: 30 });
    Object.assign(provider.lies.cut, { jwks: true });
    const before = performance.now();
    const response = await ask(provider);
    expect(performance.now() - before).toBeGreaterThan(25);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });
});

describe('a lie about the provider itself', () => {
  it('changes discovery and keys, or puts another answer in their place', async () => {
    const provider = await createProvider();
    provider.lies.discovery = ({ token_endpoint, ...json }) => ({ ...json, issuer: 'https://evil.test' });
    provider.lies.jwks = () => new Response('', { status: 500 });
    const discovered = (await (await ask(provider, '/.well-known/openid-configuration')).json()) as object;
    expect(discovered).toMatchObject({ issuer: 'https://evil.test' });
    expect(discovered).not.toHaveProperty('token_endpoint');
    expect((await ask(provider)).status).toBe(500);
  });

  it('sends logout tokens that differ in any claim', async () => {
    const { provider, signIn } = await meet();
    const { claims } = await signIn();
    const honest = decodeJwt(await provider.logoutToken());
    expect(honest).toMatchObject({ sub: claims.sub, sid: claims.sid, aud: provider.clientId });
    const strange = decodeJwt(await provider.logoutToken({ nonce: 'n', sid: undefined, exp: undefined }));
    expect(strange.nonce).toBe('n');
    expect(Object.keys(strange)).not.toEqual(expect.arrayContaining(['sid']));
    expect(strange.exp).toBeUndefined();
  });
});
