import { afterEach, describe, expect, it } from 'vitest';
import { checkPostLogout, checkRedirectUri } from '../../lib/doctor/authorization';
import { checkCapabilities } from '../../lib/doctor/capabilities';
import { checkClient } from '../../lib/doctor/client-secret';
import { checkDiscovery } from '../../lib/doctor/discovery';
import { checkKeys } from '../../lib/doctor/keys';
import type { Metadata } from '../../lib/protocol/discovery';
import type { ProviderOptions } from '../world/provider';
import {
  type Env,
  network,
  passes,
  type ServedProvider,
  serveProvider,
  settingsOf,
  siteEnv,
  troubles,
} from './site-env';

const open: ServedProvider[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function start(...[options, change]: Parameters<typeof serveProvider>) {
  const served = await serveProvider(options, change);
  open.push(served);
  return served;
}

type Change = Parameters<typeof serveProvider>[1];

const changing =
  (what: (document: Record<string, unknown>, issuer: string) => object): Change =>
  async (path, response) => {
    if (!path.endsWith('/.well-known/openid-configuration')) return response;
    const document = await response.json();
    return Response.json(what(document, document.issuer));
  };

/** What is found in the discovery document of a provider, by a site with these variables. */
async function discovered(env: Env, options: ProviderOptions = {}, change?: Change) {
  const served = await start(options, change);
  const settings = settingsOf({ ...served.env, ...env });
  return checkDiscovery(settings.provider, network);
}

/** With the metadata of a provider, which must be usable. */
async function metadataOf(served: ServedProvider, env: Env = {}) {
  const { provider } = settingsOf({ ...served.env, ...env });
  const { metadata, findings } = await checkDiscovery(provider, network);
  expect(troubles(findings)).toEqual([]);
  return { provider, metadata: metadata as Metadata };
}

describe('discovery', () => {
  it('is well when the document names the issuer to the letter', async () => {
    const { findings, clock } = await discovered({});
    expect(passes(findings)).toEqual(['discovery-reachable', 'issuer-equal']);
    expect(troubles(findings)).toEqual([]);
    expect(clock).toBeDefined();
  });

  it('finds a provider that is not there, with the reason', async () => {
    const served = await serveProvider();
    await served.close();
    const { findings } = await checkDiscovery(settingsOf(served.env).provider, network);
    expect(troubles(findings)).toEqual(['fault discovery-unreachable']);
    expect(findings[0]?.what).toContain('nothing listens there (ECONNREFUSED)');
  });

  it('finds a provider that hangs, after 5 seconds', async () => {
    const served = await start({}, () => new Promise(() => {}));
    const { findings } = await checkDiscovery(settingsOf(served.env).provider, network);
    expect(findings[0]?.what).toContain('no answer within 5 seconds');
  });

  it.each([
    ['404', () => new Response('not here', { status: 404 }), 'answers 404'],
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { location: '/login?token=abc' } }),
      'a redirect to',
    ],
    ['a page', () => new Response('<html>'), '200 with no JSON object'],
  ])('finds %s in the place of the document', async (_, answer, words) => {
    const { findings } = await discovered({}, {}, answer);
    expect(troubles(findings)).toEqual(['fault discovery-refused']);
    expect(findings[0]?.what).toContain(words);
    expect(findings[0]?.what).not.toContain('abc');
  });

  it('finds an issuer that differs by a slash, and says the line', async () => {
    const change = changing((document, issuer) => ({ ...document, issuer: `${issuer}/tenant/` }));
    const served = await start({}, change);
    const { provider } = settingsOf({ ...served.env, SSO_ISSUER: `${served.env.SSO_ISSUER}/tenant` });
    const at = { ...provider, discoveryUrl: `${served.env.SSO_ISSUER}/.well-known/openid-configuration` };
    const { findings } = await checkDiscovery(at, network);
    expect(troubles(findings)).toEqual(['fault issuer-slash']);
    expect(findings.find(({ id }) => id === 'issuer-slash')?.mend).toBe(`SSO_ISSUER=${served.env.SSO_ISSUER}/tenant/`);
  });

  it('finds an issuer that is the same URL in another spelling', async () => {
    const { findings, metadata } = await discovered(
      {},
      {},
      changing((document, issuer) => ({ ...document, issuer: `${issuer}/` })),
    );
    expect(troubles(findings)).toEqual(['note issuer-spelling']);
    expect(metadata).toBeDefined();
  });

  it('explains {tenantid}', async () => {
    const issuer = 'https://login.microsoftonline.com/{tenantid}/v2.0';
    const { findings } = await discovered(
      {},
      {},
      changing((document) => ({ ...document, issuer })),
    );
    expect(troubles(findings)).toEqual(['fault issuer-tenant']);
    expect(findings.at(-1)?.mend).toBe(`SSO_ISSUER=${issuer} and SSO_TENANTS=<tenant ids, or *>`);
  });

  it.each([['https://another.example'], [undefined]])('finds another issuer: %s', async (issuer) => {
    const { findings } = await discovered(
      {},
      {},
      changing((document) => ({ ...document, issuer })),
    );
    expect(troubles(findings)).toEqual(['fault issuer-differs']);
  });

  it.each([
    ['PKCE without S256', { code_challenge_methods_supported: ['plain'] }, 'PKCE S256'],
    ['HMAC alone', { id_token_signing_alg_values_supported: ['HS256'] }, 'no asymmetric'],
    ['an endpoint by http', { token_endpoint: 'http://elsewhere.example/token' }, 'token_endpoint is not https'],
    ['no keys', { jwks_uri: undefined }, 'a required endpoint is missing'],
  ])('says why the gate refuses %s', async (_, members, reason) => {
    const { findings } = await discovered(
      {},
      {},
      changing((document) => ({ ...document, ...members })),
    );
    expect(troubles(findings)).toEqual(['fault metadata-unusable']);
    expect(findings.at(-1)?.what).toContain(reason);
  });
});

