import { ConfigError } from './errors.ts';
import { allFields, FIELDS, type Field } from './fields.ts';
import { callbackBelow, isFault, type Parse } from './parsers.ts';
import { type Settings, TENANT } from './types/settings.ts';

/** Environment as a plain record; an empty value counts as missing, because that is what an unfilled form sends. */
export type Env = Readonly<Record<string, string | undefined>>;

type ValueOf<One> = One extends { readonly parse: Parse<infer Value> } ? Value : never;
/** A value that may be missing, unless it is required or has a default. */
type Read<One> = One extends { readonly required: true } | { readonly default: string }
  ? ValueOf<One>
  : ValueOf<One> | undefined;
type Groups = typeof FIELDS;
type Values = {
  readonly [Group in keyof Groups]: { readonly [Name in keyof Groups[Group]]: Read<Groups[Group][Name]> };
};
/** Also of a faulty environment. */
type Found = { readonly [Group in keyof Values]: Partial<Values[Group]> };
type Faults = Record<string, string>;

/**
 * Reads the settings from the environment, by the table of fields.
 *
 * Every variable is looked at before anything is reported, so that the first start of the site names all that is wrong. Faults name
 * variables and rules, never values.
 *
 * @param others faults of the rest of the configuration, which are reported with these
 * @throws {ConfigError} with one entry per faulty variable
 */
export function readSettings(env: Env, others: Readonly<Faults> = {}): Settings {
  const faults: Faults = { ...others };
  const found = readFields(env, faults);
  const more = [...contradictions(found, faults), ...profileFaults(found, env), ...publicSecrets(env, found)];
  for (const [name, what] of more) faults[name] ??= what;
  if (Object.keys(faults).length > 0) throw new ConfigError(faults);
  return settingsOf(found as Values, env); // nothing is missing that must be there: it would be a fault
}

const textOf = (env: Env, name: string) => env[name]?.trim() || undefined;

/** Of the names that a field may have, the one that has a value. */
const nameOf = (env: Env, { names }: Pick<Field<unknown>, 'names'>) =>
  names.find((name) => textOf(env, name) !== undefined) ?? names[0];

function readFields(env: Env, faults: Faults): Found {
  const read = (one: Field<unknown>) => {
    const name = nameOf(env, one);
    const text = textOf(env, name) ?? one.default;
    if (text === undefined) {
      if (one.required) faults[name] = 'is required';
      return undefined;
    }
    const value = one.parse(text);
    if (!isFault(value)) return value;
    faults[name] = value.fault;
    return undefined;
  };
  const groups = Object.entries(FIELDS).map(([group, fields]) => [
    group,
    Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, read(one)])),
  ]);
  return Object.fromEntries(groups) as Found;
}

/** Values that are right one by one, and wrong together. */
function* contradictions({ site, provider }: Found, faults: Faults): Generator<[name: string, what: string]> {
  if (!faults.APP_URL) yield* addresses(site, provider);
  const { clientSecret, clientAuthMethod: method, issuer, tenants } = { ...provider, ...ofProfile(provider) };
  if (issuer?.includes(TENANT) && !tenants) yield ['SSO_TENANTS', `is required for an issuer with ${TENANT}`];
  if (issuer && tenants && !issuer.includes(TENANT)) yield ['SSO_TENANTS', `needs an issuer with ${TENANT}`];
  if (tenants?.includes('*') && tenants.length > 1) yield ['SSO_TENANTS', 'must be * alone, or tenant ids'];
  if (method && method !== 'none' && !clientSecret) yield ['SSO_CLIENT_SECRET', `is required for ${method}`];
  if (method === 'private_key_jwt' && clientSecret && !isPrivateJwk(clientSecret))
    yield ['SSO_CLIENT_SECRET', 'must be a private signing key as JWK, with alg unless it is RSA or P-256'];
}

/** FAPI 2.0 Security Profile §5.3.3: what the client is, and the variables that could say otherwise. */
const FAPI2 = { par: 'require', dpop: 'require', clientAuthMethod: 'private_key_jwt' } as const;
const FAPI2_VARIABLES = {
  SSO_CLIENT_AUTH_METHOD: 'private_key_jwt',
  SSO_CLIENT_ASSERTION_AUDIENCE: 'issuer',
  SSO_PAR: 'always',
  SSO_DPOP: 'require',
};

const ofProfile = ({ profile }: { readonly profile?: string | undefined }) => (profile === 'fapi2' ? FAPI2 : {});

