import { CompactSign, createLocalJWKSet, generateKeyPair, type JSONWebKeySet } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { ProviderError } from '../../lib/errors';
import type { Metadata } from '../../lib/protocol/discovery';
import { proveLogoutToken } from '../../lib/protocol/logout-token';
import { createKeys, type Keys, type SigningFault } from '../../lib/testing/provider-keys';
import type { JsonObject } from '../world/provider';
import { settingsWith } from '../world/settings';

const NOW = 1_800_000_000;
const TOLERANCE = 30;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const METADATA: Metadata = {
  issuer: 'https://op.example',
  authorization_endpoint: 'https://op.example/authorize',
  token_endpoint: 'https://op.example/token',
  jwks_uri: 'https://op.example/jwks',
  id_token_signing_alg_values_supported: ['ES256'],
};

let keys: Keys;
beforeAll(async () => {
  keys = await createKeys({ alg: 'ES256', keyIds: 'own' });
});

interface Circumstances {
  readonly env?: Readonly<Record<string, string>>;
  readonly metadata?: Partial<Metadata>;
}

/** Proves a token; `asked` counts how often metadata and keys were looked up. */
async function prove(token: string, { env, metadata }: Circumstances = {}) {
  const { provider: client } = settingsWith(env);
  let asked = 0;
  const outcome = await proveLogoutToken(token, {
    client,
    now: () => NOW * 1000,
    async metadata() {
      asked += 1;
      return { ...METADATA, ...metadata };
    },
    keys: { use: (_, verify) => verify(createLocalJWKSet(keys.jwks() as unknown as JSONWebKeySet)) },
  }).catch((error: unknown) => error);
  return { outcome, asked };
}

/** A logout token with other claims; one that is undefined is left out. */
const token = (claims: JsonObject = {}, lie?: SigningFault, typ = 'logout+jwt') =>
  keys.sign({ ...HONEST, ...claims }, typ, lie);
const HONEST = {
  iss: METADATA.issuer,
  aud: 'gate',
  iat: NOW - 1,
  exp: NOW + 120,
  jti: 'the-jti',
  events: { [EVENT]: {} },
  sid: 'the-sid',
  sub: 'ana',
};
const PROVEN = { issuer: METADATA.issuer, jti: 'the-jti', iat: NOW - 1, sid: 'the-sid', sub: 'ana' };

const oneTenant = {
  env: { SSO_ISSUER: 'https://op.example/{tenantid}', SSO_TENANTS: 't-1' },
  metadata: { issuer: 'https://op.example/{tenantid}' },
};

type Accepted = [title: string, make: () => Promise<string>, proven?: object, circumstances?: Circumstances];
const accepted: Accepted[] = [
  ['as the standard has it', () => token()],
  ...['JWT', 'jwt', 'LOGOUT+JWT', 'application/logout+jwt', 'application/jwt'].map(
    (typ): Accepted => [`typ ${typ}`, () => token({}, { typ })],
  ),
  ['no typ', () => token({}, { typ: undefined })],
  ['no kid', () => token({}, { kid: undefined })],
  ['no exp', () => token({ exp: undefined })],
  ['exp null', () => token({ exp: null })],
  ['exp over within the tolerance', () => token({ exp: NOW - TOLERANCE + 1 })],
  ['iat in the future within the tolerance', () => token({ iat: NOW + TOLERANCE }), { iat: NOW + TOLERANCE }],
  ['iat with a fraction', () => token({ iat: NOW - 0.25 })],
  ['iat of last year', () => token({ iat: NOW - 31_536_000 }), { iat: NOW - 31_536_000 }],
  ['nbf of the past', () => token({ nbf: NOW - 1 })],
  ['aud as a list', () => token({ aud: ['gate'] })],
  [
    'a trusted audience beside this client, and no azp',
    () => token({ aud: ['gate', 'project'] }),
    {},
    { env: { SSO_TRUSTED_AUDIENCES: 'project' } },
  ],
  ['sid alone', () => token({ sub: undefined }), { sub: undefined }],
  ['sub alone', () => token({ sid: undefined }), { sid: undefined }],
  ['sid null beside a sub', () => token({ sid: null }), { sid: undefined }],
  ['sub empty beside a sid', () => token({ sub: '' }), { sub: undefined }],
  ['sid of 1,024 characters', () => token({ sid: 's'.repeat(1024) }), { sid: 's'.repeat(1024) }],
  ['sub of 255 characters', () => token({ sub: 's'.repeat(255) }), { sub: 's'.repeat(255) }],
  ['further claims', () => token({ trace_id: 'x', auth_time: 'whenever' })],
  ['further events', () => token({ events: { [EVENT]: { more: 1 }, 'https://other.example': {} } })],
  [
    'the issuer of a tenant that may sign in',
    () => token({ iss: 'https://op.example/t-1' }),
    { issuer: 'https://op.example/t-1' },
    oneTenant,
  ],
];

