import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../lib/crypto/random';
import type { ApiCall } from '../world/api';
import type { Browser } from '../world/browser';
import type { ProviderOptions } from '../world/provider';
import { recordOf } from '../world/record';
import { deploymentOf } from '../world/reseal';
import { holdersOf, unsealAll } from '../world/unseal';
import { createWorld, type World } from '../world/world';

const EXPIRED = 901;
const REQUIRED: ProviderOptions = { dpop: 'required', dpopNonce: 'constant' };

const deployed = (SSO_DPOP: string, provider: ProviderOptions = REQUIRED) =>
  createWorld({ provider, env: { SSO_DPOP } });
const outcomes = (world: World) => world.provider.calls('token').map(({ outcome }) => outcome);
const typeOf = async (world: World, browser: Browser) => (await recordOf(world, browser)).get('tokens.tokenType');
const keyOf = async (world: World, browser: Browser) => (await recordOf(world, browser)).get('dpopKey.d');
const renewals = (world: World) => world.events('renewal').map(({ outcome, reason }) => [outcome, reason]);

describe('a sign-in with DPoP', () => {
  it.each<[string, string, ProviderOptions, type: string | undefined, outcomes: string[]]>([
    ['auto', 'that announces it', { dpop: 'announced' }, 'DPoP', ['ok']],
    ['auto', 'that requires it', { dpop: 'required' }, 'DPoP', ['ok']],
    ['auto', 'that does not announce it', { dpop: 'unannounced' }, undefined, ['ok']],
    ['auto', 'that does not know it', { dpop: 'absent' }, undefined, ['ok']],
    ['require', 'that does not announce it', { dpop: 'unannounced' }, 'DPoP', ['ok']],
    ['require', 'that wants a nonce', REQUIRED, 'DPoP', ['use_dpop_nonce', 'ok']],
    ['require', 'whose nonce changes', { dpop: 'required', dpopNonce: 'changing' }, 'DPoP', ['use_dpop_nonce', 'ok']],
    ['off', 'that announces it', { dpop: 'announced' }, undefined, ['ok']],
  ])('%s, at a provider %s', async (mode, _, provider, type, expected) => {
    const world = await deployed(mode, provider);
    const browser = await world.signedIn();
    expect(outcomes(world)).toEqual(expected);
    expect(await typeOf(world, browser)).toBe(type);
    expect(await keyOf(world, browser)).toEqual(type && expect.stringMatching(/^[\w-]{43}$/));
  });

  it('is not possible with `off` where the provider requires it, and the log names the variable', async () => {
    const world = await deployed('off');
    const { response } = await world.browser().navigate('/dashboard');
    expect(response.status).toBe(502);
    expect(world.events('problem')).toMatchObject([
      { code: 'PROVIDER_ERROR', reason: 'the provider answered 400 invalid_dpop_proof; see SSO_DPOP' },
    ]);
  });

  it('sends the nonce of the latest answer at once', async () => {
    const world = await deployed('require', { dpop: 'required', dpopNonce: 'changing' });
    for (const _ of [1, 2, 3]) await world.signedIn();
    expect(outcomes(world)).toEqual(['use_dpop_nonce', 'ok', 'ok', 'ok']);
  });

  it('has a key of its own for each session', async () => {
    const world = await deployed('require');
    const keys = [await world.signedIn(), await world.signedIn()].map((browser) => keyOf(world, browser));
    expect(new Set(await Promise.all(keys)).size).toBe(2);
  });

  it('keeps the key in the sealed record alone', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    const key = String(await keyOf(world, browser));
    const held = [await world.redis.dump(), ...browser.cookies.all().map(({ value }) => value)].join('\n');
    expect(held + world.logs.join('\n')).not.toContain(key);
    expect(holdersOf(await unsealAll(held, deploymentOf(world.env)), [key])).toEqual(['record dpopKey.d']);
  });

  it('proves the client anew with the nonce: an assertion is good once', async () => {
    const world = await createWorld({
      provider: { ...REQUIRED, client: 'private_key_jwt' },
      env: { SSO_DPOP: 'require', SSO_CLIENT_AUTH_METHOD: 'private_key_jwt' },
    });
    expect((await world.browser().navigate('/dashboard')).response.status).toBe(200);
    expect(outcomes(world)).toEqual(['use_dpop_nonce', 'ok']);
  });

  it('takes no DPoP token for which it has sent no proof', async () => {
    const world = await deployed('off', {});
    world.provider.lies.tokenResponse = (json) => ({ ...json, token_type: 'DPoP' });
    expect((await world.browser().navigate('/dashboard')).response.status).toBe(502);
    expect(world.events('problem')).toMatchObject([
      { code: 'PROVIDER_RESPONSE_INVALID', reason: 'not a bearer token' },
    ]);
  });

  it('refuses a Bearer token under `require`, and revokes what came with it', async () => {
    const world = await deployed('require', {});
    const { response } = await world.browser().navigate('/dashboard');
    expect(response.status).toBe(502);
    expect(world.events('problem')).toMatchObject([
      { code: 'PROVIDER_RESPONSE_INVALID', reason: 'not a DPoP token; see SSO_DPOP' },
    ]);
    await world.isolate.settled();
    expect(world.provider.calls('revocation').map(({ token }) => token?.id)).toEqual(['rt-1', 'at-1']);
  });
});

