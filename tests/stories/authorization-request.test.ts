import { describe, expect, it } from 'vitest';
import { createWorld, type WorldOptions } from '../world/world';

const OWN = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
];

async function asked(options: WorldOptions, path = '/dashboard', scopes?: unknown) {
  const world = await createWorld(options);
  if (scopes !== undefined) world.provider.lies.discovery = (json) => ({ ...json, scopes_supported: scopes });
  const { response } = await world.browser().navigate(path, { redirect: 'manual' });
  return { world, parameters: new URL(world.resolve(response.headers.get('location'))).searchParams };
}

describe('SSO_AUTHORIZATION_PARAMS', () => {
  const env = { SSO_AUTHORIZATION_PARAMS: 'access_type=offline&prompt=consent&resource=https%3A%2F%2Fapi.example' };

  it('is part of every authorization request, after which nothing else has changed', async () => {
    const { parameters } = await asked({ env });
    expect([...parameters.keys()].sort()).toEqual([...OWN, 'access_type', 'prompt', 'resource'].sort());
    expect([parameters.get('prompt'), parameters.get('resource')]).toEqual(['consent', 'https://api.example']);
  });

  it('gives way to what a sign-in asks itself', async () => {
    const { parameters } = await asked({ env }, '/auth/login?prompt=login');
    expect(parameters.getAll('prompt')).toEqual(['login']);
  });

  it('holds the provider to a max_age and acr_values in it', async () => {
    const { world, parameters } = await asked({
      env: { SSO_AUTHORIZATION_PARAMS: 'max_age=60&acr_values=urn:sso:loa:mfa' },
    });
    expect([parameters.get('max_age'), parameters.get('acr_values')]).toEqual(['60', 'urn:sso:loa:mfa']);
    world.provider.lies.idToken = (claims) => ({ ...claims, acr: 'urn:sso:loa:password' });
    expect((await world.browser().navigate('/dashboard')).response.status).toBe(400);
    world.provider.lies.idToken = (claims) => ({ ...claims, auth_time: Number(claims.iat) - 3600 });
    expect((await world.browser().navigate('/dashboard')).response.status).toBe(400);
    expect(world.events('problem').map(({ code }) => code)).toEqual(['STEP_UP_NOT_MET', 'STEP_UP_NOT_MET']);
    world.provider.beHonest();
    expect((await world.browser().navigate('/dashboard')).response.status).toBe(200);
  });

  it.each([
    ['/vault', 'max_age=60', { max_age: '60', acr_values: 'urn:sso:loa:mfa' }],
    ['/vault', 'max_age=900&acr_values=low', { max_age: '300', acr_values: 'urn:sso:loa:mfa' }],
    ['/auth/login?max_age=10', 'max_age=60', { max_age: '10', acr_values: null }],
    ['/auth/login?max_age=999', 'max_age=60', { max_age: '60', acr_values: null }],
    ['/auth/login?max_age=999', 'prompt=login', { max_age: '999', acr_values: null }],
    ['/auth/login?acr_values=weak', 'acr_values=strong', { max_age: null, acr_values: 'strong' }],
    ['/auth/login?acr_values=weak', 'acr_values=strong%20weak', { max_age: null, acr_values: 'weak' }],
    ['/auth/login?acr_values=urn:sso:loa:mfa', 'acr_values=strong', { max_age: null, acr_values: 'urn:sso:loa:mfa' }],
    ['/auth/login?acr_values=weak', 'max_age=60', { max_age: '60', acr_values: 'weak' }],
  ])('may be asked to be more and not less: %s with %s', async (path, SSO_AUTHORIZATION_PARAMS, expected) => {
    const { parameters } = await asked({ env: { SSO_AUTHORIZATION_PARAMS } }, path);
    expect(parameters.getAll('max_age').length).toBeLessThan(2);
    expect({ max_age: parameters.get('max_age'), acr_values: parameters.get('acr_values') }).toEqual(expected);
  });
});

describe('the scope', () => {
  const scopeOf = async (SSO_SCOPE: string, supported?: unknown) =>
    (await asked({ env: { SSO_SCOPE } }, '/dashboard', supported)).parameters.get('scope');

  it.each([
    [undefined, 'openid profile email offline_access'],
    [['email', 'profile'], 'openid profile email'],
    [['openid', 'offline_access'], 'openid offline_access'],
    [[], 'openid profile email offline_access'],
    [null, 'openid profile email offline_access'],
    ['openid', 'openid profile email offline_access'],
    [['openid', { name: 'email' }], 'openid profile email offline_access'],
  ])('of the default, with scopes_supported %j, is %s', async (supported, expected) => {
    expect(await scopeOf('', supported)).toBe(expected);
  });

  it('that is set goes as it is', async () => {
    expect(await scopeOf('openid api offline_access', ['openid'])).toBe('openid api offline_access');
  });
});

