import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { freePort } from '../../local/site.mjs';
import { overTheWire } from '../processes/wires';
import { type Browser, createBrowser, type Visit } from '../world/browser';
import type { Page, RealProvider } from './life';
import { LOGINS, type Login, PASSWORD, PEOPLE } from './people';
import { environmentOf, run, temporaryFolder } from './programs';
import { watch } from './watched';

export const CLIENT = { client_id: 'site', client_secret: 'planted-secret-of-the-site' };

const SCOPES = ['profile', 'email', 'roles', 'offline_access'];

/** Glewlwyd with SQLite, set up over the API that its administration pages use. */
export async function startGlewlwyd(root: string, site: string, accessTokenSeconds: number): Promise<RealProvider> {
  const port = await freePort(0);
  const inner = `http://127.0.0.1:${port}`;
  const watched = await watch(() => inner);
  const folder = temporaryFolder('glewlwyd');
  const env = environmentOf(root);
  const database = join(folder, 'glewlwyd.db');
  const sql = (input: string | Buffer) =>
    execFileSync('sqlite3', [database], { input, env: { ...process.env, ...env } });
  sql(readFileSync(join(root, 'usr/share/dbconfig-common/data/glewlwyd/install/sqlite3')));
  const configuration = join(folder, 'glewlwyd.conf');
  writeFileSync(configuration, configurationOf({ root, port, database, url: watched.url }));
  const command = join(root, 'usr/bin/glewlwyd');
  const program = await run({ command, args: ['--config-file', configuration], env, url: `${inner}/config` }, folder);
  await setUp(watched.url, site, accessTokenSeconds);
  return {
    issuer: `${watched.url}/api/oidc`,
    watched,
    signIn,
    confirmSignOut,
    async forget(login) {
      sql(`UPDATE gpo_refresh_token SET gpor_enabled = 0 WHERE gpor_username = '${login}';`);
    },
    async close() {
      await Promise.all([watched.close(), program.close()]);
    },
  };
}

/** What the sample of the package has, with other places. */
const configurationOf = (at: { root: string; port: number; database: string; url: string }) => `
port=${at.port}
bind_address="127.0.0.1"
external_url="${at.url}"
login_url="login.html"
api_prefix="api"
static_files_path="${at.root}/usr/share/glewlwyd/webapp/"
log_mode="console"
log_level="WARNING"
cookie_secure=0
session_expiration=2419200
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="${at.root}/usr/lib/glewlwyd/user"
user_middleware_module_path="${at.root}/usr/lib/glewlwyd/user_middleware"
client_module_path="${at.root}/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="${at.root}/usr/lib/glewlwyd/scheme"
plugin_module_path="${at.root}/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "${at.database}"; };
`;

async function setUp(base: string, site: string, accessTokenSeconds: number): Promise<void> {
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

/**
 * What its page does, a script that calls the API: the password unless it was given, consent to scopes that were not granted,
 * and a button to go on. With `max_age` the button leads to the page again, until the person has chosen to give the password.
 */
async function signIn(browser: Browser, visit: Visit, login: Login) {
  const pages: Page[] = [];
  let at = visit;
  for (let insists = false; at.hops.at(-1)?.url.includes('/login.html?'); insists = true) {
    const page = new URL(at.hops.at(-1)?.url ?? '');
    const asked = (name: string) => page.searchParams.get(name) ?? '';
    const [client, scope] = [asked('client_id'), encodeURIComponent(asked('scope'))];
    const call = (method: string, path: string, body?: unknown) => api(browser, page.origin, method, path, body);
    const scopes = Object.values<Scope>(await call('GET', `/auth/scheme/?scope=${scope}`));
    if (insists || asked('prompt') === 'login' || !scopes.every((one) => one.password_authenticated)) {
      pages.push('login');
      await call('POST', '/auth/', { username: login, password: PASSWORD });
    }
    const grants = await call('GET', `/auth/grant/${client}/${scope}`);
    if (!grants.scope.every(({ granted }: { granted: boolean }) => granted)) {
      pages.push('consent');
      await call('PUT', `/auth/grant/${client}`, { scope: asked('scope') });
    }
    at = await browser.navigate(`${asked('callback_url')}&g_continue`, { origin: page.origin });
  }
  return { visit: at, pages };
}

/** Of a person who is not signed in it says nothing. */
interface Scope {
  readonly password_authenticated?: boolean;
}

/** The same for the sign-out: it ends the session at the client, and the person's own. */
async function confirmSignOut(browser: Browser, visit: Visit): Promise<Visit> {
  const page = new URL(visit.hops.at(-1)?.url ?? '');
  await api(browser, page.origin, 'DELETE', `/oidc/session/${page.searchParams.get('sid')}`);
  await api(browser, page.origin, 'DELETE', '/auth/');
  return browser.navigate(page.searchParams.get('callback_url') ?? '', { origin: page.origin });
}

async function api(browser: Browser, base: string, method: string, path: string, body?: unknown) {
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await browser.fetch(`${base}/api${path}`, { method, origin: base, ...sent });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
