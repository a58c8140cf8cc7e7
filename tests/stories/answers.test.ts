import { describe, expect, it } from 'vitest';
import { signInWith } from '../world/lying-sign-in';
import type { JsonObject, Lies } from '../world/provider';
import { createWorld, type World } from '../world/world';

const EXPIRED = 901;
const NAME = '__Host-Http-session';
const seconds = () => Math.floor(Date.now() / 1000);
const CLIENT = 'gatehouse-client';

type Lie = (lies: Lies) => void;
const claim =
  (change: (claims: JsonObject) => JsonObject): Lie =>
  (lies) => {
    lies.idToken = (claims) => change({ ...claims });
  };
const set = (name: string, value: unknown) => claim((claims) => ({ ...claims, [name]: value }));
const without = (name: string) => claim(({ [name]: _, ...claims }) => claims);
const answer =
  (change: (json: JsonObject) => JsonObject | Response): Lie =>
  (lies) => {
    lies.tokenResponse = (json) => change({ ...json });
  };
const member = (name: string, value: unknown) => answer((json) => ({ ...json, [name]: value }));
const error = (status: number, body: unknown) => answer(() => Response.json(body, { status }));

/** Ways to say nothing where a member could be absent, and times that are none where nothing asked for them. */
const accepted: [string, Lie][] = [
  ...['auth_time', 'azp', 'nbf', 'at_hash', 'acr', 'sid', 'amr'].flatMap((name) =>
    [null, '', []].map((value): [string, Lie] => [`${name} ${JSON.stringify(value)}`, set(name, value)]),
  ),
  ['auth_time as a text', set('auth_time', 'yesterday')],
  ['auth_time as a number in a text', set('auth_time', '1700000000')],
  ['auth_time 0', set('auth_time', 0)],
  ['auth_time below 0', set('auth_time', -1)],
  ['auth_time in the future', set('auth_time', seconds() + 3_600)],
  ['auth_time in milliseconds', set('auth_time', Date.now())],
  ['acr as a number', set('acr', 2)],
  ['sid as a number', set('sid', 7)],
  ['aud as a list of one', set('aud', [CLIENT])],
  ['a list of one aud, and no azp', claim(({ azp: _, ...claims }) => ({ ...claims, aud: [CLIENT] }))],
  ['refresh_token null', member('refresh_token', null)],
  ['refresh_token ""', member('refresh_token', '')],
  ['refresh_token []', member('refresh_token', [])],
  ['scope null', member('scope', null)],
  ['scope ""', member('scope', '')],
  ['scope []', member('scope', [])],
  ['scope as a list', member('scope', ['openid', 'profile', 'offline_access'])],
  ['expires_in as a text', member('expires_in', '900')],
  ['expires_in with a fraction', member('expires_in', 899.5)],
  ['expires_in below 0', member('expires_in', -1)],
  ['expires_in below 0 as a text', member('expires_in', '-1')],
  ['expires_in null', member('expires_in', null)],
  ['expires_in {}', member('expires_in', {})],
  ['token_type bearer', member('token_type', 'bearer')],
  ['token_type "Bearer,"', member('token_type', 'Bearer,')],
  ['error null', member('error', null)],
];

describe.each(accepted)('an answer with %s', (title, lie) => {
  it('starts a session that is renewed', async () => {
    const { world, browser, response } = await signInWith(lie);
    expect([response.status, world.events('tokens_revoked')]).toEqual([303, []]);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await world.isolate.settled();
    const hasRefreshToken = !title.startsWith('refresh_token');
    expect(world.events('renewal').map(({ outcome }) => outcome)).toEqual(hasRefreshToken ? ['refreshed'] : []);
  });
});

it.each([
  ['a text', 'yesterday'],
  ['a time to come', seconds() + 3_600],
  ['a time in milliseconds', Date.now()],
  ['0', 0],
  ['null', null],
])('an auth_time that is %s meets no rule that asks for a recent sign-in', async (_, value) => {
  const { browser, response } = await signInWith((lies) => {
    lies.idToken = (claims) => ({ ...claims, auth_time: value, acr: 'urn:sso:loa:mfa' });
  });
  expect(response.status).toBe(303);
  const vault = await browser.fetch('/vault');
  expect([vault.status, await vault.text()]).toEqual([401, expect.stringContaining('STEP_UP_REQUIRED')]);
});

