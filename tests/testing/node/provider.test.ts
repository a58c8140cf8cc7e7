import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestProvider, type TestProvider } from '../../../lib/testing';
import { listen } from '../../../lib/testing/http-server';

let provider: TestProvider;
const BUDI = { sub: 'person-2', email: 'budi@example.test', roles: ['admin'] };
const ANA = { sub: 'person-1', name: 'Ana', email: 'ana@example.test' };
beforeEach(async () => {
  provider = await startTestProvider({ people: [ANA, BUDI] });
});
afterEach(() => provider.close());

const post = (path: string, form: Record<string, string>, init: RequestInit = {}) => {
  const { SSO_CLIENT_ID: client_id, SSO_CLIENT_SECRET: client_secret } = provider.env;
  const body = new URLSearchParams({ client_id, client_secret, ...form });
  return fetch(provider.issuer + path, { method: 'POST', body, ...init });
};
const refresh = (refresh_token: string, init?: RequestInit) =>
  post('/token', { grant_type: 'refresh_token', refresh_token }, init);

/** What the authorization endpoint sends back with the browser. */
async function authorize(more: Record<string, string> = {}, cookie = '') {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: provider.env.SSO_REDIRECT_URI,
    scope: 'openid roles email',
    state: 'state',
    nonce: 'nonce',
    code_challenge: createHash('sha256').update('verifier').digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  const init: RequestInit = { redirect: 'manual', headers: { cookie } };
  const response = await fetch(`${provider.issuer}/authorize?${query}`, init);
  const back = new URL(response.headers.get('location') ?? '').searchParams;
  return { back, cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
}

async function signedIn(more?: Record<string, string>, cookie?: string) {
  const { back } = await authorize(more, cookie);
  const form = { grant_type: 'authorization_code', code: back.get('code') ?? '', code_verifier: 'verifier' };
  const response = await post('/token', { ...form, redirect_uri: provider.env.SSO_REDIRECT_URI });
  return decodeJwt(((await response.json()) as { id_token: string }).id_token);
}

describe('a sign-in at the test provider', () => {
  it('needs no page, and is one of its person', async () => {
    expect(await signedIn()).toMatchObject({ sub: 'person-1', email: 'ana@example.test', nonce: 'nonce' });
    provider.person = { sub: 'person-3', roles: ['auditor'] };
    expect(await signedIn()).toMatchObject({ sub: 'person-3', roles: ['auditor'] });
  });

  it('finds its account by login_hint', async () => {
    expect(await signedIn({ login_hint: 'budi@example.test' })).toMatchObject({ sub: 'person-2', roles: ['admin'] });
    expect(await signedIn({ login_hint: 'nobody@example.test' })).toMatchObject({ sub: 'person-1' });
  });

  it('honours acr_values', async () => {
    expect(await signedIn()).toMatchObject({ acr: 'urn:sso:loa:password' });
    expect(await signedIn({ acr_values: 'urn:sso:loa:mfa' })).toMatchObject({ acr: 'urn:sso:loa:mfa' });
  });

  it('honours prompt and max_age', async () => {
    expect((await authorize({ prompt: 'none' })).back.get('error')).toBe('login_required');
    const { cookie } = await authorize();
    const [{ sid }, kept, again] = [
      await signedIn({}, cookie),
      await signedIn({ prompt: 'none' }, cookie),
      await signedIn({ max_age: '3600' }, cookie),
    ];
    expect([kept.sid, again.sid]).toEqual([sid, sid]);
    expect((await authorize({ prompt: 'none', max_age: '-1' }, cookie)).back.get('error')).toBe('login_required');
  });

  it('is refused on demand', async () => {
    provider.refusal = { error: 'access_denied', error_description: 'not today' };
    expect(Object.fromEntries((await authorize()).back)).toMatchObject({ error: 'access_denied', state: 'state' });
  });
});

describe('refresh tokens', () => {
  it('rotate, and one that comes back revokes its family', async () => {
    const { refreshToken } = await provider.grant({ person: BUDI });
    const { refresh_token } = (await (await refresh(refreshToken)).json()) as { refresh_token: string };
    expect(refresh_token).not.toBe(refreshToken);
    expect(provider.familyRevoked).toBe(false);
    const reused = await refresh(refreshToken);
    expect([reused.status, await reused.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
    expect(provider.familyRevoked).toBe(true);
    expect((await refresh(refresh_token)).status).toBe(400);
    expect(provider.refreshes().map(({ outcome }) => outcome)).toEqual(['ok', 'invalid_grant', 'invalid_grant']);
  });

  it('bring the claims that the account has by then', async () => {
    const { refreshToken } = await provider.grant({ person: BUDI });
    provider.people.set(BUDI.sub, { ...BUDI, roles: [] });
    const { id_token } = (await (await refresh(refreshToken)).json()) as { id_token: string };
    expect(decodeJwt(id_token)).toMatchObject({ sub: BUDI.sub, roles: [] });
  });
});

describe('a fault of the test provider', () => {
  it('delay: the work is done at once, the answer is late', async () => {
    provider.faults.delay.token = 200;
    const { refreshToken } = await provider.grant();
    const start = performance.now();
    expect((await refresh(refreshToken)).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(190);
  });

  it('status: the answer comes without the work', async () => {
    const { refreshToken } = await provider.grant();
    provider.faults.status.token = 503;
    const response = await refresh(refreshToken);
    expect([response.status, await response.json()]).toMatchObject([503, { error: 'temporarily_unavailable' }]);
    provider.clearFaults();
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it('refuse: the connection ends before the work', async () => {
    const { refreshToken } = await provider.grant();
    provider.faults.refuse.token = true;
    await expect(refresh(refreshToken)).rejects.toThrow('fetch failed');
    provider.clearFaults();
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it('hang: the token is spent, the answer never comes', async () => {
    const { refreshToken } = await provider.grant();
    provider.faults.hang.token = true;
    await expect(refresh(refreshToken, { signal: AbortSignal.timeout(200) })).rejects.toThrow('timeout');
    provider.clearFaults();
    expect((await refresh(refreshToken)).status).toBe(400);
  });

  it('cut: the token is spent, the answer breaks off', async () => {
    const { refreshToken } = await provider.grant();
    provider.faults.cut.token = true;
    await expect(refresh(refreshToken).then((response) => response.text())).rejects.toThrow('terminated');
    provider.clearFaults();
    expect((await refresh(refreshToken)).status).toBe(400);
  });

  it('stop: no connection is made until the start on the same port', async () => {
    const discover = () => fetch(`${provider.issuer}/.well-known/openid-configuration`);
    expect(await (await discover()).json()).toMatchObject({ issuer: provider.issuer });
    await provider.stop();
    expect(await discover().catch((error) => error.cause.code)).toBe('ECONNREFUSED');
    await provider.start();
    expect((await discover()).status).toBe(200);
  });

  it('idToken: other claims, or claims that are missing', async () => {
    provider.faults.idToken = ({ email, ...claims }) => ({ ...claims, nonce: 'another' });
    const claims = await signedIn();
    expect(claims).toMatchObject({ sub: 'person-1', nonce: 'another' });
    expect(claims).not.toHaveProperty('email');
  });

  const proven = async (idToken: string) => {
    const jwks = (await (await fetch(`${provider.issuer}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
    return jwtVerify(idToken, createLocalJWKSet(jwks)).then(
      () => 'good',
      (error) => error.code,
    );
  };

  it('idTokenSigning: a signature that no published key has made', async () => {
    expect(await proven((await provider.grant()).idToken)).toBe('good');
    provider.faults.idTokenSigning = { otherKey: true };
    expect(await proven((await provider.grant()).idToken)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  it('rotateKeys: tokens of before have a key that is published no more', async () => {
    const before = await provider.grant();
    await provider.rotateKeys();
    expect(await proven(before.idToken)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(await proven((await provider.grant()).idToken)).toBe('good');
  });
});

describe('sendBackchannelLogout', () => {
  it('posts a signed logout token to the site, and returns its answer', async () => {
    const received: string[] = [];
    const site = await listen(0, async (request) => {
      received.push(new URL(request.url).pathname, (await request.formData()).get('logout_token') as string);
      return new Response(null, { status: 200 });
    });
    await provider.close();
    provider = await startTestProvider({ siteUrl: `${site.origin}/shop/` });
    expect((await provider.sendBackchannelLogout({ sub: 'person-9', sid: 'session-9' })).status).toBe(200);
    const [path, token = ''] = received;
    expect(path).toBe('/shop/auth/backchannel-logout');
    expect(decodeJwt(token)).toMatchObject({ iss: provider.issuer, sub: 'person-9', sid: 'session-9' });
    await site.stop();
  });
});