describe('a nonce at the sign-in', () => {
  const asking = (headers: Record<string, string>) => () =>
    Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers });
  it.each<[string, () => Response, calls: number, status: number, code: string]>([
    ['asked for twice', asking({ 'dpop-nonce': 'again' }), 2, 503, 'PROVIDER_UNAVAILABLE'],
    ['asked for without one', asking({}), 1, 503, 'PROVIDER_UNAVAILABLE'],
    ['that is empty', asking({ 'dpop-nonce': '' }), 1, 503, 'PROVIDER_UNAVAILABLE'],
    ['with a space', asking({ 'dpop-nonce': 'a b' }), 1, 503, 'PROVIDER_UNAVAILABLE'],
    ['with a quote', asking({ 'dpop-nonce': 'a"b' }), 1, 503, 'PROVIDER_UNAVAILABLE'],
    ['with a letter outside ASCII', asking({ 'dpop-nonce': 'caf\u00e9' }), 1, 503, 'PROVIDER_UNAVAILABLE'],
    ['of 2 KB', asking({ 'dpop-nonce': 'n'.repeat(2_048) }), 1, 503, 'PROVIDER_UNAVAILABLE'],
  ])('%s', async (_, answer, calls, status, code) => {
    const world = await deployed('require');
    world.provider.lies.instead.token = answer;
    const { response } = await world.browser().navigate('/dashboard');
    expect([response.status, world.provider.calls('token').length]).toEqual([status, calls]);
    expect(world.events('problem')).toMatchObject([
      { code, reason: 'the provider answered 400 use_dpop_nonce; see SSO_DPOP' },
    ]);
  });

  it.each([400, 401])('is answered when it is asked for with %i', async (status) => {
    const world = await deployed('require', { dpop: 'required' });
    const nonces = ['first'];
    world.provider.lies.instead.token = () => {
      const nonce = nonces.pop();
      return nonce ? Response.json({ error: 'use_dpop_nonce' }, { status, headers: { 'dpop-nonce': nonce } }) : null;
    };
    expect((await world.browser().navigate('/dashboard')).response.status).toBe(200);
    expect(outcomes(world)).toEqual(['instead', 'ok']);
  });
});

