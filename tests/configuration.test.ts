import { describe, expect, it } from 'vitest';
import { type Env, readSettings } from '../lib/configuration';
import { ConfigError } from '../lib/errors';
import { ENV } from './world/settings';

const good: Env = ENV;

function faults(env: Env): Record<string, string> {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof ConfigError) return { ...error.variables };
    throw error;
  }
  return {};
}

describe('a complete configuration', () => {
  it('parses, with the documented defaults', () => {
    expect(readSettings(good)).toEqual({
      site: {
        canonicalOrigin: 'https://site.example',
        callbackPath: '/auth/callback',
        formRedirects: 'redirect',
        trustedProxyHops: 0,
        onVercel: false,
      },
      provider: {
        name: 'default',
        issuer: 'https://op.example',
        clientId: 'gate',
        clientSecret: 'a-client-secret',
        clientAuthMethod: undefined,
        clientAssertionAudience: 'issuer',
        redirectUri: 'https://site.example/auth/callback',
        postLogoutUri: 'https://site.example/signed-out',
        discoveryUrl: undefined,
        tenants: [],
        trustedAudiences: [],
        scope: 'openid profile email offline_access',
        isDefaultScope: true,
        authorizationParams: {},
        responseMode: 'query',
        par: 'auto',
        dpop: 'off',
        profile: 'none',
        endSessionParams: {},
        userinfo: 'auto',
        backchannelScope: 'sid',
        frontchannel: 'off',
        refreshOverlapSeconds: 0,
        clockToleranceSeconds: 30,
      },
      session: {
        secrets: [good.SESSION_SECRET],
        cookieName: 'session',
        secureCookies: true,
        rolesClaim: 'roles',
        permissionsClaim: 'permissions',
        claims: ['name', 'given_name', 'family_name', 'email', 'email_verified', 'picture', 'roles', 'permissions'],
        idleSeconds: 604_800,
        absoluteSeconds: 2_592_000,
        checkSeconds: 30,
      },
      redis: { url: 'https://redis.example', token: 'redis-token' },
    });
  });

  it('cannot be changed afterwards', () => {
    const settings = readSettings(good);
    expect([settings, ...Object.values(settings)].every((group) => Object.isFrozen(group))).toBe(true);
  });

  it('takes an address of the discovery document with a query', () => {
    const SSO_DISCOVERY_URL = 'https://op.example/.well-known/openid-configuration?appid=gate';
    expect(readSettings({ ...good, SSO_DISCOVERY_URL }).provider.discoveryUrl).toBe(SSO_DISCOVERY_URL);
  });

  it('reads Redis under the names of Vercel’s integration', () => {
    const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, ...rest } = good;
    const settings = readSettings({ ...rest, KV_REST_API_URL: url, KV_REST_API_TOKEN: token });
    expect([settings.redis.url, settings.redis.token]).toEqual([url, token]);
  });

  it('names what is wrong with Redis as it is called there', () => {
    const { UPSTASH_REDIS_REST_URL: _, UPSTASH_REDIS_REST_TOKEN: token, ...rest } = good;
    expect(faults({ ...rest, KV_REST_API_URL: 'redis://redis.example', KV_REST_API_TOKEN: token })).toEqual({
      KV_REST_API_URL: 'must be https, or http on a loopback host',
    });
    expect(Object.keys(faults(rest))).toEqual(['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN']);
  });

  it('takes a list of session secrets in order', () => {
    const second = 'ZYXWVUTSRQPONMLKJIHGFEDCBA543210';
    const settings = readSettings({ ...good, SESSION_SECRET: `${good.SESSION_SECRET}, ${second}` });
    expect(settings.session.secrets).toEqual([good.SESSION_SECRET, second]);
  });

  it('allows plain http on a loopback host, and then no __Host- cookies', () => {
    const local = {
      ...good,
      SSO_ISSUER: 'http://127.0.0.1:4000',
      SSO_REDIRECT_URI: 'http://localhost:3000/auth/callback',
      SSO_POST_LOGOUT_URI: 'http://localhost:3000/signed-out',
    };
    expect(readSettings(local)).toMatchObject({
      session: { secureCookies: false },
      site: { canonicalOrigin: 'http://localhost:3000' },
    });
  });

  it('never lets the idle end lie behind the absolute one', () => {
    expect(readSettings({ ...good, SESSION_ABSOLUTE_SECONDS: '3600' }).session.idleSeconds).toBe(3600);
  });

  it('believes to be on Vercel what Vercel itself writes, and nothing else', () => {
    const onVercel = (VERCEL?: string) => readSettings({ ...good, VERCEL }).site.onVercel;
    expect([onVercel('1'), onVercel('0'), onVercel('false'), onVercel()]).toEqual([true, false, false, false]);
  });

  it.each(['0', '1', '2'])('does not believe VERCEL where TRUSTED_PROXY_HOPS is set, here to %s', (hops) => {
    const settings = readSettings({ ...good, VERCEL: '1', TRUSTED_PROXY_HOPS: hops });
    expect([settings.site.onVercel, settings.site.trustedProxyHops]).toEqual([false, Number(hops)]);
    expect(readSettings({ ...good, VERCEL: '1', TRUSTED_PROXY_HOPS: ' ' }).site.onVercel).toBe(true); // an unfilled form
  });

  it.each(['1', '59', '999999999', '31536000000'])('takes sessions of %s seconds', (text) => {
    const env = { ...good, SESSION_IDLE_SECONDS: text, SESSION_ABSOLUTE_SECONDS: text };
    const { idleSeconds, absoluteSeconds } = readSettings(env).session;
    expect([idleSeconds, absoluteSeconds]).toEqual([Number(text), Number(text)]);
  });

  describe('with APP_URL in place of both addresses', () => {
    const { SSO_REDIRECT_URI: _, SSO_POST_LOGOUT_URI: __, ...rest } = good;
    const addressesOf = (APP_URL: string) => {
      const { site, provider } = readSettings({ ...rest, APP_URL });
      return [site.canonicalOrigin, site.callbackPath, provider.redirectUri, provider.postLogoutUri];
    };

    it('puts the callback below it, and lands on the start page after a sign-out', () => {
      const expected = ['https://a.example', '/auth/callback', 'https://a.example/auth/callback', 'https://a.example/'];
      expect(addressesOf('https://a.example')).toEqual(expected);
      expect(addressesOf('https://a.example/')).toEqual(expected);
    });

    it('keeps its base path', () => {
      expect(addressesOf('https://a.example/shop/')).toEqual([
        'https://a.example',
        '/shop/auth/callback',
        'https://a.example/shop/auth/callback',
        'https://a.example/shop',
      ]);
    });

    it('lets an address that is set win, on the same origin', () => {
      const env = { ...rest, APP_URL: 'https://site.example', SSO_REDIRECT_URI: 'https://site.example/in' };
      expect(readSettings(env).provider.redirectUri).toBe('https://site.example/in');
      expect(faults({ ...env, SSO_REDIRECT_URI: 'https://other.example/in' })).toEqual({
        SSO_REDIRECT_URI: 'must have the same origin as APP_URL',
      });
    });

    it('names itself alone when it is wrong', () => {
      expect(Object.keys(faults({ ...rest, APP_URL: 'http://a.example' }))).toEqual(['APP_URL']);
    });
  });

  it('reads the parameters of a query text', () => {
    const { authorizationParams } = readSettings({
      ...good,
      SSO_AUTHORIZATION_PARAMS: 'access_type=offline&prompt=consent&resource=https%3A%2F%2Fapi.example',
    }).provider;
    expect(authorizationParams).toEqual({
      access_type: 'offline',
      prompt: 'consent',
      resource: 'https://api.example',
    });
  });

  it('takes several tenants for an issuer that names none', () => {
    const env = { ...good, SSO_ISSUER: 'https://login.example/{tenantid}/v2.0' };
    expect(readSettings({ ...env, SSO_TENANTS: 'a, b' }).provider.tenants).toEqual(['a', 'b']);
    expect(readSettings({ ...env, SSO_TENANTS: '*' }).provider.tenants).toEqual(['*']);
    expect(Object.keys(faults(env))).toEqual(['SSO_TENANTS']);
    expect(Object.keys(faults({ ...env, SSO_TENANTS: '*,a' }))).toEqual(['SSO_TENANTS']);
  });

  it('works without a client secret, as a public client', () => {
    expect(readSettings({ ...good, SSO_CLIENT_SECRET: '' }).provider.clientSecret).toBeUndefined();
  });
});

