import {
  all,
  authorization,
  discovery,
  idToken,
  noClaim,
  refusesToRevokeAccessTokens,
  scopes,
  thinAtRefresh,
  tokenAnswer,
  userinfo,
  without,
} from './habits';
import type { Profile } from './profile';

const OFFLINE = ['openid', 'profile', 'email', 'offline_access'];
const PERSON = ['name', 'given_name', 'family_name', 'email', 'email_verified'];
const INVALID_GRANT = { status: 400, body: { error: 'invalid_grant' } };
const BOTH = ['revokes', 'ends the session'] as const;

/**
 * The families of providers that the documentation names, as their documentation, reports and runs show them
 * (`docs/providers.md`). Each runs a full life in `tests/stories/providers.test.ts`.
 */
export const PROFILES: readonly Profile[] = [
  {
    name: 'The provider of the demo',
    variables: { SSO_SCOPE: 'openid profile email offline_access roles permissions' },
    refusal: INVALID_GRANT,
    life: {
      claims: [...PERSON, 'roles', 'permissions'],
      roles: 'roles',
      renewal: 'refresh token',
      stepUp: ['acr', 'max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'Keycloak',
    path: '/realms/demo',
    variables: { SSO_SCOPE: 'openid profile email', SSO_ROLES_CLAIM: 'realm_access.roles' },
    // Refresh tokens change at each refresh, and the previous one stays valid until "Revoke Refresh Token" is on.
    options: { refreshTokens: 'always', overlapSeconds: 1_800 },
    habits: all(
      noClaim('acr', 'amr', 'token_use'),
      idToken((claims, roles) => ({
        ...claims,
        typ: 'ID',
        acr: '1',
        realm_access: { roles: ['default-roles-demo', 'offline_access', ...roles] },
        resource_access: { account: { roles: ['manage-account'] } },
      })),
      tokenAnswer((json) => ({ ...json, refresh_expires_in: 1800, 'not-before-policy': 0, session_state: 's' })),
    ),
    refusal: { status: 400, body: { error: 'invalid_grant', error_description: 'Session not active' } },
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'realm_access.roles',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'Microsoft Entra ID, one tenant',
    path: '/1c9f7b2e-0000-4000-8000-000000000001/v2.0',
    variables: {},
    options: { revocation: false, overlapSeconds: 86_400 },
    habits: all(
      scopes(...OFFLINE),
      noClaim('acr', 'amr', 'azp', 'at_hash', 'auth_time', 'email_verified', 'given_name', 'family_name'),
      idToken((claims, roles) => ({ ...claims, tid: '1c9f7b2e-0000-4000-8000-000000000001', ver: '2.0', roles })),
      discovery({ code_challenge_methods_supported: undefined }),
      tokenAnswer((json) => ({ ...json, ext_expires_in: 4_000 })),
    ),
    refusal: {
      status: 400,
      body: { error: 'interaction_required', suberror: 'basic_action', error_codes: [50_076], claims: '{}' },
    },
    life: {
      claims: ['name', 'email', 'roles'],
      roles: 'roles',
      renewal: 'refresh token',
      stepUp: [],
      signOut: ['ends the session'],
    },
  },
  {
    name: 'Microsoft Entra ID, several tenants',
    path: '/common/v2.0',
    variables: {
      SSO_ISSUER: '{op}/{tenantid}/v2.0',
      SSO_TENANTS: '1c9f7b2e-0000-4000-8000-000000000001,1c9f7b2e-0000-4000-8000-000000000002',
    },
    options: { revocation: false, overlapSeconds: 86_400 },
    habits: all(
      scopes(...OFFLINE),
      noClaim('acr', 'amr', 'azp', 'at_hash', 'auth_time', 'email_verified', 'given_name', 'family_name'),
      (provider) => {
        const { origin } = new URL(provider.issuer);
        discovery({ issuer: `${origin}/{tenantid}/v2.0`, code_challenge_methods_supported: undefined })(provider);
        const tid = '1c9f7b2e-0000-4000-8000-000000000002';
        idToken((claims, roles) => ({ ...claims, iss: `${origin}/${tid}/v2.0`, tid, ver: '2.0', roles }))(provider);
      },
    ),
    refusal: { status: 400, body: { error: 'invalid_grant', suberror: 'bad_token', error_codes: [70_043] } },
    life: {
      claims: ['name', 'email', 'roles'],
      roles: 'roles',
      renewal: 'refresh token',
      stepUp: [],
      signOut: ['ends the session'],
    },
  },
  {
    name: 'Google',
    variables: { SSO_AUTHORIZATION_PARAMS: 'access_type=offline&prompt=consent' },
    options: { endSession: false, rotation: false, sid: 'absent', refreshTokens: 'always' },
    habits: all(scopes('openid', 'email', 'profile'), noClaim('acr', 'amr', 'nbf', 'jti', 'auth_time'), onlyOffline()),
    refusal: {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
    },
    life: { claims: PERSON, roles: null, renewal: 'refresh token', stepUp: [], signOut: ['revokes'] },
  },
  {
    name: 'Okta, custom authorization server',
    path: '/oauth2/default',
    variables: { SSO_SCOPE: 'openid profile email offline_access groups', SSO_ROLES_CLAIM: 'groups' },
    habits: all(
      scopes(...OFFLINE, 'groups'),
      noClaim('acr', 'nbf', 'azp'),
      idToken((claims, roles) => ({ ...claims, ver: 1, idp: 'idp', groups: ['Everyone', ...roles] })),
    ),
    refusal: {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'The refresh token is invalid or expired.' },
    },
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'groups',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'Okta, org authorization server',
    variables: { SSO_SCOPE: 'openid profile email offline_access groups', SSO_ROLES_CLAIM: 'groups' },
    options: { claimsAt: 'userinfo' },
    habits: all(
      scopes(...OFFLINE, 'groups'),
      noClaim('acr', 'nbf', 'azp'),
      userinfo((claims, roles) => ({ ...claims, groups: ['Everyone', ...roles] })),
    ),
    refusal: {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'The refresh token is invalid or expired.' },
    },
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'groups',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'Auth0',
    path: '/',
    variables: {
      SSO_AUTHORIZATION_PARAMS: 'audience=https://api.example.com',
      SSO_ROLES_CLAIM: 'https://app.example.com/roles',
    },
    habits: all(
      scopes(...OFFLINE),
      noClaim('acr', 'amr', 'nbf', 'jti', 'azp', 'at_hash'),
      idToken((claims, roles) => ({ ...claims, 'https://app.example.com/roles': roles })),
      authorization((asked) => (asked.get('audience') === 'https://api.example.com' ? null : 'invalid_request')),
    ),
    refusal: {
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
    },
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'https://app.example.com/roles',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'AWS Cognito',
    path: '/eu-central-1_Example',
    variables: {
      SSO_SCOPE: 'openid profile email',
      SSO_ROLES_CLAIM: 'cognito:groups',
      SSO_END_SESSION_PARAMS: 'logout_uri={post_logout_uri}',
    },
    options: { refreshTokens: 'always', rotation: false },
    habits: all(
      scopes('openid', 'email', 'phone', 'profile'),
      discovery({ code_challenge_methods_supported: null }),
      noClaim('acr', 'amr', 'azp', 'nbf', 'sid'),
      idToken((claims, roles) => ({ ...claims, 'cognito:groups': roles, 'cognito:username': claims.sub })),
      refusesToRevokeAccessTokens,
      ({ lies }) => {
        lies.instead.end_session = (_, { searchParams }) =>
          searchParams.has('client_id') && searchParams.get('logout_uri')
            ? Response.redirect(searchParams.get('logout_uri') ?? '', 302)
            : new Response('Required String parameter is not present', { status: 400 });
      },
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'cognito:groups',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'GitLab',
    variables: { SSO_ROLES_CLAIM: 'groups_direct' },
    options: { refreshTokens: 'always', endSession: false, sid: 'absent' },
    habits: all(
      scopes('openid', 'profile', 'email', 'api', 'read_user'),
      noClaim('acr', 'amr', 'azp', 'nbf', 'at_hash', 'given_name', 'family_name'),
      idToken((claims, roles) => ({ ...claims, groups_direct: roles })),
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: ['name', 'email', 'email_verified', 'roles'],
      roles: 'groups_direct',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: ['revokes'],
    },
  },
  {
    name: 'Slack',
    variables: {},
    options: { endSession: false, revocation: false, sid: 'absent' },
    habits: all(
      scopes('openid', 'profile', 'email'),
      discovery({ code_challenge_methods_supported: undefined, end_session_endpoint: null }),
      noClaim('acr', 'amr', 'azp', 'nbf'),
      tokenAnswer((json) => ({ ...without(json, 'expires_in', 'refresh_token'), ok: true })),
    ),
    refusal: INVALID_GRANT,
    life: { claims: PERSON, roles: null, renewal: 'lives on', stepUp: ['max_age'], signOut: [] },
  },
  {
    name: 'Zitadel',
    variables: {
      SSO_SCOPE: 'openid profile email offline_access urn:zitadel:iam:org:project:roles',
      SSO_ROLES_CLAIM: 'urn:zitadel:iam:org:project:roles',
      SSO_TRUSTED_AUDIENCES: '270000000000000001,270000000000000002@project',
    },
    options: { claimsAt: 'both' },
    habits: all(
      noClaim('acr', 'nbf', 'jti'),
      idToken((claims, roles) => ({
        ...claims,
        aud: [claims.aud, '270000000000000001', '270000000000000002@project'],
        'urn:zitadel:iam:org:project:roles': Object.fromEntries(roles.map((role) => [role, { org: 'org.example' }])),
      })),
      thinAtRefresh,
      userinfo((claims, roles) => ({
        ...claims,
        'urn:zitadel:iam:org:project:roles': Object.fromEntries(roles.map((role) => [role, { org: 'org.example' }])),
      })),
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'urn:zitadel:iam:org:project:roles',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'Authentik',
    path: '/application/o/site/',
    variables: { SSO_ROLES_CLAIM: 'groups' },
    options: { grant: 'session' },
    habits: all(
      scopes(...OFFLINE),
      noClaim('azp', 'at_hash', 'nbf'),
      idToken((claims, roles) => ({ ...claims, acr: 'goauthentik.io/providers/oauth2/default', groups: roles })),
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'groups',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'Authelia',
    variables: { SSO_SCOPE: 'openid profile email offline_access groups', SSO_ROLES_CLAIM: 'groups' },
    options: { claimsAt: 'userinfo', endSession: false, callbackIss: 'announced', sid: 'absent' },
    habits: all(
      scopes(...OFFLINE, 'groups'),
      noClaim('acr', 'nbf'),
      userinfo((claims, roles) => ({ ...claims, groups: roles })),
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'groups',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: ['revokes'],
    },
  },
  {
    name: 'Ory Hydra',
    variables: {},
    options: { callbackIss: 'announced' },
    habits: all(
      discovery({ scopes_supported: ['offline_access', 'offline', 'openid'] }),
      noClaim('azp', 'nbf', 'amr'),
      idToken((claims) => ({ ...claims, acr: '', rat: claims.iat })),
    ),
    refusal: { status: 401, body: { error: 'token_inactive', error_description: 'Token is inactive.' } },
    life: { claims: [], roles: null, renewal: 'refresh token', stepUp: ['max_age'], signOut: BOTH },
  },
  {
    name: 'Duende IdentityServer',
    variables: { SSO_SCOPE: 'openid profile email offline_access roles', SSO_ROLES_CLAIM: 'role' },
    options: { claimsAt: 'userinfo', callbackIss: 'announced' },
    habits: all(
      scopes(...OFFLINE, 'roles'),
      noClaim('acr', 'azp', 'jti'),
      userinfo((claims, roles) => ({ ...without(claims, 'roles'), role: roles.length === 1 ? roles[0] : roles })),
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'role',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'Ping',
    path: '/1c9f7b2e-0000-4000-8000-000000000003/as',
    variables: { SSO_ROLES_CLAIM: 'memberOf' },
    options: { claimsAt: 'userinfo', userinfoAs: 'jwt' },
    habits: all(
      scopes(...OFFLINE),
      noClaim('nbf', 'jti'),
      userinfo((claims, roles) => ({ ...claims, memberOf: roles })),
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'memberOf',
      renewal: 'refresh token',
      stepUp: ['acr', 'max_age'],
      signOut: BOTH,
    },
  },
  {
    name: 'oidc-provider, with its defaults',
    variables: { SSO_AUTHORIZATION_PARAMS: 'prompt=consent' },
    options: { claimsAt: 'userinfo', callbackIss: 'announced', grant: 'session', revocation: false, sid: 'absent' },
    habits: all(
      discovery({ scopes_supported: ['openid', 'offline_access', 'profile', 'email'] }),
      noClaim('acr', 'amr', 'azp', 'nbf'),
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: PERSON,
      roles: null,
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: ['ends the session'],
    },
  },
  {
    name: 'Apple',
    variables: { SSO_SCOPE: 'openid email', SSO_RESPONSE_MODE: 'form_post' },
    options: { refreshTokens: 'always', rotation: false, endSession: false, sid: 'absent' },
    habits: all(
      discovery({
        response_modes_supported: ['query', 'fragment', 'form_post'],
        code_challenge_methods_supported: undefined,
      }),
      authorization((asked) =>
        asked.get('response_mode') === 'form_post' ? null : new Response('invalid_request', { status: 400 }),
      ),
      noClaim('acr', 'amr', 'azp', 'nbf', 'jti'),
      idToken((claims) => ({ ...claims, email_verified: 'true', is_private_email: 'true' })),
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: ['email', 'email_verified'],
      roles: null,
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: ['revokes'],
    },
  },
  {
    name: 'Salesforce',
    variables: { SSO_SCOPE: 'openid profile email refresh_token' },
    options: { refreshTokens: 'always', rotation: false },
    habits: all(
      noClaim('acr', 'amr', 'azp', 'auth_time', 'nbf', 'sid', 'at_hash'),
      tokenAnswer((json) => ({ ...without(json, 'expires_in'), instance_url: 'https://example.my.salesforce.com' })),
    ),
    refusal: {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'expired access/refresh token' },
    },
    life: { claims: PERSON, roles: null, renewal: 'refresh token', stepUp: [], signOut: BOTH },
  },
  {
    name: 'Glewlwyd',
    path: '/api/oidc',
    variables: { SSO_SCOPE: 'openid profile email roles offline_access' },
    options: { authTime: 'zero' },
    habits: all(
      scopes(...OFFLINE, 'roles'),
      discovery({ revocation_endpoint_auth_methods_supported: ['client_secret_basic'] }),
      noClaim('acr', 'amr', 'nbf'),
    ),
    refusal: { status: 400 },
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'roles',
      renewal: 'refresh token',
      stepUp: [],
      signOut: BOTH,
    },
  },
  {
    name: 'LemonLDAP::NG',
    path: '/',
    variables: { SSO_ROLES_CLAIM: 'groups' },
    options: { claimsAt: 'userinfo', sid: 'subject', revocation: false },
    habits: all(
      noClaim('nbf', 'jti'),
      userinfo((claims, roles) => ({ ...claims, groups: roles })),
    ),
    refusal: { status: 400, body: { error: 'invalid_request' } },
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'groups',
      renewal: 'refresh token',
      stepUp: ['acr', 'max_age'],
      signOut: ['ends the session'],
    },
  },
  {
    name: 'Twitch',
    path: '/oauth2',
    variables: { SSO_SCOPE: 'openid user:read:email' },
    options: { refreshTokens: 'always', rotation: false, endSession: false, sid: 'absent' },
    habits: all(
      noClaim('acr', 'amr', 'nbf', 'jti', 'auth_time', 'email'),
      repeatsTheFirstIdToken(),
      tokenAnswer((json) => ({ ...json, scope: String(json.scope).split(' '), token_type: 'bearer' })),
    ),
    refusal: { status: 400, body: { status: 400, message: 'Invalid refresh token' } },
    life: { claims: [], roles: null, renewal: 'refresh token', stepUp: [], signOut: ['revokes'] },
  },
  {
    name: 'ADFS',
    path: '/adfs',
    variables: { SSO_SCOPE: 'openid profile email', SSO_ROLES_CLAIM: 'role' },
    options: { refreshTokens: 'always', rotation: false, revocation: false },
    habits: all(
      noClaim('acr', 'amr', 'azp', 'nbf', 'jti'),
      idToken((claims, roles) => ({ ...claims, role: roles.length === 1 ? roles[0] : roles, nonce_supported: null })),
      tokenAnswer((json) => ({ ...json, resource: null, refresh_token_expires_in: 28_799 })),
    ),
    refusal: INVALID_GRANT,
    life: {
      claims: [...PERSON, 'roles'],
      roles: 'role',
      renewal: 'refresh token',
      stepUp: ['max_age'],
      signOut: ['ends the session'],
    },
  },
];

/** Gives a refresh token to `access_type=offline` with `prompt=consent` alone. */
function onlyOffline(): NonNullable<Profile['habits']> {
  return (provider) => {
    let isOffline = false;
    authorization((asked) => {
      isOffline = asked.get('access_type') === 'offline' && asked.get('prompt') === 'consent';
      return null;
    })(provider);
    tokenAnswer((json, grantType) =>
      isOffline && grantType === 'authorization_code' ? json : without(json, 'refresh_token'),
    )(provider);
  };
}

/** The answer to a refresh holds the ID token of the sign-in. */
function repeatsTheFirstIdToken(): NonNullable<Profile['habits']> {
  return (provider) => {
    let first: unknown;
    tokenAnswer((json, grantType) => {
      if (grantType === 'authorization_code') first = json.id_token;
      return { ...json, id_token: first };
    })(provider);
  };
}