type Refused = [
  title: string,
  make: () => Promise<string> | string,
  reason: string,
  circumstances?: Circumstances | undefined,
];
const IS_ISS = 'iss; see SSO_ISSUER, SSO_TENANTS';
const IS_AUD = 'aud has other audiences; see SSO_CLIENT_ID, SSO_TRUSTED_AUDIENCES';
const of = (name: string) => `${name}; see SSO_CLOCK_TOLERANCE_SECONDS`;
const claim = (name: string, value: unknown, reason = name, circumstances?: Circumstances): Refused => [
  `${name} ${value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60)}`,
  () => token({ [name]: value }),
  reason,
  circumstances,
];
/** OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6, claim by claim: missing, doubled, of another type, wrong. */
const claims: Refused[] = [
  claim('iss', undefined, IS_ISS),
  claim('iss', 'https://evil.example', IS_ISS),
  claim('iss', 'https://op.example/', IS_ISS),
  claim('iss', ['https://op.example'], IS_ISS),
  claim('iss', ['https://op.example', 'https://op.example'], IS_ISS),
  claim('iss', null, IS_ISS),
  claim('iss', 'https://op.example/t-2', IS_ISS, oneTenant),
  claim('iss', 'https://op.example/{tenantid}', IS_ISS, { ...oneTenant, metadata: {} }),
  ['tid of another tenant than iss', () => token({ iss: 'https://op.example/t-1', tid: 't-2' }), IS_ISS, oneTenant],
  claim('aud', undefined, IS_AUD),
  claim('aud', 'other', IS_AUD),
  claim('aud', [], IS_AUD),
  claim('aud', ['gate', 'gate'], IS_AUD),
  claim('aud', ['gate', 'other'], IS_AUD),
  claim('aud', 7, IS_AUD),
  claim('aud', { gate: true }, IS_AUD),
  claim('iat', undefined, of('iat')),
  claim('iat', null, of('iat')),
  claim('iat', String(NOW), of('iat')),
  claim('iat', [NOW, NOW], of('iat')),
  claim('iat', NOW + TOLERANCE + 1, of('iat')),
  claim('exp', NOW - TOLERANCE, of('exp')),
  claim('exp', 'tomorrow', of('exp')),
  claim('exp', [NOW + 60, NOW + 60], of('exp')),
  claim('exp', { at: NOW }, of('exp')),
  claim('nbf', NOW + TOLERANCE + 1, of('nbf')),
  claim('nbf', 'today', of('nbf')),
  claim('jti', undefined),
  claim('jti', ''),
  claim('jti', 7),
  claim('jti', ['the-jti', 'the-jti']),
  claim('jti', 'j'.repeat(1025)),
  claim('jti', 'a\nb'),
  claim('events', undefined),
  claim('events', null),
  claim('events', EVENT),
  claim('events', [EVENT]),
  claim('events', {}),
  claim('events', { 'http://schemas.openid.net/event/backchannel-logouts': {} }),
  claim('events', { [EVENT.replace('http:', 'https:')]: {} }),
  claim('events', { [EVENT]: true }),
  claim('events', { [EVENT]: null }),
  claim('events', { [EVENT]: [] }),
  claim('events', { [EVENT]: [{}, {}] }),
  claim('nonce', 'n', 'a nonce'),
  claim('nonce', null, 'a nonce'),
  claim('nonce', '', 'a nonce'),
  ['neither sid nor sub', () => token({ sid: undefined, sub: undefined }), 'neither sid nor sub'],
  ['sid and sub that say nothing', () => token({ sid: null, sub: '' }), 'neither sid nor sub'],
  claim('sid', 7),
  claim('sid', { sid: 'the-sid' }),
  claim('sid', ['the-sid', 'the-sid']),
  claim('sid', 'a\u0000b'),
  claim('sid', 'a\r\nb'),
  claim('sid', 'a\u0085b'),
  claim('sid', 's'.repeat(10_240)),
  claim('sub', 7),
  claim('sub', ['ana']),
  claim('sub', 's'.repeat(256)),
  claim('sub', 'ana\u00e9'),
  claim('sub', 'ana\n'),
];

const ID_TOKEN = { events: undefined, jti: 'x', nonce: 'n', azp: 'gate', at_hash: 'x', auth_time: NOW };
const unsigned = (text: string) => text.split('.').slice(0, 2).join('.');

