import { describe, expect, it } from 'vitest';
import type { ConfigError, GateError } from '../../lib/errors';
import type { Metadata } from '../../lib/protocol/discovery';
import { createMetadata } from '../../lib/provider/metadata';
import type { Documents } from '../../lib/store/provider-cache';
import type { ProviderSettings } from '../../lib/types/settings';

const HTTPS = 'https://op.example';
const LOCAL = 'http://127.0.0.1:4000';
const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'end_session_endpoint',
  'userinfo_endpoint',
  'revocation_endpoint',
  'pushed_authorization_request_endpoint',
];

interface Found {
  readonly metadata?: Metadata;
  readonly error?: GateError;
  /** The address that was asked. */
  readonly asked: string;
}

/** What discovery comes to for these settings, with this answer. */
async function discover(place: Partial<ProviderSettings>, answer: Response): Promise<Found> {
  let asked = '';
  const fetch = async (url: string) => {
    asked = url;
    return answer;
  };
  const recent: Documents['recent'] = async (_name, _age, load) => ({ value: await load(), at: 0 });
  const documents = { recent } as unknown as Documents;
  const settings = { issuer: HTTPS, discoveryUrl: undefined, profile: 'none', ...place } as const;
  return createMetadata({ place: settings, documents, fetch })().then(
    (metadata) => ({ metadata, asked }),
    (error: GateError) => ({ error, asked }),
  );
}

const honest = (issuer: string) => ({
  ...Object.fromEntries(ENDPOINTS.map((name) => [name, `${new URL(issuer).origin}/${name}`])),
  issuer,
});

/** What an issuer's metadata come to, when one member is another. */
async function discovered(issuer: string, change: Readonly<Record<string, unknown>>) {
  const { error } = await discover({ issuer }, Response.json({ ...honest(issuer), ...change }));
  return error === undefined ? 'taken' : error.code;
}

describe.each(ENDPOINTS)('%s', (name) => {
  it.each([
    [HTTPS, 'http://op.example/x'],
    [HTTPS, 'http://127.0.0.1:4000/x'],
    [HTTPS, 'https://user@op.example/x'],
    [HTTPS, 'https://user:secret@op.example/x'],
    [HTTPS, 'https://:secret@op.example/x'],
    [HTTPS, 'https://op.example/x#here'],
    [HTTPS, 'https://op.example/x#'],
    [HTTPS, 'ftp://op.example/x'],
    [HTTPS, '/x'],
    [HTTPS, ['https://op.example/x']],
    [HTTPS, false],
    [LOCAL, 'http://op.example/x'],
    [LOCAL, 'http://10.0.0.7/x'],
    [LOCAL, 'http://localhost.evil.example/x'],
    [LOCAL, 'http://127.0.0.1@evil.example/x'],
    [LOCAL, 'http://user@127.0.0.1:4000/x'],
    [LOCAL, 'http://127.0.0.1:4000/x#here'],
    [LOCAL, 'ws://127.0.0.1:4000/x'],
  ])('of %s is refused as %j', async (issuer, value) => {
    expect(await discovered(issuer, { [name]: value })).toBe('PROVIDER_RESPONSE_INVALID');
  });

  it.each([
    [HTTPS, 'https://login.example/x?tenant=a%2Fb'],
    [LOCAL, 'http://127.0.0.1:4000/x'],
    [LOCAL, 'http://localhost:4001/x'],
    [LOCAL, 'http://[::1]:4001/x'],
    [LOCAL, 'https://op.example/x'],
  ])('of %s is taken as %j', async (issuer, value) => {
    expect(await discovered(issuer, { [name]: value })).toBe('taken');
  });
});

const REQUIRED = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'];

describe.each([[null], [''], [[]]])('a member that is %j', (nothing) => {
  it.each(ENDPOINTS)('counts as absent: %s', async (name) => {
    const expected = REQUIRED.includes(name) ? 'PROVIDER_RESPONSE_INVALID' : 'taken';
    expect(await discovered(HTTPS, { [name]: nothing })).toBe(expected);
  });

  it.each([
    'code_challenge_methods_supported',
    'token_endpoint_auth_methods_supported',
    'id_token_signing_alg_values_supported',
    'scopes_supported',
    'claims_supported',
  ])('counts as absent: %s', async (name) => {
    const { metadata } = await discover({}, Response.json({ ...honest(HTTPS), [name]: nothing }));
    const { metadata: without } = await discover({}, Response.json(honest(HTTPS)));
    expect(metadata).toBeDefined();
    expect(metadata).toEqual(without);
  });
});

describe.each([['a text'], [{}], [7]])('what is supported, said as %j,', (odd) => {
  it.each([
    'code_challenge_methods_supported',
    'token_endpoint_auth_methods_supported',
    'revocation_endpoint_auth_methods_supported',
    'scopes_supported',
    'claims_supported',
    'authorization_response_iss_parameter_supported',
  ])('counts as absent: %s', async (name) => {
    const { metadata } = await discover({}, Response.json({ ...honest(HTTPS), [name]: odd }));
    const { metadata: without } = await discover({}, Response.json(honest(HTTPS)));
    expect(metadata).toBeDefined();
    expect(metadata).toEqual(without);
  });
});