const LATER = 'SSO_CLOCK_TOLERANCE_SECONDS';
const PURPOSE = '(refused on purpose)';
type Row = [title: string, lie: Lie, status: number, code: string, reason: string, extras?: string];

/** What the provider answers at a sign-in, what the user sees, and what the log says. */
const refused: Row[] = [
  ['iss of another', set('iss', 'https://x.test'), 502, 'ID_TOKEN_INVALID', 'claim iss; see SSO_ISSUER, SSO_TENANTS'],
  ['no iss', without('iss'), 502, 'ID_TOKEN_INVALID', 'claim iss; see SSO_ISSUER, SSO_TENANTS'],
  [
    'aud of another',
    set('aud', 'other'),
    502,
    'ID_TOKEN_INVALID',
    'claim aud; see SSO_CLIENT_ID, SSO_TRUSTED_AUDIENCES',
  ],
  ['aud []', set('aud', []), 502, 'ID_TOKEN_INVALID', 'claim aud; see SSO_CLIENT_ID, SSO_TRUSTED_AUDIENCES'],
  [
    'another aud beside',
    claim((claims) => ({ ...claims, aud: [CLIENT, 'other'], azp: CLIENT })),
    502,
    'ID_TOKEN_INVALID',
    'aud has other audiences; see SSO_CLIENT_ID, SSO_TRUSTED_AUDIENCES',
  ],
  ['azp of another', set('azp', 'other'), 502, 'ID_TOKEN_INVALID', 'azp; see SSO_CLIENT_ID'],
  ['exp over', set('exp', seconds() - 60), 502, 'ID_TOKEN_INVALID', `claim exp; see ${LATER}`],
  ['no exp', without('exp'), 502, 'ID_TOKEN_INVALID', `claim exp; see ${LATER}`],
  ['nbf to come', set('nbf', seconds() + 120), 502, 'ID_TOKEN_INVALID', `claim nbf; see ${LATER}`],
  ['iat to come', set('iat', seconds() + 120), 502, 'ID_TOKEN_INVALID', `iat is in the future; see ${LATER}`],
  ['iat old', set('iat', seconds() - 700), 502, 'ID_TOKEN_INVALID', `iat is older than 10 minutes; see ${LATER}`],
  ['iat null', set('iat', null), 502, 'ID_TOKEN_INVALID', `claim iat; see ${LATER}`],
  ['no nonce', without('nonce'), 502, 'ID_TOKEN_INVALID', `no nonce ${PURPOSE}`],
  ['another nonce', set('nonce', 'x'.repeat(43)), 502, 'ID_TOKEN_INVALID', 'claim nonce'],
  ['sub as a number', set('sub', 7), 502, 'ID_TOKEN_INVALID', `sub is no text ${PURPOSE}`],
  ['sub null', set('sub', null), 502, 'ID_TOKEN_INVALID', `sub is no text ${PURPOSE}`],
  ['no sub', without('sub'), 502, 'ID_TOKEN_INVALID', 'claim sub'],
  ['sub not ASCII', set('sub', 'é'), 502, 'ID_TOKEN_INVALID', `sub is not 1 to 255 ASCII characters ${PURPOSE}`],
  ['at_hash of another', set('at_hash', 'AAAA'), 502, 'ID_TOKEN_INVALID', 'at_hash'],
  [
    'HS256',
    (lies) => Object.assign(lies, { idTokenSigning: { hs256WithPublicKey: 'pem' } }),
    502,
    'ID_TOKEN_INVALID',
    `alg HMAC ${PURPOSE}: choose an asymmetric one at the provider`,
  ],
  [
    'an alg that is not announced',
    (lies) => Object.assign(lies, { idTokenSigning: { otherAlg: 'RS256' } }),
    502,
    'ID_TOKEN_INVALID',
    'alg',
  ],
  ['no signature', (lies) => Object.assign(lies, { idTokenSigning: { alg: 'none' } }), 502, 'ID_TOKEN_INVALID', 'alg'],
  [
    'another key',
    (lies) => Object.assign(lies, { idTokenSigning: { otherKey: true } }),
    502,
    'ID_TOKEN_INVALID',
    'signature',
  ],
  ['encrypted', member('id_token', 'a.b.c.d.e'), 502, 'ID_TOKEN_INVALID', `encrypted ${PURPOSE}`],
  ['garbage', member('id_token', 'x.y.z'), 502, 'PROVIDER_RESPONSE_INVALID', 'the ID token cannot be read'],
  ['no ID token', member('id_token', null), 502, 'PROVIDER_RESPONSE_INVALID', 'no ID token; see SSO_SCOPE'],
  ['no access token', member('access_token', ''), 502, 'PROVIDER_RESPONSE_INVALID', 'no access token; see SSO_SCOPE'],
  ['token_type DPoP', member('token_type', 'DPoP'), 502, 'PROVIDER_RESPONSE_INVALID', 'not a bearer token'],
  [
    'auth_time missing though asked for',
    without('auth_time'),
    502,
    'ID_TOKEN_INVALID',
    'claim auth_time',
    '&max_age=60',
  ],
  [
    'auth_time to come though asked for',
    set('auth_time', seconds() + 120),
    502,
    'ID_TOKEN_INVALID',
    `auth_time is in the future; see ${LATER}`,
    '&max_age=60',
  ],
  [
    'auth_time too old',
    set('auth_time', seconds() - 600),
    400,
    'STEP_UP_NOT_MET',
    'auth_time is older than max_age',
    '&max_age=60',
  ],
  [
    'acr null though asked for',
    set('acr', null),
    400,
    'STEP_UP_NOT_MET',
    'acr is none of those asked for',
    '&acr_values=urn%3Ab',
  ],
  [
    'invalid_client',
    error(401, { error: 'invalid_client' }),
    502,
    'CLIENT_REJECTED',
    'the provider answered 401 invalid_client; see SSO_CLIENT_SECRET, SSO_CLIENT_AUTH_METHOD',
  ],
  [
    'an empty 401',
    answer(() => new Response('', { status: 401 })),
    502,
    'CLIENT_REJECTED',
    'the provider answered 401; see SSO_CLIENT_SECRET, SSO_CLIENT_AUTH_METHOD',
  ],
  [
    'unauthorized_client',
    error(400, { error: 'unauthorized_client' }),
    502,
    'CLIENT_REJECTED',
    'the provider answered 400 unauthorized_client; see SSO_CLIENT_ID, SSO_CLIENT_AUTH_METHOD',
  ],
  [
    'invalid_scope',
    error(400, { error: 'invalid_scope' }),
    502,
    'PROVIDER_ERROR',
    'the provider answered 400 invalid_scope; see SSO_SCOPE',
  ],
  [
    'redirect_uri_mismatch',
    error(400, { error: 'redirect_uri_mismatch' }),
    502,
    'PROVIDER_ERROR',
    'the provider answered 400 redirect_uri_mismatch; see SSO_REDIRECT_URI',
  ],
  [
    'invalid_grant',
    error(400, { error: 'invalid_grant' }),
    400,
    'CODE_REJECTED',
    'the provider answered 400 invalid_grant; see SSO_REDIRECT_URI',
  ],
];

