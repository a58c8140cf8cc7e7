import { describe, expect, it } from 'vitest';
import { signInWith } from '../world/lying-sign-in';
import type { JsonObject, Lies, ProviderOptions } from '../world/provider';
import { KEYS } from '../world/redis-keys';
import { createWorld, type World } from '../world/world';

const seconds = () => Math.floor(Date.now() / 1000);
const claim = (change: (claims: JsonObject, world: World) => JsonObject) => (lies: Lies, world: World) => {
  lies.idToken = (claims) => change({ ...claims }, world);
};
const set = (name: string, value: unknown) => claim((claims) => ({ ...claims, [name]: value }));
const without = (name: string) => claim(({ [name]: _, ...claims }) => claims);

type Row = [title: string, lie: (lies: Lies, world: World) => void, extras?: string];

/** OIDC Core §3.1.3.7, claim by claim: wrong, missing, of another type. */
const claims: Row[] = [
  ['iss of another provider', set('iss', 'https://evil.test')],
  ['iss with a slash more', claim((claims) => ({ ...claims, iss: `${claims.iss}/` }))],
  ['iss missing', without('iss')],
  ['iss of another type', set('iss', ['https://op.test'])],
  ['aud of another client', set('aud', 'other')],
  ['aud missing', without('aud')],
  ['aud of another type', set('aud', 7)],
  ['aud empty', set('aud', [])],
  [
    'aud with another audience',
    claim((claims, world) => ({ ...claims, aud: [world.provider.clientId, 'other'], azp: world.provider.clientId })),
  ],
  ['aud doubled', claim((claims, world) => ({ ...claims, aud: [world.provider.clientId, world.provider.clientId] }))],
  ['azp of another client', set('azp', 'other')],
  ['azp of another type', set('azp', 7)],
  ['exp over', set('exp', seconds() - 60)],
  ['exp missing', without('exp')],
  ['exp of another type', set('exp', 'tomorrow')],
  ['nbf in the future', set('nbf', seconds() + 120)],
  ['nbf of another type', set('nbf', 'today')],
  ['iat in the future', set('iat', seconds() + 120)],
  ['iat older than ten minutes', set('iat', seconds() - 700)],
  ['iat missing', without('iat')],
  ['iat of another type', set('iat', '0')],
  ['nonce of another login', set('nonce', 'x'.repeat(43))],
  ['nonce missing', without('nonce')],
  ['nonce of another type', set('nonce', 7)],
  ['at_hash of another token', set('at_hash', 'AAAAAAAAAAAAAAAAAAAAAA')],
  ['at_hash of another type', set('at_hash', 7)],
  ['sub missing', without('sub')],
  ['sub empty', set('sub', '')],
  ['sub of another type', set('sub', 7)],
  ['sub of 256 characters', set('sub', 'x'.repeat(256))],
  ['sub that is not ASCII', set('sub', 'ana\u00e9')],
  ['sub with a newline', set('sub', 'ana\n')],
  ['auth_time missing although asked for', without('auth_time'), '&max_age=60'],
  ['auth_time of another type although asked for', set('auth_time', 'now'), '&max_age=60'],
  ['auth_time in the future although asked for', set('auth_time', seconds() + 120), '&max_age=60'],
  ['auth_time null although asked for', set('auth_time', null), '&max_age=60'],
];

/** RFC 8725: signatures that prove nothing. */
const signatures: Row[] = [
  ['alg none', (lies) => Object.assign(lies, { idTokenSigning: { alg: 'none' } })],
  [
    'HS256 with the public key as PEM',
    (lies) => Object.assign(lies, { idTokenSigning: { hs256WithPublicKey: 'pem' } }),
  ],
  [
    'HS256 with the public key as JWK',
    (lies) => Object.assign(lies, { idTokenSigning: { hs256WithPublicKey: 'jwk' } }),
  ],
  ['a key that was never published', (lies) => Object.assign(lies, { idTokenSigning: { otherKey: true } })],
  ['a key that the token brings along', (lies) => Object.assign(lies, { idTokenSigning: { embeddedKey: true } })],
  ['an algorithm that is not announced', (lies) => Object.assign(lies, { idTokenSigning: { otherAlg: 'RS256' } })],
  ['an unknown kid', (lies) => Object.assign(lies, { idTokenSigning: { kid: 'unknown' } })],
  [
    'its signature cut off',
    (lies) => Object.assign(lies, { rawIdToken: (token: string) => token.slice(0, token.lastIndexOf('.') + 1) }),
  ],
  [
    'its payload exchanged',
    (lies) =>
      Object.assign(lies, {
        rawIdToken: (token: string) => token.replace(/\.[^.]+\./, `.${btoa('{"sub":"root"}').replace(/=/g, '')}.`),
      }),
  ],
];