describe('a renewal with DPoP', () => {
  const renewed = async (world: World, browser: Browser) => {
    world.pass(EXPIRED);
    return (await browser.fetch('/api/me')).status;
  };

  it('proves the same key, and the refresh tokens rotate', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    const key = await keyOf(world, browser);
    for (const _ of [1, 2]) expect(await renewed(world, browser)).toBe(200);
    expect(world.provider.refreshPresentations().map(({ token }) => token?.id)).toEqual(['rt-1', 'rt-2']);
    expect([await typeOf(world, browser), await keyOf(world, browser)]).toEqual(['DPoP', key]);
  });

  it('presents a refresh token twice only where `use_dpop_nonce` is in between, within one attempt', async () => {
    const world = await deployed('require', { dpop: 'required', dpopNonce: 'changing' });
    const browser = await world.signedIn();
    const cold = world.browser(await world.anotherIsolate());
    cold.cookies.set('__Host-Http-session', browser.cookies.get('__Host-Http-session')?.value ?? '');
    expect(await renewed(world, cold)).toBe(200);
    const presented = world.provider.refreshPresentations().map(({ token, outcome }) => [token?.id, outcome]);
    expect(presented).toEqual([
      ['rt-1', 'use_dpop_nonce'],
      ['rt-1', 'ok'],
    ]);
    expect(renewals(world)).toEqual([['refreshed', undefined]]);
    expect(world.provider.familyRevoked).toBe(false);
  });

  it('asks once for thirty requests of two cold isolates, with one answer to the nonce', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const isolates = [await world.anotherIsolate(), await world.anotherIsolate()];
    const browsers = Array.from({ length: 30 }, (_, index) => world.browser(isolates[index % 2]));
    for (const { cookies } of browsers)
      cookies.set('__Host-Http-session', browser.cookies.get('__Host-Http-session')?.value ?? '');
    const answers = await Promise.all(browsers.map((one) => one.fetch('/api/me')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(world.provider.refreshPresentations().map(({ outcome }) => outcome)).toEqual(['use_dpop_nonce', 'ok']);
  });

  it.each<[string, string, Record<string, string>, presentations: number]>([
    ['a nonce that is asked for twice', 'use_dpop_nonce', { 'dpop-nonce': 'again' }, 2],
    ['no nonce where one is asked for', 'use_dpop_nonce', {}, 1],
    ['a nonce of odd content', 'use_dpop_nonce', { 'dpop-nonce': 'a b' }, 1],
  ])('survives %s: the token was not used', async (_, error, headers, presentations) => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    world.provider.lies.instead.token = () => Response.json({ error }, { status: 400, headers });
    expect(await renewed(world, browser)).toBe(503);
    expect(world.provider.refreshPresentations()).toHaveLength(presentations);
    expect(renewals(world)).toEqual([['postponed', `the provider answered 400 ${error}; see SSO_DPOP`]]);
    world.provider.beHonest();
    await world.passInRedis(60, browser);
    expect(await renewed(world, browser)).toBe(200);
  });

  it('waits while a refused proof costs nothing, and ends the session with its access token', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    world.provider.lies.instead.token = () => Response.json({ error: 'invalid_dpop_proof' }, { status: 400 });
    world.pass(EXPIRED - 60);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await world.isolate.settled();
    await world.passInRedis(60, browser);
    expect(await renewed(world, browser)).toBe(401);
    const reason = 'the provider answered 400 invalid_dpop_proof; see SSO_DPOP';
    expect(renewals(world)).toEqual([
      ['postponed', reason],
      ['ended', reason],
    ]);
  });

  it('never answers a nonce again when the second try is lost: the outcome is unknown', async () => {
    const world = await deployed('require', { dpop: 'required' });
    const browser = await world.signedIn();
    const asks = [true];
    world.provider.lies.instead.token = () => {
      if (!asks.pop()) throw new TypeError('terminated');
      return Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers: { 'dpop-nonce': 'new' } });
    };
    expect(await renewed(world, browser)).toBe(503);
    world.provider.beHonest();
    await world.passInRedis(60, browser);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(world.provider.refreshPresentations()).toHaveLength(2);
    expect(renewals(world)).toEqual([['uncertain', expect.any(String)]]);
  });

  it('answers a nonce within the time of one presentation: nothing is left of it for the second', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    const answers = [7_000, null];
    world.provider.lies.instead.token = async () => {
      const late = answers.shift();
      await new Promise((resolve) => late && setTimeout(resolve, late)); // the second never comes
      return Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers: { 'dpop-nonce': 'new' } });
    };
    expect(await world.skippingWaits(renewed(world, browser))).toBe(503);
    await world.skippingWaits(world.isolate.settled());
    expect(world.provider.refreshPresentations()).toHaveLength(2);
    const [{ outcome, ms = 0 } = {}] = world.events('renewal');
    expect([outcome, Math.floor(Number(ms) / 1000)]).toEqual(['uncertain', 8]);
  });

  it('ends the session whose tokens become Bearer under `require`, and revokes them', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    world.provider.lies.tokenResponse = (json) => ({ ...json, token_type: 'Bearer' });
    expect(await renewed(world, browser)).toBe(401);
    await world.isolate.settled();
    expect(renewals(world)).toEqual([['ended', 'not a DPoP token; see SSO_DPOP']]);
    expect(world.provider.calls('revocation').map(({ token }) => token?.kind)).toContain('refresh_token');
  });

  it('takes tokens that become Bearer under `auto` for what they are, and still proves the key', async () => {
    const world = await deployed('auto');
    const browser = await world.signedIn();
    world.provider.lies.tokenResponse = (json) => ({ ...json, token_type: 'bearer' });
    expect(await renewed(world, browser)).toBe(200);
    expect(await typeOf(world, browser)).toBeUndefined();
    world.provider.beHonest();
    expect(await renewed(world, browser)).toBe(200);
    expect(await typeOf(world, browser)).toBe('DPoP');
  });

  it('proves the key where the access token of the sign-in was Bearer: the refresh token may be bound alone', async () => {
    const world = await deployed('auto');
    world.provider.lies.tokenResponse = (json) => ({ ...json, token_type: 'Bearer' });
    const browser = await world.signedIn();
    expect(await typeOf(world, browser)).toBeUndefined();
    expect(await renewed(world, browser)).toBe(200);
    expect(world.provider.refreshPresentations().map(({ outcome }) => outcome)).toEqual(['ok']);
  });

  it('keeps the kind of token where an answer does not say it', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    world.provider.lies.tokenResponse = ({ token_type: _, ...json }) => json;
    expect(await renewed(world, browser)).toBe(200);
    expect(await typeOf(world, browser)).toBe('DPoP');
  });
});

