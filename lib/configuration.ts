import { ConfigError } from './errors.ts';
import { isLoopback } from './loopback.ts';
import { isTaken } from './routes.ts';
import { type ClientAuthMethod, type Config, DEFAULT_SESSION_COOKIE_NAME } from './types.ts';

/** Environment as a plain record; an empty value counts as missing, because that is what an unfilled form sends. */
export type Env = Readonly<Record<string, string | undefined>>;

const AUTH_METHODS: readonly ClientAuthMethod[] = [
  'client_secret_post',
  'client_secret_basic',
  'private_key_jwt',
  'none',
];
/** A thousand years: longer times leave the calendars of browsers and of `Date`. */
const MAX_SECONDS = 31_536_000_000;
const DEFAULT_SCOPE = 'openid profile email offline_access';
const DEFAULT_CLAIMS = 'name,given_name,family_name,email,email_verified,picture,roles,permissions';

/**
 * Reads the configuration of contract section 1.
 *
 * Every variable is looked at before anything is reported, so that one start of the site names all that is wrong.
 * Problems name variables and rules, never values.
 *
 * @throws {ConfigError} with one entry per faulty variable
 */
export function parseConfig(env: Env): Config {
  const problems: Record<string, string> = {};
  const fault = (name: string, what: string) => {
    problems[name] ??= what;
    return undefined;
  };
  const read = (name: string) => env[name]?.trim() || undefined;
  const required = (name: string) => read(name) ?? fault(name, 'is required');
  /** Of two names that a value may have, the one that it has. */
  const named = (name: string, other: string) => (read(name) || !read(other) ? name : other);

  const url = (name: string, value: string | undefined, { path }: { path: boolean }): URL | undefined => {
    if (value === undefined) return undefined;
    if (!URL.canParse(value)) return fault(name, 'is not an absolute URL');
    const parsed = new URL(value);
    if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && isLoopback(parsed)))
      return fault(name, 'must be https, or http on a loopback host');
    if (parsed.username || parsed.password || /[?#]/.test(value))
      return fault(name, 'must not have user information, a query or a fragment');
    if (path && parsed.pathname === '/') return fault(name, 'must have a path');
    return parsed;
  };
  const seconds = (name: string, fallback: number, least: number): number => {
    const value = read(name);
    if (value === undefined) return fallback;
    if (!/^\d{1,15}$/.test(value) || Number(value) < least) {
      fault(name, `must be a whole number, at least ${least}`);
      return fallback;
    }
    return Math.min(Number(value), MAX_SECONDS);
  };

  const issuerText = required('SSO_ISSUER');
  url('SSO_ISSUER', issuerText, { path: false });
  const clientId = required('SSO_CLIENT_ID');
  const redirectText = required('SSO_REDIRECT_URI');
  const redirect = url('SSO_REDIRECT_URI', redirectText, { path: true });
  const postLogoutText = required('SSO_POST_LOGOUT_URI');
  const postLogout = url('SSO_POST_LOGOUT_URI', postLogoutText, { path: false });
  if (redirect && postLogout && redirect.origin !== postLogout.origin)
    fault('SSO_POST_LOGOUT_URI', 'must have the same origin as SSO_REDIRECT_URI');
  if (redirect && isTaken(redirect.pathname)) fault('SSO_REDIRECT_URI', 'must not be another route of the gate');

  const secrets = sessionSecrets(required('SESSION_SECRET'), (what) => fault('SESSION_SECRET', what));
  const redisName = named('UPSTASH_REDIS_REST_URL', 'KV_REST_API_URL');
  const redisUrl = required(redisName);
  url(redisName, redisUrl, { path: false });
  const redisToken = required(named('UPSTASH_REDIS_REST_TOKEN', 'KV_REST_API_TOKEN'));

  const scope = (read('SSO_SCOPE') ?? DEFAULT_SCOPE).split(/\s+/).join(' ');
  if (!scope.split(' ').includes('openid')) fault('SSO_SCOPE', 'must contain openid');
  if (!/^[\x21\x23-\x5b\x5d-\x7e ]+$/.test(scope)) fault('SSO_SCOPE', 'has a character that no scope may have');

  const clientSecret = read('SSO_CLIENT_SECRET');
  const methodText = read('SSO_CLIENT_AUTH_METHOD');
  const method = AUTH_METHODS.find((known) => known === methodText);
  if (methodText !== undefined && method === undefined)
    fault('SSO_CLIENT_AUTH_METHOD', `must be one of ${AUTH_METHODS.join(', ')}`);
  if (method && method !== 'none' && !clientSecret) fault('SSO_CLIENT_SECRET', `is required for ${method}`);
  if (method === 'private_key_jwt' && clientSecret && !isPrivateJwk(clientSecret))
    fault('SSO_CLIENT_SECRET', 'must be a private signing key as JWK, with alg unless it is RSA or P-256');

  const claims = (read('SESSION_CLAIMS') ?? DEFAULT_CLAIMS).split(',').map((name) => name.trim());
  if (claims.some((name) => !/^[\x21-\x7e]{1,100}$/.test(name)))
    fault('SESSION_CLAIMS', 'must be claim names, separated by commas');

  const sessionCookieName = read('SESSION_COOKIE_NAME') ?? DEFAULT_SESSION_COOKIE_NAME;
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(sessionCookieName))
    fault('SESSION_COOKIE_NAME', 'must be 1 to 32 letters, digits, - or _');

  const formRedirects = read('SSO_FORM_REDIRECTS') ?? 'redirect';
  if (formRedirects !== 'redirect' && formRedirects !== 'page') fault('SSO_FORM_REDIRECTS', 'must be redirect or page');

  const absoluteSeconds = seconds('SESSION_ABSOLUTE_SECONDS', 2_592_000, 1);
  const config = {
    idleSeconds: Math.min(seconds('SESSION_IDLE_SECONDS', 604_800, 1), absoluteSeconds),
    absoluteSeconds,
    checkSeconds: seconds('SESSION_CHECK_SECONDS', 30, 0),
    refreshOverlapSeconds: seconds('SSO_REFRESH_OVERLAP_SECONDS', 0, 0),
    trustedProxyHops: seconds('TRUSTED_PROXY_HOPS', 0, 0),
    // With Vercel's system environment variables exposed, as they are by default. Proxies of our own mean another host, to
    // which an environment file pulled from Vercel may have come along: there any client can write `x-real-ip`.
    onVercel: read('VERCEL') === '1' && read('TRUSTED_PROXY_HOPS') === undefined,
  };
  for (const [name, what] of publicSecrets(env, [clientSecret, redisToken, ...(secrets ?? [])])) fault(name, what);

  if (Object.keys(problems).length > 0) throw new ConfigError(problems);
  // Nothing below can be undefined: each missing value has become a problem above.
  return Object.freeze({
    ...config,
    providerName: 'default',
    issuer: issuerText as string,
    clientId: clientId as string,
    clientSecret,
    clientAuthMethod: method,
    redirectUri: redirectText as string,
    postLogoutUri: postLogoutText as string,
    canonicalOrigin: (redirect as URL).origin,
    callbackPath: (redirect as URL).pathname,
    secureCookies: (redirect as URL).protocol === 'https:',
    sessionCookieName,
    sessionSecrets: secrets as string[],
    redisUrl: redisUrl as string,
    redisToken: redisToken as string,
    scope,
    sessionClaims: claims,
    formRedirects: formRedirects as Config['formRedirects'],
  });
}