describe.each([...claims, ...signatures])('an ID token with %s', (_, lie, extras) => {
  it('is refused, and what came with it is revoked', async () => {
    const { world, browser, response, body } = await signInWith(lie, extras ? { extras } : {});
    expect([response.status, body.match(/ID_TOKEN_INVALID|PROVIDER_RESPONSE_INVALID/)?.[0]]).toEqual([
      502,
      expect.any(String),
    ]);
    expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
    expect(world.events('tokens_revoked')).toHaveLength(1);
    // The one that lives for months goes first: with it most providers end the others.
    expect(world.provider.calls('revocation')[0]?.token?.kind).toBe('refresh_token');
  });
});

describe('what was asked of the sign-in', () => {
  it.each<Row>([
    ['auth_time older than max_age', set('auth_time', seconds() - 600), '&max_age=60'],
    ['another acr', set('acr', 'urn:sso:loa:password'), '&acr_values=urn%3Asso%3Aloa%3Amfa'],
    ['no acr', without('acr'), '&acr_values=urn%3Asso%3Aloa%3Amfa'],
  ])('and not given: %s', async (_, lie, extras) => {
    const { world, browser, response, body } = await signInWith(lie, extras ? { extras } : {});
    expect(response.status).toBe(400);
    expect(body).toContain('STEP_UP_NOT_MET');
    expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
    expect(world.events('tokens_revoked')).toHaveLength(1);
  });

  it.each<Row>([
    ['auth_time within max_age', set('auth_time', seconds() - 30), '&max_age=60'],
    ['one of the acr_values', set('acr', 'urn:b'), '&acr_values=urn%3Aa+urn%3Ab'],
  ])('and given: %s', async (_, lie, extras) => {
    expect((await signInWith(lie, extras ? { extras } : {})).response.status).toBe(303);
  });
});

