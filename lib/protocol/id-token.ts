import { base64url, decodeJwt, decodeProtectedHeader } from 'jose';
import type { IDToken } from 'oauth4webapi';
import { ProviderError, RequestError } from '../errors.ts';
import { MAX_ID_TOKEN_AGE_SECONDS } from '../timing.ts';
import type { ProviderSettings } from '../types/settings.ts';
import type { Metadata } from './discovery.ts';
import { see } from './failure.ts';
import type { KeySet } from './jwks.ts';
import { withoutEmpty } from './members.ts';
import { checkAccessTokenHash, checkType, invalid, verifySignature } from './signature.ts';
import type { ReadTokens } from './tokens.ts';

interface Deps {
  readonly client: Pick<ProviderSettings, 'clientId' | 'trustedAudiences' | 'clockToleranceSeconds'>;
  readonly keys: KeySet;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Claims that may be absent: `null`, an empty text and an empty list say as much. */
const OPTIONAL = ['acr', 'amr', 'at_hash', 'auth_time', 'azp', 'nbf', 'session_expiry', 'sid'];

/** Why a claim of an ID token may be refused, and the variables that may be the cure. */
export const CLAIM_CURES: Readonly<Record<string, string>> = {
  iss: 'SSO_ISSUER, SSO_TENANTS',
  aud: 'SSO_CLIENT_ID, SSO_TRUSTED_AUDIENCES',
  azp: 'SSO_CLIENT_ID',
  exp: 'SSO_CLOCK_TOLERANCE_SECONDS',
  iat: 'SSO_CLOCK_TOLERANCE_SECONDS',
  nbf: 'SSO_CLOCK_TOLERANCE_SECONDS',
};

export type UnprovenClaims = Readonly<Record<string, unknown>>;

/**
 * The claims of an ID token, without those that say nothing. Nothing of it is proven.
 *
 * @throws {ProviderError} when it cannot be read, or is of a kind that is refused on purpose
 */
export function readClaims(idToken: string): UnprovenClaims {
  if (idToken.split('.').length === 5) throw invalid('encrypted (refused on purpose)');
  let alg: unknown;
  let claims: Record<string, unknown>;
  try {
    alg = decodeProtectedHeader(idToken).alg;
    claims = withoutEmpty(decodeJwt(idToken), OPTIONAL);
  } catch (cause) {
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the ID token cannot be read', cause });
  }
  if (/^HS/.test(String(alg))) throw invalid('alg HMAC (refused on purpose): choose an asymmetric one at the provider');
  return claims;
}

/**
 * An ID token with other claims, for a library that reads claims and proves no signature. It is proven on the one that came.
 */
export const withClaims = (idToken: string, claims: UnprovenClaims): string => {
  const [header, , signature] = idToken.split('.');
  return [header, base64url.encode(JSON.stringify(claims)), signature].join('.');
};

/**
 * `auth_time` (OIDC Core §2) where it is a time of the past. Some providers send 0, a text or a time to come, and only who
 * asks for it is wronged: a time to come would meet every `max_age` for ever.
 */
export const pastAuthTime = ({ auth_time }: UnprovenClaims, latest: number): number | undefined =>
  typeof auth_time === 'number' && auth_time > 0 && auth_time <= latest ? auth_time : undefined;

/** When the provider ends the session, in seconds since the epoch, where it says so. */
export const sessionExpiryOf = ({ session_expiry }: UnprovenClaims): number | undefined =>
  typeof session_expiry === 'number' && session_expiry > 0 ? Math.floor(session_expiry) : undefined;

/**
 * The checks of an ID token that oauth4webapi leaves to the caller. In the code flow OIDC Core §3.1.3.7 step 6 lets TLS
 * stand for the signature; it is checked all the same, because a back-channel logout believes the same keys.
 *
 * @param acrValues `acr_values` that were asked for, space separated
 * @throws {ProviderError} `ID_TOKEN_INVALID`
 * @throws {RequestError} `STEP_UP_NOT_MET` when the `acr` is none of those asked for
 */
export async function proveIdToken(
  read: ReadTokens,
  acrValues: string | undefined,
  metadata: Metadata,
  deps: Deps,
): Promise<void> {
  const { claims, tokens } = read;
  checkType(tokens.idToken);
  const alg = await verifySignature(tokens.idToken, metadata, deps.keys);
  checkClaims(claims, Math.floor(deps.now() / 1000), deps.client);
  await checkAccessTokenHash(claims.at_hash, tokens.accessToken, alg);
  // OIDC Core §3.1.3.7 step 12: `acr`, when it was asked for
  const { acr } = claims;
  if (acrValues && !(typeof acr === 'string' && acrValues.split(' ').includes(acr)))
    throw new RequestError('STEP_UP_NOT_MET', { reason: 'acr is none of those asked for' });
}

function checkClaims(claims: IDToken, now: number, client: Deps['client']): void {
  const { auth_time, iat, sub } = claims;
  const latest = now + client.clockToleranceSeconds;
  checkAudience(claims, client);
  // OIDC Core §3.1.3.7 step 10: jose and oauth4webapi accept an `iat` in the future
  if (iat > latest) throw invalid(see('iat is in the future', CLAIM_CURES.iat));
  if (iat < now - MAX_ID_TOKEN_AGE_SECONDS - client.clockToleranceSeconds)
    throw invalid(see('iat is older than 10 minutes', CLAIM_CURES.iat));
  // OIDC Core §2: seconds, and of the past; here it is left only where it was asked for
  if (auth_time !== undefined && auth_time > latest) throw invalid(see('auth_time is in the future', CLAIM_CURES.iat));
  if ((sessionExpiryOf(claims) ?? Infinity) <= now) throw invalid('session_expiry is over');
  if (!isSubject(sub)) throw invalid('sub is not 1 to 255 ASCII characters (refused on purpose)');
}

/**
 * OIDC Core §3.1.3.7 steps 3 to 5: this client is an audience, the others are trusted, and where there are others the token
 * was issued to this client. A list that names the client twice is none that a provider writes.
 *
 * @throws {ProviderError} `ID_TOKEN_INVALID`
 */
export function checkAudience(
  { aud, azp }: UnprovenClaims,
  client: Pick<ProviderSettings, 'clientId' | 'trustedAudiences'>,
): void {
  const others = otherAudiences(aud, client);
  if (others === null) throw invalid(see('aud has other audiences', CLAIM_CURES.aud));
  if (azp === undefined ? others.length > 0 : azp !== client.clientId) throw invalid(see('azp', CLAIM_CURES.azp));
}

/** The audiences beside this client; null where the client is none, or one of the others is not trusted. */
export function otherAudiences(
  aud: unknown,
  { clientId, trustedAudiences }: Pick<ProviderSettings, 'clientId' | 'trustedAudiences'>,
): readonly unknown[] | null {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const others = audiences.filter((audience) => audience !== clientId);
  const isTrusted = others.every((audience) => typeof audience === 'string' && trustedAudiences.includes(audience));
  return others.length === audiences.length - 1 && isTrusted ? others : null;
}

/** OIDC Core §2: at most 255 ASCII characters. */
export const isSubject = (sub: unknown): sub is string => typeof sub === 'string' && /^[\x20-\x7e]{1,255}$/.test(sub);

/** A name that a provider gives: far longer than any real one, and nothing that could disturb a log or a key. */
export const isPlainText = (value: unknown): value is string =>
  typeof value === 'string' && /^\P{Cc}{1,1024}$/u.test(value);

/** `sub` and `sid` of an ID token, not verified; null when they cannot be read. */
export function unprovenSubject(idToken: unknown): { readonly sub: string; readonly providerSid?: string } | null {
  try {
    const { sub, sid } = readClaims(String(idToken));
    return typeof sub === 'string' ? { sub, ...(isPlainText(sid) && { providerSid: sid }) } : null;
  } catch {
    return null;
  }
}