it.each([true, false])(
  'a boolean of what is supported stays: %s',
  async (authorization_response_iss_parameter_supported) => {
    const stated = { authorization_response_iss_parameter_supported };
    const { metadata } = await discover({}, Response.json({ ...honest(HTTPS), ...stated }));
    expect(metadata).toMatchObject(stated);
  },
);

describe('the address of the metadata', () => {
  const asked = async (place: Partial<ProviderSettings>) => (await discover(place, Response.json({}))).asked;

  it.each([
    ['https://op.example', 'https://op.example/.well-known/openid-configuration'],
    ['https://op.example/', 'https://op.example/.well-known/openid-configuration'],
    ['https://op.example/realms/a', 'https://op.example/realms/a/.well-known/openid-configuration'],
    ['https://op.example/o/a/', 'https://op.example/o/a/.well-known/openid-configuration'],
    ['https://op.example/{tenantid}/v2.0', 'https://op.example/common/v2.0/.well-known/openid-configuration'],
  ])('of %s is %s', async (issuer, expected) => {
    expect(await asked({ issuer })).toBe(expected);
  });

  it('is SSO_DISCOVERY_URL where that is set', async () => {
    const discoveryUrl = 'https://op.example/tenant/policy/v2.0/.well-known/openid-configuration';
    expect(await asked({ discoveryUrl })).toBe(discoveryUrl);
  });
});

describe('an issuer that is not the one of the discovery document', () => {
  const found = async (issuer: string, named: unknown) =>
    (await discover({ issuer }, Response.json({ ...honest(HTTPS), issuer: named }))).error;

  it.each([
    ['https://op.example/o/a', 'https://op.example/o/a/', 'must end with a slash, as the discovery document names it'],
    [
      'https://op.example/o/a/',
      'https://op.example/o/a',
      'must not end with a slash, as the discovery document names it',
    ],
  ])('%s for %s is a fault of the configuration', async (issuer, named, fault) => {
    const error = (await found(issuer, named)) as ConfigError;
    expect([error.code, error.variables]).toEqual(['MISCONFIGURED', { SSO_ISSUER: fault }]);
  });

  it.each([
    ['https://op.example', 'https://op.example/'],
    ['https://op.example/', 'https://op.example'],
    ['https://op.example/{tenantid}/v2.0', 'https://op.example/{tenantid}/v2.0'],
  ])('%s for %s is the same', async (issuer, named) => {
    expect(await found(issuer, named)).toBeUndefined();
  });

  it.each([
    ['https://other.example'],
    ['https://op.example/a'],
    ['https://op.example/{tenantid}'],
    ['nonsense'],
    [7],
    [undefined],
  ])('%s for https://op.example is refused', async (named) => {
    expect((await found('https://op.example', named))?.code).toBe('PROVIDER_RESPONSE_INVALID');
  });
});

describe('an answer that is no discovery document', () => {
  const html = (status: number) => new Response('<!doctype html>', { status });
  it.each([
    [html(404), 'PROVIDER_RESPONSE_INVALID', 'discovery answered 404; see SSO_ISSUER, SSO_DISCOVERY_URL'],
    [html(200), 'PROVIDER_RESPONSE_INVALID', 'discovery is no JSON object; see SSO_ISSUER, SSO_DISCOVERY_URL'],
    [
      Response.json(null),
      'PROVIDER_RESPONSE_INVALID',
      'discovery is no JSON object; see SSO_ISSUER, SSO_DISCOVERY_URL',
    ],
    [Response.json([]), 'PROVIDER_RESPONSE_INVALID', 'discovery names no issuer'],
    [html(429), 'PROVIDER_UNAVAILABLE', 'discovery answered 429'],
    [html(503), 'PROVIDER_UNAVAILABLE', 'discovery answered 503'],
  ])('case %#: %s', async (answer, code, reason) => {
    const { error } = await discover({}, answer);
    expect([error?.code, error?.details.reason]).toEqual([code, reason]);
  });
});

it('a copy that an earlier version has stored is read without its members that say nothing', async () => {
  const stored = {
    ...honest(HTTPS),
    scopes_supported: null,
    token_endpoint_auth_methods_supported: [],
    revocation_endpoint_auth_methods_supported: null,
  };
  const documents = { recent: async () => ({ value: stored, at: 0 }) } as unknown as Documents;
  const place = { issuer: HTTPS, discoveryUrl: undefined, profile: 'none' } as const;
  const metadata = await createMetadata({ place, documents, fetch: async () => new Response() })();
  expect(metadata).toEqual(honest(HTTPS));
});

describe('what is refused on purpose', () => {
  it.each([
    [
      'id_token_signing_alg_values_supported',
      ['HS256', 'none'],
      'no asymmetric signature algorithm (HMAC is refused on purpose)',
    ],
    ['code_challenge_methods_supported', ['plain'], 'PKCE S256 is not supported (refused on purpose)'],
  ])('%s of %j has the reason %s', async (name, value, reason) => {
    const { error } = await discover({}, Response.json({ ...honest(HTTPS), [name]: value }));
    expect([error?.code, error?.details.reason]).toEqual(['PROVIDER_RESPONSE_INVALID', reason]);
  });
});