const kinds: Refused[] = [
  ['an ID token of a sign-in', () => token(ID_TOKEN, undefined, 'JWT'), 'events'],
  [
    'an ID token of a renewal, without a nonce',
    () => token({ ...ID_TOKEN, nonce: undefined }, undefined, 'JWT'),
    'events',
  ],
  ['an ID token with the events of a logout token', () => token({ nonce: 'n' }, undefined, 'JWT'), 'a nonce'],
  ['an access token (RFC 9068)', () => token({ events: undefined, client_id: 'gate' }, undefined, 'at+jwt'), 'typ'],
  ['an access token with the events of a logout token', () => token({}, undefined, 'at+jwt'), 'typ'],
  [
    'an access token that calls itself a JWT',
    () => token({ events: undefined, scope: 'openid' }, undefined, 'JWT'),
    'events',
  ],
  ...['application/at+jwt', 'secevent+jwt', 'dpop+jwt', 'logout', 'x-logout+jwt', 'logout+jwt ', ''].map(
    (typ): Refused => [`typ ${JSON.stringify(typ)}`, () => token({}, { typ }), 'typ'],
  ),
  ...[7, null, ['logout+jwt']].map((typ): Refused => [`typ ${JSON.stringify(typ)}`, () => token({}, { typ }), 'typ']),
  ['alg none', () => token({}, { alg: 'none' }), 'signature'],
  ['HS256 with the public key as PEM', () => token({}, { hs256WithPublicKey: 'pem' }), 'signature'],
  ['HS256 with the public key as JWK', () => token({}, { hs256WithPublicKey: 'jwk' }), 'signature'],
  ['another key under a published kid', () => token({}, { otherKey: true }), 'signature'],
  ['a key that the header brings along', () => token({}, { embeddedKey: true }), 'signature'],
  ['a kid that is not published', () => token({}, { kid: 'unknown' }), 'signature'],
  ['a published key with an algorithm that is not allowed', () => token({}, { otherAlg: 'ES384' }), 'signature'],
  ['no signature', async () => `${unsigned(await token())}.`, 'signature'],
  [
    'the signature of another token',
    async () => `${unsigned(await token())}.${(await token({ sid: 'x' })).split('.')[2]}`,
    'signature',
  ],
  ['two parts', async () => unsigned(await token()), 'the logout token cannot be read'],
  ['five parts', () => 'a.b.c.d.e', 'encrypted (refused on purpose)'],
  ['nothing', () => '', 'the logout token cannot be read'],
  ['no base64url', () => '!.!.!', 'the logout token cannot be read'],
  ['a payload that is no object', () => keys.sign([HONEST] as never, 'logout+jwt'), 'the logout token cannot be read'],
];

describe('a logout token (OpenID Connect Back-Channel Logout 1.0 §2.6)', () => {
  it.each(accepted)('is proven: %s', async (_, make, proven, circumstances) => {
    const { outcome } = await prove(await make(), circumstances);
    expect(outcome).toEqual(JSON.parse(JSON.stringify({ ...PROVEN, ...proven })));
  });

  it.each([...claims, ...kinds])('is refused: %s', async (_, make, reason, circumstances) => {
    const { outcome } = await prove(await make(), circumstances);
    expect(outcome).toMatchObject({ code: 'LOGOUT_TOKEN_INVALID', actor: 'sender', details: { reason } });
  });

  it.each([
    ['nonce', '"n"', 'a nonce'],
    ['aud', '"other"', IS_AUD],
    ['iss', '"https://evil.example"', IS_ISS],
    ['sid', '7', 'sid'],
    ['events', '{}', 'events'],
  ])('is judged by the last member, where its text has %s twice (RFC 7519 §4)', async (name, last, reason) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const text = JSON.stringify(HONEST).replace(/}$/, `,"${name}":${last}}`);
    const signed = new CompactSign(new TextEncoder().encode(text)).setProtectedHeader({ alg: 'ES256' });
    const proof = proveLogoutToken(await signed.sign(privateKey), {
      client: settingsWith().provider,
      now: () => NOW * 1000,
      metadata: async () => METADATA,
      keys: { use: (_, verify) => verify(async () => publicKey) },
    });
    await expect(proof).rejects.toMatchObject({ code: 'LOGOUT_TOKEN_INVALID', details: { reason } });
  });

  it('that is refused for its claims costs no look at the documents of the provider', async () => {
    for (const claims of [{ nonce: 'n' }, { aud: 'other' }, { iat: undefined }, { events: {} }, { sid: 7 }])
      expect((await prove(await token(claims))).asked).toBe(0);
    expect((await prove(await token())).asked).toBe(1);
  });

  it('cannot be judged while the keys cannot be had: the failure is the provider’s', async () => {
    const failure = new ProviderError('PROVIDER_UNAVAILABLE', { reason: 'timeout' });
    const proof = proveLogoutToken(await token(), {
      client: settingsWith().provider,
      now: () => NOW * 1000,
      metadata: async () => METADATA,
      keys: { use: () => Promise.reject(failure) },
    });
    await expect(proof).rejects.toBe(failure);
  });
});