/** Contract section 1: an entry under 32 characters or with fewer than 10 distinct ones is refused. */
function sessionSecrets(text: string | undefined, fault: (what: string) => undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const entries = text.split(',').map((entry) => entry.trim());
  const isWeak = (entry: string) => entry.length < 32 || new Set(entry).size < 10;
  return entries.some(isWeak) ? fault('has an entry under 32 characters or with fewer than 10 distinct ones') : entries;
}

/** A secret under a `NEXT_PUBLIC_` name is compiled into the files that every visitor downloads. */
function* publicSecrets(env: Env, secrets: readonly (string | undefined)[]): Generator<[string, string]> {
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('NEXT_PUBLIC_') || !value?.trim()) continue;
    if (/SECRET|UPSTASH_REDIS_REST_TOKEN|KV_REST_API_TOKEN/.test(name) || secrets.includes(value.trim()))
      yield [name, 'would put a secret into the browser bundle; remove NEXT_PUBLIC_ and replace the secret'];
  }
}

function isPrivateJwk(text: string): boolean {
  try {
    const { kty, crv, d, alg } = JSON.parse(text);
    const says = typeof alg === 'string' || kty === 'RSA' || crv === 'P-256'; // how to sign with it
    return typeof kty === 'string' && typeof d === 'string' && says;
  } catch {
    return false;
  }
}