describe('a session that began under another SSO_DPOP', () => {
  /** The session of a browser, in an isolate of the next deployment. */
  async function redeployed(before: string, after: string, provider: ProviderOptions) {
    const world = await deployed(before, provider);
    const browser = world.browser(await world.anotherIsolate({ SSO_DPOP: after }));
    const first = await world.signedIn();
    browser.cookies.set('__Host-Http-session', first.cookies.get('__Host-Http-session')?.value ?? '');
    world.pass(EXPIRED);
    return { world, browser };
  }

  it('goes on with Bearer tokens under `auto`', async () => {
    const { world, browser } = await redeployed('off', 'auto', { dpop: 'announced' });
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect([await typeOf(world, browser), await keyOf(world, browser)]).toEqual([undefined, undefined]);
  });

  it('ends under `require` at its next renewal, without a try; the next sign-in is bound, and lasts', async () => {
    const { world, browser } = await redeployed('off', 'require', { dpop: 'announced' });
    expect((await browser.fetch('/api/me')).status).toBe(401);
    await world.isolate.settled();
    expect(renewals(world)).toEqual([['ended', 'signed in without DPoP; see SSO_DPOP']]);
    expect(world.provider.refreshPresentations()).toEqual([]);
    await expect.poll(() => world.provider.calls('revocation').map(({ token }) => token?.id)).toEqual(['rt-1']);
    await browser.navigate('/dashboard');
    expect(await typeOf(world, browser)).toBe('DPoP');
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('keeps its key when DPoP is switched off', async () => {
    const { world, browser } = await redeployed('require', 'off', REQUIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(await typeOf(world, browser)).toBe('DPoP');
  });
});

describe('userinfo with a DPoP token', () => {
  const ENV = { SSO_DPOP: 'require', SSO_USERINFO: 'always' };
  const userinfo = (world: World) => world.provider.calls('userinfo').map(({ outcome }) => outcome);

  it.each<[string, ProviderOptions]>([
    ['without nonces', { dpop: 'required' }],
    ['with the nonce that the token endpoint has given', REQUIRED],
    ['with a nonce that changes', { dpop: 'required', dpopNonce: 'changing' }],
  ])('is asked %s, at the sign-in and in a renewal', async (_, provider) => {
    const world = await createWorld({ provider: { claimsAt: 'userinfo', ...provider }, env: ENV });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(userinfo(world)).toEqual(['ok', 'ok']);
    expect((await recordOf(world, browser)).get('claims.name')).toBe('Ana Example');
  });

  it('is asked once more with the nonce that it wants', async () => {
    const world = await createWorld({ provider: { claimsAt: 'userinfo', dpop: 'required' }, env: ENV });
    const challenges = ['DPoP error="use_dpop_nonce", algs="ES256"'];
    world.provider.lies.instead.userinfo = () => {
      const challenge = challenges.pop();
      const headers = { 'www-authenticate': challenge ?? '', 'dpop-nonce': 'of-userinfo' };
      return challenge ? new Response(null, { status: 401, headers }) : null;
    };
    const browser = await world.signedIn();
    expect(userinfo(world)).toEqual(['instead', 'ok']);
    expect((await recordOf(world, browser)).get('claims.name')).toBe('Ana Example');
  });
});

describe('an upstream with a DPoP token', () => {
  const proofOf = ({ headers }: { readonly headers: Headers }) => decodeJwt(headers.get('dpop') ?? '');
  const nonces = (world: World) => world.api.calls.map((call) => proofOf(call).nonce);
  /** An API that takes no proof without this nonce (RFC 9449 §9). */
  const wanting = (nonce: string, ok: () => Response) => (call: ApiCall) => {
    const headers = { 'dpop-nonce': nonce, 'www-authenticate': 'DPoP error="use_dpop_nonce", algs="ES256"' };
    return proofOf(call).nonce === nonce ? ok() : new Response(null, { status: 401, headers });
  };

  it('gets a proof of the key of the session, for this request and token', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    await browser.fetch('/api/backend/items/a%20b?q=1', { method: 'DELETE' });
    const [call] = world.api.calls;
    const [scheme, token = ''] = call?.headers.get('authorization')?.split(' ') ?? [];
    const proof = call?.headers.get('dpop') ?? '';
    const { jwk } = decodeProtectedHeader(proof);
    const record = await recordOf(world, browser);
    expect([scheme, token]).toEqual(['DPoP', record.get('tokens.accessToken')]);
    expect(jwk).toEqual({ kty: 'EC', crv: 'P-256', x: record.get('dpopKey.x'), y: record.get('dpopKey.y') });
    const { payload } = await compactVerify(proof, await importJWK(jwk as JWK, 'ES256'));
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      htm: 'DELETE',
      htu: `${world.api.base}/items/a%20b`,
      ath: await sha256(token),
    });
  });

  it('gets the nonce that it wants in a second request, and in the first of the next; nothing is renewed', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    world.api.answer = wanting('of-the-api', () => Response.json({ good: true }));
    const answer = await browser.fetch('/api/backend/items', { method: 'POST', body: 'x' });
    expect([answer.status, await answer.json()]).toEqual([200, { good: true }]);
    expect([answer.headers.get('dpop-nonce'), answer.headers.get('www-authenticate')]).toEqual([null, null]);
    expect((await browser.fetch('/api/backend/items')).status).toBe(200);
    expect(nonces(world)).toEqual([undefined, 'of-the-api', 'of-the-api']);
    expect(world.provider.refreshPresentations()).toEqual([]);
  });

  it('gets the nonce that it has named to this request, whatever it names to others meanwhile', async () => {
    const world = await deployed('require');
    const browser = await world.signedIn();
    world.api.answer = (call) => wanting(`for-${new URL(call.url).pathname}`, () => new Response('good'))(call);
    const paths = Array.from({ length: 10 }, (_, at) => `/api/backend/${at}`);
    const answers = await Promise.all(paths.map((path) => browser.fetch(path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
    expect(world.provider.refreshPresentations()).toEqual([]);
  });

  it('gets the nonce of its latest answer, and the provider its own', async () => {
    const world = await deployed('require', { dpop: 'required', dpopNonce: 'constant' });
    const browser = await world.signedIn();
    for (const nonce of ['one', 'two', 'three']) {
      world.api.answer = () => new Response(null, { headers: { 'dpop-nonce': nonce } });
      await browser.fetch('/api/backend/items');
    }
    expect(nonces(world)).toEqual([undefined, 'one', 'two']);
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(world.provider.refreshPresentations().map(({ outcome }) => outcome)).toEqual(['ok']);
  });
});