describe('a refused sign-in is told in the log with what may help', () => {
  it.each(refused)('%s', async (_, lie, status, code, reason, extras = '') => {
    const { world, browser, response, body } = await signInWith(lie, { extras });
    expect([response.status, body.includes(code)]).toEqual([status, true]);
    expect(world.events('problem')).toEqual([expect.objectContaining({ code, status, reason })]);
    expect(browser.cookies.get(NAME)).toBeUndefined();
    expect(body).not.toContain('; see '); // that is for the log
  });

  it.each([
    ['invalid_scope', 502, 'PROVIDER_ERROR', 'authorization error invalid_scope; see SSO_SCOPE'],
    [
      'unauthorized_client',
      502,
      'CLIENT_REJECTED',
      'authorization error unauthorized_client; see SSO_CLIENT_ID, SSO_CLIENT_AUTH_METHOD',
    ],
    ['constructor', 502, 'PROVIDER_ERROR', 'authorization error constructor'],
    ['<b>', 502, 'PROVIDER_ERROR', 'authorization error'],
  ])('in the callback: %s', async (word, status, code, reason) => {
    const world = await createWorld();
    world.provider.refusal = { error: word };
    const { response } = await world.browser().navigate('/dashboard', { redirect: 'follow' });
    expect(response.status).toBe(status);
    expect(world.events('problem')).toEqual([expect.objectContaining({ code, status, reason })]);
  });
});