const answer =
  (body: string, status = 200, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  (lies: Lies) => {
    lies.tokenResponse = () => new Response(body, { status, headers });
  };
const change = (edit: (json: JsonObject) => JsonObject) => (lies: Lies) => {
  lies.tokenResponse = (json) => edit({ ...json });
};
const error = (code: string, status: number) => answer(JSON.stringify({ error: code, error_ref: 'SSOERR-1' }), status);

describe('a token answer', () => {
  it.each<[title: string, lie: (lies: Lies) => void, status: number, code: string]>([
    [
      'that is not JSON',
      answer('<!doctype html>', 200, { 'content-type': 'text/html' }),
      502,
      'PROVIDER_RESPONSE_INVALID',
    ],
    ['that is broken JSON', answer('{"access_token":'), 502, 'PROVIDER_RESPONSE_INVALID'],
    ['that is JSON but no object', answer('[]'), 502, 'PROVIDER_RESPONSE_INVALID'],
    ['that is null', answer('null'), 502, 'PROVIDER_RESPONSE_INVALID'],
    ['that is empty', answer(''), 502, 'PROVIDER_RESPONSE_INVALID'],
    ['over 1 MB', answer(`{"x":"${'x'.repeat(1_100_000)}"}`), 502, 'PROVIDER_RESPONSE_INVALID'],
    ['that redirects', answer('', 302, { location: 'https://evil.test/token' }), 502, 'PROVIDER_RESPONSE_INVALID'],
    ['404', answer('{}', 404), 502, 'PROVIDER_RESPONSE_INVALID'],
    ['500', answer('{"error":"server_error"}', 500), 502, 'PROVIDER_ERROR'],
    ['500 as HTML', answer('<h1>oops</h1>', 500, { 'content-type': 'text/html' }), 502, 'PROVIDER_ERROR'],
    ['502 as HTML', answer('<h1>bad gateway</h1>', 502, { 'content-type': 'text/html' }), 502, 'PROVIDER_ERROR'],
    ['503', answer('{}', 503, { 'retry-after': '7' }), 503, 'PROVIDER_UNAVAILABLE'],
    ['429', answer('{"error":"too_many_attempts"}', 429, { 'retry-after': '7' }), 503, 'PROVIDER_UNAVAILABLE'],
    ['invalid_grant', error('invalid_grant', 400), 400, 'CODE_REJECTED'],
    ['invalid_grant as 403', error('invalid_grant', 403), 400, 'CODE_REJECTED'],
    ['400 with an empty body', answer('', 400), 400, 'CODE_REJECTED'],
    ['invalid_client', error('invalid_client', 401), 502, 'CLIENT_REJECTED'],
    [
      '401 with a challenge and no body',
      answer('', 401, { 'www-authenticate': 'Basic realm="x"' }),
      502,
      'CLIENT_REJECTED',
    ],
    ['invalid_grant as 200', error('invalid_grant', 200), 400, 'CODE_REJECTED'],
    ['invalid_client as 200', error('invalid_client', 200), 502, 'CLIENT_REJECTED'],
    ['temporarily_unavailable as 200', error('temporarily_unavailable', 200), 503, 'PROVIDER_UNAVAILABLE'],
    ['"Bad Request" as 400', error('Bad Request', 400), 400, 'CODE_REJECTED'],
    ['unauthorized_client', error('unauthorized_client', 400), 502, 'CLIENT_REJECTED'],
    ['invalid_scope', error('invalid_scope', 400), 502, 'PROVIDER_ERROR'],
    ['an error of its own', error('sso_surprise', 400), 502, 'PROVIDER_ERROR'],
    ['without ID token', change(({ id_token: _, ...json }) => json), 502, 'PROVIDER_RESPONSE_INVALID'],
    [
      'with an ID token that is none',
      change((json) => ({ ...json, id_token: 'x.y.z' })),
      502,
      'PROVIDER_RESPONSE_INVALID',
    ],
    [
      'with an access token that no header can have',
      change((json) => ({ ...json, access_token: 'a\nb' })),
      502,
      'PROVIDER_RESPONSE_INVALID',
    ],
    ['without access token', change(({ access_token: _, ...json }) => json), 502, 'PROVIDER_RESPONSE_INVALID'],
    [
      'with an access token of another type',
      change((json) => ({ ...json, access_token: 7 })),
      502,
      'PROVIDER_RESPONSE_INVALID',
    ],
    ['without token_type', change(({ token_type: _, ...json }) => json), 502, 'PROVIDER_RESPONSE_INVALID'],
    ['with token_type mac', change((json) => ({ ...json, token_type: 'mac' })), 502, 'PROVIDER_RESPONSE_INVALID'],
    ['with token_type DPoP', change((json) => ({ ...json, token_type: 'DPoP' })), 502, 'PROVIDER_RESPONSE_INVALID'],
    [
      'with a refresh token of another type',
      change((json) => ({ ...json, refresh_token: {} })),
      502,
      'PROVIDER_RESPONSE_INVALID',
    ],
    ['cut in half', (lies) => Object.assign(lies.cut, { token: true }), 502, 'PROVIDER_RESPONSE_INVALID'],
  ])('%s', async (_, lie, status, code) => {
    const { world, browser, response, body } = await signInWith(lie);
    expect([response.status, body.includes(code)]).toEqual([status, true]);
    expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
    expect(response.headers.get('retry-after') !== null).toBe(status === 503);
    expect(world.provider.ledger.filter(({ endpoint }) => endpoint === 'token')).toHaveLength(1);
  });

  it('tells the person how long to wait, and the provider’s reference', async () => {
    const unavailable = await signInWith(answer('{}', 503, { 'retry-after': '7' }));
    expect(unavailable.response.headers.get('retry-after')).toBe('7');
    expect((await signInWith(error('invalid_client', 401))).body).toContain('SSOERR-1');
  });

  it('with an expires_in beyond all calendars is fine', async () => {
    const { browser, response } = await signInWith(change((json) => ({ ...json, expires_in: 1e18 })));
    expect(response.status).toBe(303);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('without refresh token, without scope or with expires_in as text is fine', async () => {
    for (const edit of [
      ({ refresh_token: _, ...json }: JsonObject) => json,
      ({ scope: _, ...json }: JsonObject) => json,
      (json: JsonObject) => ({ ...json, expires_in: String(json.expires_in) }),
      (json: JsonObject) => ({ ...json, token_type: 'BEARER' }),
    ])
      expect((await signInWith(change(edit))).response.status).toBe(303);
  });
});

describe('keys', () => {
  it('rotated right after they were fetched are fetched again, once, and the sign-in succeeds', async () => {
    const world = await createWorld();
    await world.signedIn();
    await world.provider.rotateKeys();
    const before = world.provider.calls('jwks').length;
    const { response } = await world.browser().navigate('/dashboard');
    expect(response.status).toBe(200);
    expect(world.provider.calls('jwks').length - before).toBe(1);
  });

  it('asked for with an unknown kid again and again are fetched by who gets leave to, for a second at a time', async () => {
    const world = await createWorld();
    await world.signedIn();
    world.provider.lies.idTokenSigning = { kid: 'unknown' };
    const before = world.provider.calls('jwks').length;
    const fetched = () => world.provider.calls('jwks').length - before;
    const refused: unknown[] = [];
    world.redis.fault = async (pass, _, [, , , key, , milliseconds]) => {
      const isClaim = String(key).startsWith(KEYS.claim) && String(key).endsWith(':jwks');
      if (!isClaim || refused.length === 2) return pass();
      refused.push([milliseconds, fetched()]);
      return Response.json({ result: 'used' }); // by another isolate
    };
    await Promise.all(Array.from({ length: 8 }, () => world.browser().navigate('/dashboard')));
    expect(refused).toEqual(Array(2).fill(['1000', 0]));
    expect(fetched()).toBeGreaterThan(0); // once a second, for as long as the sign-ins take
  });

  it('without kid are tried one by one', async () => {
    const { response } = await signInWith((lies) => Object.assign(lies, { idTokenSigning: { kid: undefined } }));
    expect(response.status).toBe(303);
  });

  it.each<[string, (lies: Lies) => void, number]>([
    ['not JSON', (lies) => Object.assign(lies, { jwks: () => new Response('<html>') }), 502],
    ['without keys', (lies) => Object.assign(lies, { jwks: () => ({}) }), 502],
    ['500', (lies) => Object.assign(lies, { jwks: () => new Response('', { status: 500 }) }), 503],
    ['404', (lies) => Object.assign(lies, { jwks: () => new Response('', { status: 404 }) }), 502],
    [
      '404 with keys',
      (lies) => Object.assign(lies, { jwks: (json: JsonObject) => Response.json(json, { status: 404 }) }),
      502,
    ],
    ['empty', (lies) => Object.assign(lies, { jwks: () => ({ keys: [] }) }), 502],
  ])('%s: no session is made, and a 503 alone leaves the flow to a reload', async (_, lie, status) => {
    const { browser, response } = await signInWith(lie);
    expect(response.status).toBe(status);
    const isSpent = /oidc_flow\.[\w-]{16}=; .*Max-Age=0/.test(response.headers.getSetCookie().join('\n'));
    expect(isSpent).toBe(status !== 503);
    expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
  });
});

describe('discovery', () => {
  const discovery = (edit: (json: JsonObject) => JsonObject | Response) => async () => {
    const world = await createWorld();
    world.provider.lies.discovery = (json) => edit({ ...json });
    const { response } = await world.browser().navigate('/dashboard', { redirect: 'manual' });
    return response.status;
  };
  it.each<[string, (json: JsonObject) => JsonObject | Response, number]>([
    ['of another issuer', (json) => ({ ...json, issuer: 'https://evil.test' }), 502],
    ['without issuer', ({ issuer: _, ...json }) => json, 502],
    ['with a token endpoint over http', (json) => ({ ...json, token_endpoint: 'http://op.test/token' }), 502],
    [
      'with an authorization endpoint that is a script',
      (json) => ({ ...json, authorization_endpoint: 'javascript:alert(1)' }),
      502,
    ],
    [
      'with an end-session endpoint over http',
      (json) => ({ ...json, end_session_endpoint: 'http://op.test/out' }),
      502,
    ],
    [
      'with a revocation endpoint over http',
      (json) => ({ ...json, revocation_endpoint: 'http://op.test/revoke' }),
      502,
    ],
    [
      'with a PAR endpoint over http',
      (json) => ({ ...json, pushed_authorization_request_endpoint: 'http://op.test/par' }),
      502,
    ],
    ['without token endpoint', ({ token_endpoint: _, ...json }) => json, 502],
    ['without jwks_uri', ({ jwks_uri: _, ...json }) => json, 502],
    ['with PKCE plain only', (json) => ({ ...json, code_challenge_methods_supported: ['plain'] }), 502],
    [
      'with HMAC signatures only',
      (json) => ({ ...json, id_token_signing_alg_values_supported: ['HS256', 'none'] }),
      502,
    ],
    ['that is not JSON', () => new Response('<html>', { headers: { 'content-type': 'text/html' } }), 502],
    ['that redirects', () => new Response('', { status: 302, headers: { location: 'https://evil.test' } }), 502],
    ['404', () => new Response('', { status: 404 }), 502],
    ['500', () => new Response('', { status: 500 }), 503],
    ['429', () => new Response('', { status: 429 }), 503],
  ])('%s: no login', async (_, edit, status) => {
    expect(await discovery(edit)()).toBe(status);
  });

  it('with a query in the authorization endpoint keeps it', async () => {
    const world = await createWorld();
    world.provider.lies.discovery = (json) => ({
      ...json,
      authorization_endpoint: `${json.authorization_endpoint}?tenant=a%2Fb`,
    });
    const { hops } = await world.browser().navigate('/dashboard', { redirect: 'manual' });
    expect(new URL(hops[0]?.headers.get('location') ?? '').searchParams.get('tenant')).toBe('a/b');
  });
});

describe('providers that are different, and right', () => {
  it.each<[string, ProviderOptions]>([
    ['an issuer with a path', { issuer: 'https://op-path.test/tenant/one' }],
    ['an issuer with a trailing slash', { issuer: 'https://op-slash.test/' }],
    ['aud as a one-element array', { aud: 'array' }],
    ['iss in the callback, announced', { callbackIss: 'announced' }],
    ['iss in the callback, unannounced', { callbackIss: 'unannounced' }],
    ['no sid', { sid: 'absent' }],
    ['a sid that is the user’s id', { sid: 'subject' }],
    ['auth_time 0', { authTime: 'zero' }],
    ['no auth_time', { authTime: 'absent' }],
    ['no revocation and no end session', { revocation: false, endSession: false }],
    ['PKCE unannounced', { announcesPkce: false }],
    ['algorithms unannounced', { announcesAlgs: false }],
    ['RS256', { alg: 'RS256' }],
    ['PS256', { alg: 'PS256' }],
    ['ES384', { alg: 'ES384' }],
    ['client_secret_basic only', { authMethods: ['client_secret_basic'] }],
    ['client_secret_post only', { authMethods: ['client_secret_post'] }],
    ['methods unannounced', { authMethods: 'unannounced' }],
    ['PAR offered', { par: 'offered' }],
    ['PAR required', { par: 'required' }],
  ])('%s', async (_, provider) => {
    const world = await createWorld({ provider });
    const browser = await world.signedIn();
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it.each([[['none']], [['none', 'private_key_jwt']], [['none', 'client_secret_post']]] as const)(
    'a public client where what is announced is %j',
    async (authMethods) => {
      const provider = { client: 'public', authMethods } as const;
      const world = await createWorld({ provider, env: { SSO_CLIENT_SECRET: '' } });
      expect((await (await world.signedIn()).fetch('/api/me')).status).toBe(200);
    },
  );

  it('a public client, without any secret', async () => {
    const world = await createWorld({ provider: { client: 'public' }, env: { SSO_CLIENT_SECRET: '' } });
    expect((await (await world.signedIn()).fetch('/api/me')).status).toBe(200);
  });

  it('private_key_jwt', async () => {
    const env = { SSO_CLIENT_AUTH_METHOD: 'private_key_jwt' };
    const world = await createWorld({ provider: { client: 'private_key_jwt' }, env });
    expect((await (await world.signedIn()).fetch('/api/me')).status).toBe(200);
  });

  it('PAR: the browser carries a reference and the client id, nothing else', async () => {
    const world = await createWorld({ provider: { par: 'required' } });
    const { hops } = await world.browser().navigate('/auth/login', { redirect: 'manual' });
    const { searchParams } = new URL(hops[0]?.headers.get('location') ?? '');
    expect([...searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
  });

  it('the log names the check of the library that failed by its code, which a minifier leaves as it is', async () => {
    const { world } = await signInWith((lies) => {
      lies.idTokenSigning = { otherKey: true };
    });
    const [problem] = world.events('problem');
    expect(problem).toMatchObject({ reason: 'signature', cause: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
  });

  it.each([400, 403])(
    'PAR refused with %d and no word: no code was refused, and the page does not say so',
    async (status) => {
      const world = await createWorld({ provider: { par: 'required' } });
      world.provider.lies.instead.par = () => new Response(null, { status });
      const { response } = await world.browser().navigate('/dashboard');
      expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('PROVIDER_ERROR')]);
    },
  );

  it('an announced iss that is missing is a refusal', async () => {
    const { response, body } = await signInWith(
      (lies) => Object.assign(lies, { authorize: (p: URLSearchParams) => p }),
      { provider: { callbackIss: 'announced' } },
    );
    expect([response.status, body]).toEqual([303, '']);
    const world = await createWorld({ provider: { callbackIss: 'announced' } });
    world.provider.lies.authorize = (parameters) => {
      parameters.delete('iss');
      return parameters;
    };
    const missing = await world.browser().navigate('/dashboard');
    expect(missing.response.status).toBe(400);
    expect(await missing.response.text()).toContain('ISSUER_MISMATCH');
  });
});