function* profileFaults({ provider }: Found, env: Env): Generator<[name: string, what: string]> {
  if (provider.profile !== 'fapi2') return;
  for (const [name, value] of Object.entries(FAPI2_VARIABLES))
    if ((textOf(env, name) ?? value) !== value) yield [name, `must be ${value} with SSO_PROFILE=fapi2`];
  // §5.4.1; without `alg` an RSA key would sign by RS256, and it has 2048 bits at least.
  if (provider.clientSecret && !/^(PS256|ES256|EdDSA|Ed25519)$/.test(signingAlg(provider.clientSecret)))
    yield [
      'SSO_CLIENT_SECRET',
      'must be a private key as JWK for PS256 (2048 bits), ES256 or EdDSA with SSO_PROFILE=fapi2',
    ];
}

/** As long as one of 2048 bits in base64url. */
const MODULUS = 'n'.repeat(342);

function signingAlg(text: string): string {
  try {
    const { alg, crv, n = MODULUS } = JSON.parse(text);
    return String(n.length >= MODULUS.length && (alg ?? (crv === 'P-256' && 'ES256')));
  } catch {
    return '';
  }
}

type Addresses = Pick<Found['provider'], 'redirectUri' | 'postLogoutUri'>;

/** The redirect URI and the page after a sign-out, or `APP_URL` that both follow from; on one origin. */
function* addresses({ appUrl }: Found['site'], { redirectUri, postLogoutUri }: Addresses): Generator<[string, string]> {
  const named = Object.entries({ SSO_REDIRECT_URI: redirectUri, SSO_POST_LOGOUT_URI: postLogoutUri });
  if (appUrl === undefined)
    for (const [name, uri] of named) if (uri === undefined) yield [name, 'is required, or APP_URL in its place'];
  const origin = appUrl ?? redirectUri;
  if (origin === undefined) return;
  for (const [name, uri] of named)
    if (uri !== undefined && new URL(uri).origin !== new URL(origin).origin)
      yield [name, `must have the same origin as ${appUrl === undefined ? 'SSO_REDIRECT_URI' : 'APP_URL'}`];
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

/** A secret under a `NEXT_PUBLIC_` name is compiled into the files that every visitor downloads. */
function* publicSecrets(env: Env, found: Found): Generator<[name: string, what: string]> {
  const secretNames = allFields().flatMap(({ secret, names }) => (secret ? names : []));
  const values = new Set<unknown>([found.provider.clientSecret, found.redis.token, ...(found.session.secrets ?? [])]);
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('NEXT_PUBLIC_') || !value?.trim()) continue;
    const isNamed = name.includes('SECRET') || secretNames.some((secret) => name.includes(secret));
    if (isNamed || values.has(value.trim()))
      yield [name, 'would put a secret into the browser bundle; remove NEXT_PUBLIC_ and replace the secret'];
  }
}

/** As Next links to it: a base path has no slash at its end, an origin alone has one. */
const startPage = (appUrl: string) => (new URL(appUrl).pathname === '/' ? `${appUrl}/` : appUrl);

function settingsOf({ site, provider, session, redis }: Values, env: Env): Settings {
  const { vercel, appUrl = '', ...ofSite } = site; // without it both URIs are there
  const redirectUri = provider.redirectUri ?? callbackBelow(appUrl);
  const { origin, pathname, protocol } = new URL(redirectUri);
  // With the system environment variables of Vercel exposed, as they are by default. Proxies of our own mean another host, to
  // which an environment file pulled from Vercel may have come along: there any client can write `x-real-ip`.
  const isOwnHost = textOf(env, nameOf(env, FIELDS.site.trustedProxyHops)) !== undefined;
  return Object.freeze({
    site: Object.freeze({
      ...ofSite,
      canonicalOrigin: origin,
      callbackPath: pathname,
      onVercel: vercel === '1' && !isOwnHost,
    }),
    provider: Object.freeze({
      ...provider,
      ...ofProfile(provider),
      name: 'default',
      redirectUri,
      postLogoutUri: provider.postLogoutUri ?? startPage(appUrl),
      isDefaultScope: textOf(env, 'SSO_SCOPE') === undefined,
      tenants: provider.tenants ?? [],
      trustedAudiences: provider.trustedAudiences ?? [],
    }),
    session: Object.freeze({
      ...session,
      idleSeconds: Math.min(session.idleSeconds, session.absoluteSeconds),
      secureCookies: protocol === 'https:',
    }),
    redis: Object.freeze(redis),
  });
}
