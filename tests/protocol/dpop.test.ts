import { base64url, calculateJwkThumbprint, compactVerify, decodeJwt, importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { createDpopKey, createDpopNonces, tokenHeaders, wantsNonce, withProof } from '../../lib/protocol/dpop';

const NOW = 1_800_000_000_900;
const API = 'https://api.example';
const deps = () => ({ dpopNonces: createDpopNonces(), now: () => NOW });
const request = { method: 'PATCH', url: `${API}/a%20b/?q=1&access_token=x#part` };

describe('the headers that present a token', () => {
  it('of the kind Bearer are one, also where the session has a key', async () => {
    const key = await createDpopKey();
    const headers = await tokenHeaders({ accessToken: 'at', tokenType: 'Bearer', key }, request, deps());
    expect(headers).toEqual({ authorization: 'Bearer at' });
  });

  it('of the kind DPoP have a proof for this request and token (RFC 9449 §4.2, §7.1)', async () => {
    const key = await createDpopKey();
    const headers = await tokenHeaders({ accessToken: 'at', tokenType: 'DPoP', key }, request, deps());
    expect(headers.authorization).toBe('DPoP at');
    const { d: _, ...jwk } = key;
    const { payload, protectedHeader } = await compactVerify(headers.dpop ?? '', await importJWK(jwk as JWK, 'ES256'));
    expect(protectedHeader).toEqual({ typ: 'dpop+jwt', alg: 'ES256', jwk });
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('at'));
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({
      jti: expect.stringMatching(/^[\w-]{22}$/),
      htm: 'PATCH',
      htu: `${API}/a%20b/`,
      iat: 1_800_000_000,
      ath: base64url.encode(new Uint8Array(hash)),
    });
  });

  it('are proven by another proof each time, with the same key', async () => {
    const token = { accessToken: 'at', tokenType: 'DPoP', key: await createDpopKey() } as const;
    const proofs = [await tokenHeaders(token, request, deps()), await tokenHeaders(token, request, deps())];
    expect(new Set(proofs.map(({ dpop }) => decodeJwt(dpop ?? '').jti)).size).toBe(2);
  });

  it('have the latest nonce of that origin, and of no other', async () => {
    const { dpopNonces, now } = deps();
    const key = await createDpopKey();
    const learn = (url: string, nonce: string) => dpopNonces.learn(url, new Headers({ 'dpop-nonce': nonce }));
    learn(`${API}/elsewhere`, 'old');
    learn(`${API}/`, 'new');
    learn('https://api.example:8443/', 'of-another-port');
    const token = { accessToken: 'at', tokenType: 'DPoP', key } as const;
    const nonceFor = async (url: string) =>
      decodeJwt((await tokenHeaders(token, { method: 'GET', url }, { dpopNonces, now })).dpop ?? '').nonce;
    expect([await nonceFor(request.url), await nonceFor('https://other.example/')]).toEqual(['new', undefined]);
  });
});

it('a second try at the token endpoint proves the nonce of the refusal (RFC 9449 §8)', async () => {
  const key = await createDpopKey();
  const shared = deps();
  const seen: unknown[] = [];
  const fetch = async (url: string, { headers }: RequestInit) => {
    seen.push(decodeJwt(new Headers(headers).get('dpop') ?? '').nonce);
    if (seen.length > 1) return Response.json({});
    const refusal = { status: 400, headers: { 'dpop-nonce': 'of-the-refusal' } };
    // An answer to another request of the isolate comes in between.
    shared.dpopNonces.learn(url, new Headers({ 'dpop-nonce': 'of-another-request' }));
    return Response.json({ error: 'use_dpop_nonce' }, refusal);
  };
  const send = (one: typeof fetch) => one(API, { method: 'POST' });
  const response = await withProof(key, 1000, { ...shared, fetch: fetch as never }, send as never);
  expect([response.status, seen]).toEqual([200, [undefined, 'of-the-refusal']]);
});

describe('nonces', () => {
  it.each([
    ['none', {}],
    ['an empty one', { 'dpop-nonce': '' }],
    ['one with a space', { 'dpop-nonce': 'a b' }],
    ['two', { 'dpop-nonce': 'a, b' }],
    ['one with a quote', { 'dpop-nonce': 'a"b' }],
    ['one with a backslash', { 'dpop-nonce': 'a\\b' }],
    ['one of 1,025 characters', { 'dpop-nonce': 'n'.repeat(1_025) }],
  ])('stay as they are when a response has %s', (_, headers) => {
    const nonces = createDpopNonces();
    nonces.learn(API, new Headers({ 'dpop-nonce': 'good' }));
    nonces.learn(API, new Headers(headers as Record<string, string>));
    expect(nonces.of(API)).toBe('good');
  });

  it('are kept for a hundred origins, those that were heard of last', () => {
    const nonces = createDpopNonces();
    for (let port = 1; port <= 101; port += 1)
      nonces.learn(`${API}:${port}/`, new Headers({ 'dpop-nonce': `n-${port}` }));
    expect([1, 2, 101].map((port) => nonces.of(`${API}:${port}/x`))).toEqual([undefined, 'n-2', 'n-101']);
  });
});

describe('a resource asks for a nonce', () => {
  const answer = (status: number, challenge: string | null, nonce: string | null = 'n') =>
    new Response(null, {
      status,
      headers: { ...(challenge && { 'www-authenticate': challenge }), ...(nonce && { 'dpop-nonce': nonce }) },
    });
  it.each<[boolean, string, Response]>([
    [true, 'by its challenge', answer(401, 'DPoP error="use_dpop_nonce", error_description="Nonce"')],
    [true, 'without quotes', answer(401, 'DPoP error=use_dpop_nonce')],
    [true, 'after other parameters', answer(401, 'DPoP realm="api", algs="ES256", error="use_dpop_nonce"')],
    [true, 'after another scheme', answer(401, 'Bearer realm="api", dpop error="use_dpop_nonce"')],
    [false, 'without a nonce', answer(401, 'DPoP error="use_dpop_nonce"', null)],
    [false, 'with a nonce that is none', answer(401, 'DPoP error="use_dpop_nonce"', 'a b')],
    [false, 'with another status', answer(400, 'DPoP error="use_dpop_nonce"')],
    [false, 'for another reason', answer(401, 'DPoP error="invalid_token"')],
    [false, 'of another scheme', answer(401, 'Bearer error="use_dpop_nonce"')],
    [false, 'without a challenge', answer(401, null)],
  ])('%s: %s', (expected, _, response) => {
    expect(wantsNonce(response)).toBe(expected);
  });
});

it('makes keys that are no two the same, and exports what a record holds', async () => {
  const [one, other] = [await createDpopKey(), await createDpopKey()];
  expect(Object.keys(one).sort()).toEqual(['crv', 'd', 'kty', 'x', 'y']);
  expect(await calculateJwkThumbprint(one as JWK)).not.toBe(await calculateJwkThumbprint(other as JWK));
});
