import { exportJWK, generateKeyPair } from 'jose';
import { overTheWire } from '../processes/wires';
import { createBrowser } from '../world/browser';
import { api } from './glewlwyd-pages';
import { LOGINS, PASSWORD, PEOPLE } from './people';

export const CLIENT = { client_id: 'site', client_secret: 'planted-secret-of-the-site' };

const SCOPES = ['profile', 'email', 'roles', 'offline_access'];

/** Sets it up over the API that its administration pages use: the plugin, scopes, people and the client. */
export async function setUp(base: string, site: string, accessTokenSeconds: number): Promise<void> {
  const administrator = createBrowser({ origin: base, send: overTheWire });
  const call = (method: string, path: string, body?: unknown) => api(administrator, base, method, path, body);
  await call('POST', '/auth/', { username: 'admin', password: 'password' });
  await call('POST', '/mod/plugin/', {
    module: 'oidc',
    name: 'oidc',
    display_name: 'OpenID Connect',
    order_rank: 1,
    parameters: await plugin(`${base}/api/oidc`, accessTokenSeconds),
  });
  await allow('user', { roles: true, given_name: false, family_name: false });
  await allow('client', { post_logout_redirect_uris: true });
  for (const name of SCOPES)
    await call('POST', '/scope/', {
      name,
      description: name,
      password_required: true,
      password_max_age: 0,
      scheme: {},
    });
  for (const login of LOGINS) {
    const { sub: username, email_verified: _, ...claims } = PEOPLE[login];
    await call('POST', '/user/', { ...claims, username, password: PASSWORD, scope: ['openid', ...SCOPES] });
  }
  await call('POST', '/client/', {
    ...CLIENT,
    name: 'The site',
    confidential: true,
    redirect_uri: [`${site}/auth/callback`],
    post_logout_redirect_uris: [`${site}/`],
    token_endpoint_auth_method: ['client_secret_post', 'client_secret_basic'],
    authorization_type: ['code', 'refresh_token'],
    scope: [],
  });

  /** Lets the store of users or clients keep further properties, one value or several. */
  async function allow(store: 'user' | 'client', properties: Readonly<Record<string, boolean>>) {
    const module = await call('GET', `/mod/${store}/database`);
    for (const [name, multiple] of Object.entries(properties))
      module.parameters['data-format'][name] = { multiple, read: true, write: true };
    await call('PUT', `/mod/${store}/database`, module);
    await call('PUT', `/mod/${store}/database/reset`);
  }
}

/** The plugin as its form in the administration pages is filled in: rotation, sign-out and revocation on. */
async function plugin(iss: string, accessTokenSeconds: number) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: 'of-this-run', alg: 'RS256', use: 'sig' };
  const claim = (name: string, scope: string) => ({ name, 'user-property': name, type: 'string', scope: [scope] });
  return {
    iss,
    'subject-type': 'public',
    'allowed-scope': ['openid', ...SCOPES],
    'jwks-private': JSON.stringify({ keys: [key] }),
    'jwks-show': true,
    'jwt-type': 'rsa',
    'jwt-key-size': '256',
    'access-token-duration': accessTokenSeconds,
    'refresh-token-duration': 1_209_600,
    'code-duration': 600,
    'refresh-token-rolling': true,
    'refresh-token-one-use': 'always',
    'auth-type-code-enabled': true,
    'auth-type-refresh-enabled': true,
    'pkce-allowed': true,
    'name-claim': 'on-demand',
    'name-claim-scope': ['profile'],
    'email-claim': 'on-demand',
    'email-claim-scope': ['email'],
    claims: [claim('given_name', 'profile'), claim('family_name', 'profile'), claim('roles', 'roles')],
    'introspection-revocation-allowed': true,
    'introspection-revocation-allow-target-client': true,
    'session-management-allowed': true,
    'session-cookie-name': 'GLEWLWYD2_OIDC_SID',
    'session-cookie-expiration': 2_419_200,
  };
}