describe('a faulty configuration', () => {
  it('names all faulty variables at once, and no value', () => {
    const env = { SSO_ISSUER: 'http://op.example/planted', SESSION_SECRET: 'planted-short', SSO_SCOPE: 'planted' };
    const found = faults(env);
    expect(Object.keys(found).sort()).toEqual([
      'SESSION_SECRET',
      'SSO_CLIENT_ID',
      'SSO_ISSUER',
      'SSO_POST_LOGOUT_URI',
      'SSO_REDIRECT_URI',
      'SSO_SCOPE',
      'UPSTASH_REDIS_REST_TOKEN',
      'UPSTASH_REDIS_REST_URL',
    ]);
    expect(JSON.stringify(found)).not.toContain('planted');
  });

  const required = Object.keys(good).filter((name) => name !== 'SSO_CLIENT_SECRET');
  it.each(required)('%s missing, empty or blank', (name) => {
    for (const value of [undefined, '', '   ']) expect(faults({ ...good, [name]: value })).toHaveProperty(name);
  });

  const cases: [name: string, value: string][] = [
    ['SSO_ISSUER', 'op.example'],
    ['SSO_ISSUER', 'http://op.example'],
    ['SSO_ISSUER', 'http://localhost.evil.example'],
    ['SSO_ISSUER', 'https://op.example/?tenant=1'],
    ['SSO_ISSUER', 'https://op.example/#'],
    ['SSO_ISSUER', 'https://user:secret@op.example'],
    ['SSO_REDIRECT_URI', 'http://site.example/auth/callback'],
    ['SSO_REDIRECT_URI', 'https://site.example'],
    ['SSO_REDIRECT_URI', 'https://site.example/auth/callback?x=1'],
    ['SSO_REDIRECT_URI', 'https://site.example/auth/logout'],
    ['SSO_REDIRECT_URI', 'https://site.example/auth/logout/'],
    ['SSO_POST_LOGOUT_URI', 'https://other.example/signed-out'],
    ['SSO_POST_LOGOUT_URI', 'https://site.example:444/signed-out'],
    ['SESSION_SECRET', 'abcdefghijklmnopqrstuvwxyz01234'],
    ['SESSION_SECRET', 'abababababababababababababababababab'],
    ['SESSION_SECRET', 'abcdefghijklmnopqrstuvwxyz012345,short'],
    ['SESSION_SECRET', 'abcdefghijklmnopqrstuvwxyz012345,'],
    ['UPSTASH_REDIS_REST_URL', 'redis://redis.example:6379'],
    ['UPSTASH_REDIS_REST_URL', 'http://redis.example'],
    ['SSO_SCOPE', 'profile email'],
    ['SESSION_COOKIE_NAME', 'two words'],
    ['SESSION_COOKIE_NAME', 'a.b'],
    ['SESSION_COOKIE_NAME', 'x'.repeat(33)],
    ['SSO_FORM_REDIRECTS', 'sometimes'],
    ['SSO_SCOPE', 'openid "quoted"'],
    ['SSO_CLIENT_AUTH_METHOD', 'client_secret_jwt'],
    ['SESSION_CLAIMS', 'name,,email'],
    ['SESSION_IDLE_SECONDS', '0'],
    ['SESSION_IDLE_SECONDS', '1e3'],
    ['SESSION_IDLE_SECONDS', '1.5'],
    ['SESSION_ABSOLUTE_SECONDS', '0'],
    ['SESSION_ABSOLUTE_SECONDS', '-1'],
    ['SESSION_CHECK_SECONDS', '1.5'],
    ['SSO_REFRESH_OVERLAP_SECONDS', 'ten'],
    ['TRUSTED_PROXY_HOPS', '-1'],
    ['SSO_ISSUER', 'https://op.example/.well-known/openid-configuration'],
    ['SSO_ISSUER', 'https://op.example/.well-known/oauth-authorization-server/'],
    ['SSO_DISCOVERY_URL', 'http://op.example/metadata'],
    ['SSO_DISCOVERY_URL', 'https://op.example/metadata?appid=x#here'],
    ['SSO_DISCOVERY_URL', 'https://user@op.example/metadata?appid=x'],
    ['SSO_DISCOVERY_URL', '?appid=x'],
    ['SSO_TENANTS', 'a'],
    ['SSO_TRUSTED_AUDIENCES', 'a,,b'],
    ['SSO_AUTHORIZATION_PARAMS', 'redirect_uri=https://evil.example'],
    ['SSO_AUTHORIZATION_PARAMS', 'code_challenge_method=plain'],
    ['SSO_AUTHORIZATION_PARAMS', 'request=x'],
    ['SSO_AUTHORIZATION_PARAMS', 'a=1&a=2'],
    ['SSO_AUTHORIZATION_PARAMS', '=1'],
    ['SSO_END_SESSION_PARAMS', 'post_logout_redirect_uri=https://evil.example'],
    ['SSO_RESPONSE_MODE', 'fragment'],
    ['SSO_PAR', 'never'],
    ['SSO_PAR', 'require'],
    ['SSO_DPOP', 'on'],
    ['SSO_PROFILE', 'fapi1'],
    ['SSO_AUTHORIZATION_PARAMS', 'dpop_jkt=x'],
    ['SSO_USERINFO', 'yes'],
    ['SSO_ROLES_CLAIM', 'two words'],
    ['SSO_PERMISSIONS_CLAIM', 'ä'],
    ['SSO_CLIENT_ASSERTION_AUDIENCE', 'https://op.example'],
    ['SSO_CLOCK_TOLERANCE_SECONDS', '301'],
    ['APP_URL', 'https://site.example/?x=1'],
    ['APP_URL', 'https://user@site.example'],
  ];
  it.each(cases)('%s = %s', (name, value) => {
    expect(Object.keys(faults({ ...good, [name]: value }))).toEqual([name]);
  });

  it('a method that needs a secret, without one', () => {
    const env = { ...good, SSO_CLIENT_SECRET: '', SSO_CLIENT_AUTH_METHOD: 'client_secret_basic' };
    expect(Object.keys(faults(env))).toEqual(['SSO_CLIENT_SECRET']);
  });

  it('private_key_jwt with something that is not a private JWK', () => {
    const env = { ...good, SSO_CLIENT_AUTH_METHOD: 'private_key_jwt' };
    expect(Object.keys(faults(env))).toEqual(['SSO_CLIENT_SECRET']);
    expect(Object.keys(faults({ ...env, SSO_CLIENT_SECRET: '{"kty":"EC"}' }))).toEqual(['SSO_CLIENT_SECRET']);
  });

  it.each([
    [{ kty: 'RSA', d: 'd' }, false],
    [{ kty: 'EC', crv: 'P-256', d: 'd' }, false],
    [{ kty: 'EC', crv: 'P-384', d: 'd', alg: 'ES384' }, false],
    [{ kty: 'EC', crv: 'P-384', d: 'd' }, true],
    [{ kty: 'OKP', crv: 'Ed25519', d: 'd' }, true],
  ])('private_key_jwt with %j, which says how to sign or not: %j', (key, isFault) => {
    const env = { ...good, SSO_CLIENT_AUTH_METHOD: 'private_key_jwt', SSO_CLIENT_SECRET: JSON.stringify(key) };
    expect('SSO_CLIENT_SECRET' in faults(env)).toBe(isFault);
  });

  const FAPI2_VALUES = { par: 'require', dpop: 'require', clientAuthMethod: 'private_key_jwt' };
  const fapi2 = (key: object | string, more = {}) => ({
    ...good,
    SSO_PROFILE: 'fapi2',
    SSO_CLIENT_SECRET: typeof key === 'string' ? key : JSON.stringify({ d: 'd', ...key }),
    ...more,
  });
  const P256 = { kty: 'EC', crv: 'P-256' };

  it.each<[object]>([
    [P256],
    [{ ...P256, alg: 'ES256' }],
    [{ kty: 'RSA', alg: 'PS256', n: 'n'.repeat(342) }],
    [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA' }],
    [{ kty: 'OKP', crv: 'Ed25519', alg: 'Ed25519' }],
  ])('SSO_PROFILE=fapi2 sets what else has to be set, with the key %j', (key) => {
    expect(readSettings(fapi2(key)).provider).toMatchObject(FAPI2_VALUES);
    const said = { SSO_PAR: 'always', SSO_DPOP: 'require', SSO_CLIENT_AUTH_METHOD: 'private_key_jwt' };
    expect(readSettings(fapi2(key, said)).provider).toMatchObject(FAPI2_VALUES);
  });

  it.each<[object | string]>([
    [{ kty: 'RSA' }],
    [{ kty: 'RSA', alg: 'RS256' }],
    [{ kty: 'RSA', alg: 'PS384' }],
    [{ kty: 'RSA', alg: 'PS256', n: 'n'.repeat(171) }],
    [{ kty: 'EC', crv: 'P-384', alg: 'ES384' }],
    [{ kty: 'oct', alg: 'HS256' }],
    [{ ...P256, alg: 'none' }],
    ['a-client-secret'],
    [''],
  ])('SSO_PROFILE=fapi2 with the key %j', (key) => {
    expect(Object.keys(faults(fapi2(key)))).toEqual(['SSO_CLIENT_SECRET']);
  });

  it.each([
    ['SSO_CLIENT_AUTH_METHOD', 'client_secret_post', 'private_key_jwt'],
    ['SSO_CLIENT_AUTH_METHOD', 'client_secret_basic', 'private_key_jwt'],
    ['SSO_CLIENT_AUTH_METHOD', 'none', 'private_key_jwt'],
    ['SSO_CLIENT_ASSERTION_AUDIENCE', 'token_endpoint', 'issuer'],
    ['SSO_PAR', 'auto', 'always'],
    ['SSO_DPOP', 'off', 'require'],
    ['SSO_DPOP', 'auto', 'require'],
  ])('SSO_PROFILE=fapi2 with %s=%s, which contradicts it', (name, value, expected) => {
    expect(faults(fapi2(P256, { [name]: value }))).toEqual({ [name]: `must be ${expected} with SSO_PROFILE=fapi2` });
  });

  it.each([
    ['NEXT_PUBLIC_SSO_CLIENT_SECRET', 'anything'],
    ['NEXT_PUBLIC_SESSION_SECRET', 'anything'],
    ['NEXT_PUBLIC_UPSTASH_REDIS_REST_TOKEN', 'anything'],
    ['NEXT_PUBLIC_HARMLESS', 'a-client-secret'],
    ['NEXT_PUBLIC_HARMLESS', 'redis-token'],
    ['NEXT_PUBLIC_HARMLESS', 'abcdefghijklmnopqrstuvwxyz012345'],
  ])('a secret in the browser bundle: %s = %s', (name, value) => {
    expect(Object.keys(faults({ ...good, [name]: value }))).toEqual([name]);
  });

  it('a secret in the browser bundle that opens only what older ones have sealed', () => {
    const older = 'ZYXWVUTSRQPONMLKJIHGFEDCBA543210';
    const env = { ...good, SESSION_SECRET: `${good.SESSION_SECRET},${older}`, NEXT_PUBLIC_HARMLESS: older };
    expect(Object.keys(faults(env))).toEqual(['NEXT_PUBLIC_HARMLESS']);
  });

  it('leaves other public variables alone', () => {
    expect(faults({ ...good, NEXT_PUBLIC_SITE_NAME: 'Example' })).toEqual({});
  });
});
