import { listen } from './http-server.ts';
import { createProvider, type Provider } from './provider.ts';
import { ANA, type Person, type ProviderOptions } from './provider-settings.ts';
import { type LogoutRequest, postLogoutToken } from './send-logout.ts';
import { assertTestEnvironment } from './test-environment.ts';

export interface TestProviderOptions extends Omit<ProviderOptions, 'issuer'> {
  /** Of 127.0.0.1; any free one by default. */
  readonly port?: number;
  /** The site's origin and base path, `http://localhost:3000` by default: redirect URIs and logout requests lead there. */
  readonly siteUrl?: string;
  /** Accounts that a sign-in with `login_hint` can name, by `sub` or `email`. The first one is `person` at the start. */
  readonly people?: readonly Person[];
}

type Variable =
  | 'SSO_ISSUER'
  | 'SSO_CLIENT_ID'
  | 'SSO_CLIENT_SECRET'
  | 'SSO_REDIRECT_URI'
  | 'SSO_POST_LOGOUT_URI'
  | 'SSO_SCOPE';

/** An OpenID provider in this process; see {@link startTestProvider}. */
export interface TestProvider extends Provider {
  /** The variables of a site that uses it. */
  readonly env: Readonly<Record<Variable, string>>;
  /**
   * Posts a signed logout token to the site (OpenID Connect Back-Channel Logout 1.0), about the latest sign-in where neither
   * `sub` nor `sid` is named.
   *
   * @returns the site's answer: 200 when the sessions have ended
   * @example
   * const { status } = await provider.sendBackchannelLogout({ sub: 'person-1' });
   */
  sendBackchannelLogout(request?: LogoutRequest): Promise<Response>;
  /** Refuses all connections until `start`, as a provider that is down. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts an OpenID provider that signs in without a page, over HTTP on 127.0.0.1. It rotates refresh tokens and revokes the family
 * of one that comes back (RFC 9700 §4.14.2); what it does wrong is set in `faults`, and what arrived stands in `ledger`.
 *
 * @throws when the port is taken, or `siteUrl` looks like production
 * @example
 * const provider = await startTestProvider({ siteUrl: 'http://localhost:3000' });
 * provider.person = { sub: 'person-2', name: 'Budi', roles: ['admin'] };
 * provider.faults.delay.token = 2_000; // milliseconds
 * provider.faults.status.token = 503;
 * provider.faults.idToken = (claims) => ({ ...claims, nonce: 'another' });
 * provider.clearFaults();
 * // … the site is used …
 * assert.equal(provider.refreshes().length, 1);
 */
export async function startTestProvider(options: TestProviderOptions = {}): Promise<TestProvider> {
  const { port = 0, siteUrl: site = 'http://localhost:3000', people = [ANA], ...others } = options;
  const siteUrl = site.replace(/\/+$/, '');
  const { redirectUri = `${siteUrl}/auth/callback`, postLogoutUri = startPage(siteUrl) } = others;
  assertTestEnvironment({ APP_URL: siteUrl, SSO_REDIRECT_URI: redirectUri, SSO_POST_LOGOUT_URI: postLogoutUri });
  let handle: Provider['handle'] = () => Promise.reject(new Error('not yet'));
  const server = await listen(port, (request) => handle(request));
  const secret = `test-secret-${crypto.randomUUID()}`;
  const settings = { clientSecret: secret, ...others, redirectUri, postLogoutUri, issuer: server.origin };
  const provider = await createProvider(settings);
  handle = provider.handle;
  for (const person of people) provider.people.set(person.sub, person);
  const [first] = people;
  if (first) provider.person = first;
  return Object.assign(provider, {
    env: {
      SSO_ISSUER: provider.issuer,
      SSO_CLIENT_ID: provider.clientId,
      SSO_CLIENT_SECRET: provider.clientSecret,
      SSO_REDIRECT_URI: redirectUri,
      SSO_POST_LOGOUT_URI: postLogoutUri,
      SSO_SCOPE: 'openid profile email offline_access roles permissions',
    },
    sendBackchannelLogout: (request: LogoutRequest = {}) => postLogoutToken(provider, siteUrl, request),
    stop: server.stop,
    start: server.start,
    close: server.stop,
    [Symbol.asyncDispose]: server.stop,
  });
}

/** As the gate has it where only `APP_URL` is set. */
const startPage = (siteUrl: string) => (new URL(siteUrl).pathname === '/' ? `${siteUrl}/` : siteUrl);