describe('SSO_PAR', () => {
  const pushed = async (options: WorldOptions) => {
    const { world } = await asked(options);
    const { response } = await world.browser().navigate('/dashboard');
    return [response.status, world.provider.calls('par').length > 0];
  };

  it.each([
    ['always', 'offered', true],
    ['always', 'absent', false],
    ['auto', 'offered', false],
    ['auto', 'required', true],
  ] as const)('%s, at a provider where PAR is %s: pushed %s', async (SSO_PAR, par, expected) => {
    expect(await pushed({ env: { SSO_PAR }, provider: { par } })).toEqual([200, expected]);
  });
});

it('with SSO_PAR=always a page without a session leads to /auth/login, which has a limit, and pushes nothing', async () => {
  const world = await createWorld({ env: { SSO_PAR: 'always' }, provider: { par: 'offered' } });
  const { response } = await world.browser().navigate('/dashboard', { redirect: 'manual' });
  expect(world.resolve(response.headers.get('location'))).toBe(`${world.site}/auth/login?returnTo=%2Fdashboard`);
  expect(world.provider.calls('par')).toEqual([]);
});

describe('SSO_DISCOVERY_URL', () => {
  it('that is new is asked at once, though a copy from elsewhere is stored', async () => {
    const world = await createWorld();
    await world.signedIn();
    const asked: string[] = [];
    world.provider.lies.discovery = (json) => {
      asked.push('discovery');
      return { ...json, authorization_endpoint: `${world.provider.issuer}/authorize?found=elsewhere` };
    };
    const known = await world.browser(await world.anotherIsolate()).navigate('/dashboard', { redirect: 'manual' });
    expect([known.response.status, asked]).toEqual([303, []]);
    const SSO_DISCOVERY_URL = `${world.provider.issuer}/.well-known/openid-configuration?appid=gate`;
    const isolate = await world.anotherIsolate({ SSO_DISCOVERY_URL });
    const { response } = await world.browser(isolate).navigate('/dashboard', { redirect: 'manual' });
    expect(new URL(response.headers.get('location') ?? '').searchParams.get('found')).toBe('elsewhere');
    expect(asked).toHaveLength(1);
  });
});

describe('the answer of the provider', () => {
  const refuse = async (error: Record<string, string>, iss: 'announced' | 'absent' = 'absent') => {
    const world = await createWorld({ provider: { callbackIss: iss } });
    world.provider.lies.authorize = (parameters) => {
      parameters.delete('iss');
      parameters.delete('code');
      for (const [name, value] of Object.entries(error)) parameters.set(name, value);
      return parameters;
    };
    const { response } = await world.browser().navigate('/dashboard');
    return [response.status, ...world.events('problem').map(({ code }) => code)];
  };

  it('of a sign-in page that was left open too long is no outage (Keycloak)', async () => {
    const error = { error: 'temporarily_unavailable', error_description: 'authentication_expired' };
    expect(await refuse(error)).toEqual([400, 'SIGN_IN_INCOMPLETE']);
    expect(await refuse({ ...error, error_description: 'busy' })).toEqual([503, 'PROVIDER_UNAVAILABLE']);
  });

  it('with an error may leave out the iss that is announced; with a code it may not', async () => {
    expect(await refuse({ error: 'access_denied' }, 'announced')).toEqual([400, 'SIGN_IN_DENIED']);
    expect(await refuse({ code: 'planted-code' }, 'announced')).toEqual([400, 'ISSUER_MISMATCH']);
    expect(await refuse({ error: 'access_denied', iss: 'https://evil.test' })).toEqual([400, 'ISSUER_MISMATCH']);
  });
});

it('names the issuer that has a slash too few, and answers 503 instead of 502', async () => {
  const origin = `https://op-${crypto.randomUUID().slice(0, 8)}.test`;
  const world = await createWorld({
    provider: { issuer: `${origin}/o/site/` },
    env: { SSO_ISSUER: `${origin}/o/site` },
  });
  for (let visit = 0; visit < 3; visit += 1) {
    const { response } = await world.browser().navigate('/dashboard');
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('SSO_ISSUER');
  }
  expect(world.provider.calls('discovery')).toHaveLength(1); // the circuit breaker of the isolate
  const [first] = world.events('problem');
  expect([first?.code, first?.reason]).toEqual([
    'MISCONFIGURED',
    'SSO_ISSUER must end with a slash, as the discovery document names it',
  ]);
});