describe('what the provider supports', () => {
  const FULL = {
    issuer: 'https://op.example',
    authorization_endpoint: 'https://op.example/authorize',
    token_endpoint: 'https://op.example/token',
    jwks_uri: 'https://op.example/keys',
    userinfo_endpoint: 'https://op.example/userinfo',
    end_session_endpoint: 'https://op.example/logout',
    revocation_endpoint: 'https://op.example/revoke',
    id_token_signing_alg_values_supported: ['ES256'],
    code_challenge_methods_supported: ['S256'],
    response_types_supported: ['code'],
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  } as unknown as Metadata;
  const found = (metadata: object, env: Env = {}) =>
    troubles(checkCapabilities({ ...FULL, ...metadata } as Metadata, settingsOf(env).provider));

  it('suffices', () => {
    const findings = checkCapabilities(FULL, settingsOf().provider);
    expect(passes(findings)).toEqual(['capabilities-suffice']);
    expect(troubles(findings)).toEqual([]);
  });

  it.each<[string, object, Env, string[]]>([
    ['no code flow', { response_types_supported: ['id_token'] }, {}, ['fault code-flow-missing']],
    [
      'no client secret by post or basic',
      { token_endpoint_auth_methods_supported: ['private_key_jwt'] },
      {},
      ['fault auth-method-missing'],
    ],
    [
      'no public client',
      { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
      { SSO_CLIENT_SECRET: '' },
      ['fault auth-method-missing'],
    ],
    [
      'no form_post',
      { response_modes_supported: ['query'] },
      { SSO_RESPONSE_MODE: 'form_post' },
      ['warning response-mode-missing'],
    ],
    ['no word of PKCE', { code_challenge_methods_supported: undefined }, {}, ['note pkce-not-announced']],
    [
      'an unknown scope',
      { scopes_supported: ['openid', 'offline_access'] },
      { SSO_SCOPE: 'openid offline_access groups' },
      ['warning scope-unknown'],
    ],
    ['no offline_access', { scopes_supported: ['openid', 'profile', 'email'] }, {}, ['note no-renewal']],
    ['no PAR', {}, { SSO_PAR: 'always' }, ['warning par-missing']],
    ['no DPoP', {}, { SSO_DPOP: 'require' }, ['warning dpop-not-announced']],
    ['no end-session endpoint', { end_session_endpoint: undefined }, {}, ['note end-session-missing']],
    ['no revocation', { revocation_endpoint: undefined }, {}, ['note revocation-missing']],
    ['no back-channel logout', { backchannel_logout_supported: undefined }, {}, ['note backchannel-missing']],
    ['no sid in logout tokens', { backchannel_logout_session_supported: false }, {}, ['note backchannel-sid-missing']],
    ['no front-channel logout', {}, { SSO_FRONTCHANNEL: 'on' }, ['note frontchannel-missing']],
    ['no userinfo', { userinfo_endpoint: undefined }, { SSO_USERINFO: 'always' }, ['fault userinfo-missing']],
  ])('has %s', (_, metadata, env, expected) => {
    expect(found(metadata, env)).toEqual(expected);
  });

  it.each<[string, object, Env]>([
    ['form_post', { response_modes_supported: ['form_post'] }, { SSO_RESPONSE_MODE: 'form_post' }],
    [
      'scopes',
      { scopes_supported: ['openid', 'offline_access', 'groups'] },
      { SSO_SCOPE: 'openid offline_access groups' },
    ],
    ['DPoP', { dpop_signing_alg_values_supported: ['ES256'] }, { SSO_DPOP: 'require' }],
    ['PAR', { pushed_authorization_request_endpoint: 'https://op.example/par' }, { SSO_PAR: 'always' }],
    ['access_type=offline', {}, { SSO_SCOPE: 'openid', SSO_AUTHORIZATION_PARAMS: 'access_type=offline' }],
    ['front-channel logout', { frontchannel_logout_supported: true }, { SSO_FRONTCHANNEL: 'on' }],
  ])('is complete with %s', (_, metadata, env) => {
    expect(found(metadata, env)).toEqual([]);
  });
});

describe('keys', () => {
  const keys = async (change?: Change) => {
    const served = await start({}, change);
    const { metadata } = await metadataOf(served);
    return checkKeys(metadata, network);
  };
  const replaced =
    (body: unknown, status = 200): Change =>
    (path, response) =>
      path.endsWith('/jwks') || path.endsWith('jwks.json') || path.endsWith('/keys')
        ? Response.json(body, { status })
        : response;

  it('are usable when one fits an algorithm that discovery announces', async () => {
    const findings = await keys();
    expect(passes(findings)).toEqual(['keys-usable']);
    expect(findings[0]?.what).toContain('ES256');
  });

  it('are found to be out of reach', async () => {
    expect(troubles(await keys(replaced({}, 500)))).toEqual(['fault keys-unreachable']);
  });

  it.each([[[]], [[{ kty: 'oct', kid: 'x' }]], [[{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'broken' }]]])(
    'are found to be of no use: %j',
    async (list) => {
      expect(troubles(await keys(replaced({ keys: list })))).toEqual(['fault keys-unusable']);
    },
  );

  it('are found to be private', async () => {
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
    const jwk = await crypto.subtle.exportKey('jwk', privateKey);
    const { key_ops: _, ...key } = jwk;
    const findings = await keys(replaced({ keys: [{ ...key, kid: 'private' }] }));
    expect(troubles(findings)).toContain('fault keys-private');
    expect(JSON.stringify(findings)).not.toContain(jwk.d);
  });
});

describe('the redirect URI', () => {
  async function redirectUri(env: Env = {}, options: ProviderOptions = {}, change?: Change) {
    const served = await start(options, change);
    const { provider, metadata } = await metadataOf(served, env);
    const findings = await checkRedirectUri(metadata, provider, network);
    return { findings, served };
  }
  const answering =
    (answer: (request: Request) => Response): Change =>
    (path, response, request) =>
      path.endsWith('/authorize') ? answer(request) : response;

  it.each<[string, Env, ProviderOptions]>([
    ['by an error that comes back', {}, {}],
    ['where requests are pushed', {}, { par: 'required' }],
    ['where a form posts the answer', { SSO_RESPONSE_MODE: 'form_post' }, {}],
    ['with iss in the answer', {}, { callbackIss: 'announced' }],
  ])('is seen to be registered %s', async (_, env, options) => {
    const { findings } = await redirectUri(env, options);
    expect(passes(findings)).toEqual(['redirect-uri-registered']);
    expect(troubles(findings)).toEqual([]);
  });

  it('is seen not to be registered by a page of the provider', async () => {
    const { findings } = await redirectUri({}, { redirectUri: 'https://elsewhere.example/auth/callback' });
    expect(troubles(findings)).toEqual(['fault redirect-uri-refused']);
    expect(findings[0]?.mend).toContain('http://localhost:3999/auth/callback');
  });

  it('is seen not to be registered by a page with status 200 that says so', async () => {
    const page = answering(() => new Response('AADSTS50011: The redirect URI does not match'));
    expect(troubles((await redirectUri({}, {}, page)).findings)).toEqual(['fault redirect-uri-refused']);
  });

  it('is refused where the request is pushed', async () => {
    const { findings } = await redirectUri({}, { par: 'required', redirectUri: 'https://elsewhere.example/cb' });
    expect(troubles(findings)).toEqual(['fault par-refused']);
    expect(findings[0]?.what).toContain('invalid_request');
  });

  it('cannot be told where the provider shows its sign-in page', async () => {
    const page = answering(() => new Response('<h1>Sign in</h1>'));
    expect(troubles((await redirectUri({}, {}, page)).findings)).toEqual(['note redirect-uri-unclear']);
  });

  it('is registered, and the request is refused', async () => {
    const back = (query: string) =>
      answering(
        () =>
          new Response(null, { status: 302, headers: { location: `http://localhost:3999/auth/callback?${query}` } }),
      );
    const { findings } = await redirectUri({}, {}, back('error=invalid_scope&error_description=no%20such%0Ascope'));
    expect(troubles(findings)).toEqual(['fault authorization-refused']);
    expect(findings.at(-1)?.what).toContain('invalid_scope (no such scope)');
    const other = await redirectUri({}, {}, back('error=login_required&iss=https://evil.example'));
    expect(troubles(other.findings)).toEqual(['fault callback-issuer']);
  });

  it('is read after redirects of the provider to itself, and the site is never asked', async () => {
    let first = true;
    const change: Change = (path, response, request) => {
      if (!path.endsWith('/authorize') || !first) return response;
      first = false;
      return new Response(null, { status: 302, headers: { location: request.url } });
    };
    const { findings, served } = await redirectUri({}, {}, change);
    expect(passes(findings)).toEqual(['redirect-uri-registered']);
    expect(served.asked.filter((path) => path.endsWith('/authorize'))).toHaveLength(2);
  });

  it('cannot be told where the provider does not answer', async () => {
    const { findings } = await redirectUri(
      {},
      {},
      answering(() => new Response('down', { status: 502 })),
    );
    expect(troubles(findings)).toEqual(['warning authorization-unreachable']);
  });
});

describe('the post-logout URI', () => {
  async function postLogout(answer: (uri: string) => Response) {
    const served = await start({}, (path, response, request) => {
      const uri = new URL(request.url).searchParams.get('post_logout_redirect_uri');
      return uri === null || path.endsWith('/authorize') ? response : answer(uri);
    });
    const { provider, metadata } = await metadataOf(served);
    return checkPostLogout(metadata, provider, network);
  }
  const back = (uri: string) => new Response(null, { status: 302, headers: { location: `${uri}?state=x` } });

  it('is registered when the provider leads back to it, or refuses another one alone', async () => {
    expect(passes(await postLogout(back))).toEqual(['post-logout-registered']);
    const asks = (uri: string) => new Response('Sign out?', { status: uri === 'http://localhost:3999/' ? 200 : 400 });
    expect(passes(await postLogout(asks))).toEqual(['post-logout-registered']);
  });

  it('is refused', async () => {
    expect(troubles(await postLogout(() => new Response('no', { status: 400 })))).toEqual([
      'warning post-logout-refused',
    ]);
  });

  it('cannot be told when the provider asks for every one', async () => {
    expect(troubles(await postLogout(() => new Response('Sign out?')))).toEqual(['note post-logout-unclear']);
  });
});

describe('the client secret', () => {
  async function client(env: Env = {}, options: ProviderOptions = {}, change?: Change) {
    const served = await start(options, change);
    const { provider, metadata } = await metadataOf(served, env);
    return checkClient(metadata, provider, network);
  }
  const answering =
    (body: object, status: number): Change =>
    (path, response) =>
      path.endsWith('/token') ? Response.json(body, { status }) : response;

  it.each<[string, Env, ProviderOptions]>([
    ['by post', { SSO_CLIENT_AUTH_METHOD: 'client_secret_post' }, {}],
    ['by basic', { SSO_CLIENT_AUTH_METHOD: 'client_secret_basic' }, {}],
    ['by a private key', { SSO_CLIENT_AUTH_METHOD: 'private_key_jwt' }, { client: 'private_key_jwt' }],
    ['as a public client', {}, { client: 'public' }],
    ['with a DPoP proof', { SSO_DPOP: 'require' }, { dpop: 'required', dpopNonce: 'constant' }],
  ])('is right %s', async (_, env, options) => {
    const findings = await client(env, options);
    expect(passes(findings)).toEqual(['client-accepted']);
    expect(troubles(findings)).toEqual([]);
  });

  it('is wrong', async () => {
    const findings = await client({ SSO_CLIENT_SECRET: 'a-wrong-secret-of-this-test' });
    expect(troubles(findings)).toEqual(['fault client-refused']);
    expect(JSON.stringify(findings)).not.toContain('a-wrong-secret');
  });

  it('is wrong for another client, and for another private key', async () => {
    expect(troubles(await client({ SSO_CLIENT_ID: 'no-such-client' }))).toEqual(['fault client-refused']);
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
    const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey);
    const env = { SSO_CLIENT_AUTH_METHOD: 'private_key_jwt', SSO_CLIENT_SECRET: JSON.stringify({ kty, crv, x, y, d }) };
    expect(troubles(await client(env, { client: 'private_key_jwt' }))).toEqual(['fault client-refused']);
  });

  it('is right by another method, which is named', async () => {
    const findings = await client(
      { SSO_CLIENT_AUTH_METHOD: 'client_secret_post' },
      { authMethods: ['client_secret_basic'] },
    );
    expect(troubles(findings)).toEqual(['fault client-method']);
    expect(findings[0]?.mend).toBe('SSO_CLIENT_AUTH_METHOD=client_secret_basic');
  });

  it.each<[string, object, number, string]>([
    ['an error about the proof', { error: 'invalid_dpop_proof' }, 400, 'fault client-dpop'],
    ['an error about the request', { error: 'invalid_request' }, 400, 'warning client-unclear'],
    ['no error at all', {}, 400, 'warning client-unclear'],
    ['a failure', {}, 503, 'warning client-unclear'],
  ])('cannot be told by %s', async (_, body, status, expected) => {
    expect(troubles(await client({}, {}, answering(body, status)))).toEqual([expected]);
  });

  it('cannot be told where the token endpoint is out of reach', async () => {
    const { provider, metadata } = await metadataOf(await start());
    const dead = { ...metadata, token_endpoint: 'http://127.0.0.1:1/token' };
    expect(troubles(await checkClient(dead, provider, network))).toEqual(['fault token-endpoint-unreachable']);
  });
});

it('asks with a complete environment', () => {
  expect(settingsOf(siteEnv()).provider.redirectUri).toBe('http://localhost:3999/auth/callback');
});