describe('an ID token for other audiences too', () => {
  const env = { SSO_TRUSTED_AUDIENCES: 'project,other-client' };
  const audience = (aud: unknown, azp?: unknown) =>
    claim(({ azp: _, ...claims }) => ({ ...claims, aud, ...(azp !== undefined && { azp }) }));

  it.each<[string, Lie]>([
    ['all trusted, issued to this client', audience([CLIENT, 'project', 'other-client'], CLIENT)],
    ['this client last', audience(['project', CLIENT], CLIENT)],
    ['this client alone, no azp', audience([CLIENT])],
  ])('is believed at the sign-in and at a renewal: %s', async (_, lie) => {
    const { world, browser, response } = await signInWith(lie, { env });
    expect(response.status).toBe(303);
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'refreshed' })]);
  });

  const refusals: [string, Lie][] = [
    ['one of them is not trusted', audience([CLIENT, 'project', 'stranger'], CLIENT)],
    ['no azp', audience([CLIENT, 'project'])],
    ['azp null', audience([CLIENT, 'project'], null)],
    ['azp of a trusted audience', audience([CLIENT, 'project'], 'project')],
    ['this client is not among them', audience(['project', 'other-client'], CLIENT)],
    ['a trusted one alone', audience('project', CLIENT)],
    ['one of them is no text', audience([CLIENT, 7], CLIENT)],
  ];
  it.each(refusals)('is refused at the sign-in: %s', async (_, lie) => {
    const { world, response } = await signInWith(lie, { env });
    expect(response.status).toBe(502);
    expect(world.events('problem')).toEqual([
      expect.objectContaining({ code: 'ID_TOKEN_INVALID', reason: expect.stringMatching(/; see SSO_CLIENT_ID/) }),
    ]);
  });

  it.each(refusals)('ends the session at a renewal: %s', async (_, lie) => {
    const world = await createWorld({ env });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    lie(world.provider.lies);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(world.events('renewal')).toEqual([
      expect.objectContaining({ outcome: 'ended', reason: expect.stringMatching(/; see SSO_CLIENT_ID/) }),
    ]);
  });
});

describe('an ID token of a refresh that says nothing new', () => {
  let old: unknown;
  const repeated = (json: JsonObject) => {
    old ??= json.id_token;
    return { ...json, id_token: old };
  };
  const renewed = async (lie: (world: World) => void) => {
    const world = await createWorld();
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const browser = await world.signedIn('/admin');
    world.provider.person = { ...world.provider.person, roles: [] };
    lie(world);
    world.pass(EXPIRED);
    return { world, browser };
  };

  it.each<[string, (world: World) => void]>([
    ['is older than the one at hand', ({ provider }) => set('iat', seconds() - 60)(provider.lies)],
    ['is over', ({ provider }) => set('exp', seconds() - 60)(provider.lies)],
    ['has no exp', ({ provider }) => without('exp')(provider.lies)],
    ['has no iat', ({ provider }) => without('iat')(provider.lies)],
    ['is not valid yet', ({ provider }) => set('nbf', seconds() + 3_600)(provider.lies)],
    ['comes from the future', ({ provider }) => set('iat', seconds() + 3_600)(provider.lies)],
  ])('because it %s: the tokens are taken, its claims are not', async (_, lie) => {
    const { world, browser } = await renewed(lie);
    expect((await browser.fetch('/admin')).status).toBe(200);
    expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'refreshed' })]);
    world.provider.beHonest();
    world.pass(EXPIRED);
    expect((await browser.fetch('/admin')).status).toBe(403); // the next one is believed
  });

  it('because it is the one of the sign-in, time and again', async () => {
    old = undefined;
    const world = await createWorld();
    world.provider.lies.tokenResponse = repeated;
    const browser = await world.signedIn();
    for (let round = 1; round <= 3; round += 1) {
      world.pass(EXPIRED);
      expect((await browser.fetch('/api/me')).status).toBe(200);
      expect(world.provider.refreshPresentations()).toHaveLength(round);
    }
    expect(world.events('tokens_revoked')).toEqual([]);
  });

  it('but is that of another person all the same: the session ends', async () => {
    const { world, browser } = await renewed(({ provider }) =>
      claim((claims) => ({ ...claims, exp: seconds() - 60, sub: 'somebody-else' }))(provider.lies),
    );
    expect((await browser.fetch('/admin')).status).toBe(401);
    expect(world.events('renewal')).toEqual([
      expect.objectContaining({ outcome: 'ended', reason: 'sub of another person' }),
    ]);
  });

  it('and a nonce in it is no harm', async () => {
    const { world, browser } = await renewed(({ provider }) => set('nonce', 'of the sign-in')(provider.lies));
    expect((await browser.fetch('/admin')).status).toBe(403);
    expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'refreshed' })]);
  });
});
