import type * as oauth from 'oauth4webapi';
import { ConfigError, ProviderError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';
import { DOCUMENT_TIMEOUT_MS } from '../timing.ts';
import { type ProviderSettings, TENANT } from '../types/settings.ts';
import { see } from './failure.ts';
import { isSameUrl } from './issuer.ts';
import { withoutEmpty } from './members.ts';
import { type Fetch, within } from './transport.ts';

/** Provider metadata (OIDC Discovery §3) that passed {@link validate}. */
export type Metadata = oauth.AuthorizationServer & {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly id_token_signing_alg_values_supported: string[];
};

/** Signatures that a provider's published keys can prove. `none` and the HMAC family are not among them. */
const ASYMMETRIC = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
];
const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'userinfo_endpoint',
  'end_session_endpoint',
  'revocation_endpoint',
  'pushed_authorization_request_endpoint',
] as const;

type Place = Pick<ProviderSettings, 'issuer' | 'discoveryUrl'>;

/** Below the issuer (OIDC Discovery §4), or where `SSO_DISCOVERY_URL` says; with `{tenantid}` the document of all tenants. */
export const discoveryAddress = ({ issuer, discoveryUrl }: Place): string =>
  discoveryUrl ?? `${issuer.replace(TENANT, 'common').replace(/\/$/, '')}/.well-known/openid-configuration`;

const CURES = 'SSO_ISSUER, SSO_DISCOVERY_URL';

/**
 * Fetches and checks the metadata of an issuer (OIDC Discovery §4).
 *
 * @throws {ProviderError} when it cannot be had or used
 * @throws {ConfigError} when the issuer differs from `SSO_ISSUER` by a slash at its end
 */
export async function discover(place: Place, fetch: Fetch): Promise<Metadata> {
  const response = await within(
    fetch,
    DOCUMENT_TIMEOUT_MS,
    'discovery',
  )(discoveryAddress(place), {
    headers: { accept: 'application/json' },
  });
  const { status } = response;
  if (status === 429 || status >= 500)
    throw new ProviderError('PROVIDER_UNAVAILABLE', { reason: `discovery answered ${status}`, retryAfterSeconds: 5 });
  if (status !== 200) throw invalid(see(`discovery answered ${status}`, CURES));
  const json: unknown = await response.json().catch(() => null);
  if (typeof json !== 'object' || json === null) throw invalid(see('discovery is no JSON object', CURES));
  const metadata = withReadable(withoutEmpty(json as Record<string, unknown>));
  checkIssuer(metadata.issuer, place.issuer);
  // Configuration allows http on a loopback host only.
  return validate(metadata as unknown as oauth.AuthorizationServer, place.issuer.startsWith('http:'));
}

/** What is supported is a list or a boolean (OIDC Discovery §3, RFC 9207 §3). What is neither counts as absent. */
const withReadable = (metadata: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(metadata).filter(
      ([name, value]) => !name.endsWith('_supported') || typeof value === 'boolean' || Array.isArray(value),
    ),
  );

/** OIDC Discovery §4.3: the issuer must be the one that was asked; an origin is the same with and without a slash. */
function checkIssuer(issuer: unknown, expected: string): void {
  if (typeof issuer !== 'string' || !URL.canParse(issuer)) throw invalid('discovery names no issuer');
  if (isSameUrl(issuer, expected)) return;
  if (isSameUrl(issuer, `${expected}/`))
    throw new ConfigError({ SSO_ISSUER: 'must end with a slash, as the discovery document names it' });
  if (isSameUrl(`${issuer}/`, expected))
    throw new ConfigError({ SSO_ISSUER: 'must not end with a slash, as the discovery document names it' });
  throw invalid(see('discovery names another issuer', CURES));
}

function validate(metadata: oauth.AuthorizationServer, insecure: boolean): Metadata {
  for (const name of ENDPOINTS) if (metadata[name] !== undefined) checkEndpoint(name, metadata[name], insecure);
  const { authorization_endpoint, token_endpoint, jwks_uri } = metadata;
  if (!authorization_endpoint || !token_endpoint || !jwks_uri) throw invalid('a required endpoint is missing');
  // RFC 8414 §2 reads an absent list as "no PKCE", but large providers support S256 and do not say so. PKCE is sent
  // in any case, and a provider that ignores it is no worse off; one that announces a list without S256 would refuse.
  const pkce = metadata.code_challenge_methods_supported;
  if (pkce !== undefined && !(Array.isArray(pkce) && pkce.includes('S256')))
    throw invalid('PKCE S256 is not supported (refused on purpose)');
  const announced = metadata.id_token_signing_alg_values_supported;
  const algs = ASYMMETRIC.filter((alg) => !Array.isArray(announced) || announced.includes(alg));
  if (algs.length === 0) throw invalid('no asymmetric signature algorithm (HMAC is refused on purpose)');
  return { ...metadata, authorization_endpoint, token_endpoint, jwks_uri, id_token_signing_alg_values_supported: algs };
}

/** FAPI 2.0 Security Profile §5.4.1; `EdDSA` is that of Ed25519. */
const OF_FAPI2 = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

/** The metadata as a client by FAPI 2.0 reads them. */
export function byFapi2(metadata: Metadata): Metadata {
  const algs = metadata.id_token_signing_alg_values_supported.filter((alg) => OF_FAPI2.includes(alg));
  if (algs.length === 0) throw invalid(see('no signature algorithm of FAPI 2.0', 'SSO_PROFILE'));
  return { ...metadata, id_token_signing_alg_values_supported: algs };
}

/**
 * Secrets and codes go there, so https; plain http only where neither it nor the issuer leaves the machine. RFC 6749 §3.1,
 * §3.2: no fragment. RFC 9110 §4.2.4: no user information, which `fetch` refuses and a browser would show as the host.
 */
function checkEndpoint(name: string, value: unknown, insecure: boolean): void {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  const isSafe = url?.protocol === 'https:' || (insecure && url?.protocol === 'http:' && isLoopback(url));
  if (!url || !isSafe) throw invalid(`${name} is not https`);
  if (url.username || url.password || String(value).includes('#'))
    throw invalid(`${name} has user information or a fragment`);
}

const invalid = (reason: string, cause?: unknown) => new ProviderError('PROVIDER_RESPONSE_INVALID', { reason, cause });
