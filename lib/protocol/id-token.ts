import { base64url, type CryptoKey, compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import type { IDToken } from 'oauth4webapi';
import { GateError, ProviderError, RequestError } from '../errors.ts';
import { CLOCK_TOLERANCE_SECONDS, MAX_ID_TOKEN_AGE_SECONDS } from '../timing.ts';
import type { Metadata } from './discovery.ts';
import { isJoseError, type KeyLookUp, type KeySet } from './jwks.ts';
import type { ReadTokens } from './tokens.ts';

interface Expected {
  readonly clientId: string;
  /** `acr_values` that were asked for, space separated. */
  readonly acrValues?: string | undefined;
}

interface Deps {
  readonly keys: KeySet;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The checks of an ID token that oauth4webapi leaves to the caller. In the code flow OIDC Core §3.1.3.7 step 6 lets TLS
 * stand for the signature; it is checked all the same, because a back-channel logout believes the same keys.
 *
 * @throws {ProviderError} `ID_TOKEN_INVALID`
 * @throws {RequestError} `STEP_UP_NOT_MET` when the `acr` is none of those asked for
 */
export async function proveIdToken(
  read: ReadTokens,
  expected: Expected,
  metadata: Metadata,
  deps: Deps,
): Promise<void> {
  const { claims, tokens } = read;
  checkType(tokens.idToken);
  const alg = await verifySignature(tokens.idToken, metadata, deps.keys);
  checkClaims(claims, expected.clientId, Math.floor(deps.now() / 1000));
  await checkAccessTokenHash(claims.at_hash, tokens.accessToken, alg);
  // OIDC Core §3.1.3.7 step 12: `acr`, when it was asked for
  const { acr } = claims;
  if (expected.acrValues && !(typeof acr === 'string' && expected.acrValues.split(' ').includes(acr)))
    throw new RequestError('STEP_UP_NOT_MET', { reason: 'acr is none of those asked for' });
}

/**
 * RFC 8725 §3.11: the same keys sign access tokens (`at+jwt`) and logout tokens (`logout+jwt`), so a token that says what
 * it is must say `JWT`. RFC 7515 §4.1.9: a media type, in any case, with or without `application/`.
 *
 * @throws {ProviderError} `ID_TOKEN_INVALID`
 */
export function checkType(idToken: string): void {
  const { typ } = decodeProtectedHeader(idToken);
  if (typ !== undefined && !(typeof typ === 'string' && /^(application\/)?jwt$/i.test(typ))) throw invalid('typ');
}

/**
 * OIDC Core §3.1.3.7 steps 6 to 8: signature by the issuer's published keys, `alg` from the allow-list.
 *
 * @returns the `alg`
 */
export async function verifySignature(idToken: string, metadata: Metadata, keys: KeySet): Promise<string> {
  const algorithms = metadata.id_token_signing_alg_values_supported;
  try {
    return await keys.use(metadata.jwks_uri, (lookUp) => verifyWithAny(idToken, lookUp, algorithms));
  } catch (cause) {
    if (cause instanceof GateError) throw cause; // the keys could not be fetched
    throw invalid('signature', cause);
  }
}

/** A token without `kid` may match several published keys; one of them has to fit. */
async function verifyWithAny(idToken: string, lookUp: KeyLookUp, algorithms: string[]): Promise<string> {
  try {
    return (await compactVerify(idToken, lookUp, { algorithms })).protectedHeader.alg;
  } catch (error) {
    if (!isJoseError(error, 'ERR_JWKS_MULTIPLE_MATCHING_KEYS')) throw error;
    for await (const key of error as Error & AsyncIterable<CryptoKey>) {
      const verified = await compactVerify(idToken, key, { algorithms }).catch(() => null);
      if (verified) return verified.protectedHeader.alg;
    }
    throw error;
  }
}

function checkClaims(claims: IDToken, clientId: string, now: number): void {
  const { auth_time, iat, sub } = claims;
  checkAudience(claims, clientId);
  // OIDC Core §3.1.3.7 step 10: jose and oauth4webapi accept an `iat` in the future
  if (iat > now + CLOCK_TOLERANCE_SECONDS) throw invalid('iat is in the future');
  if (iat < now - MAX_ID_TOKEN_AGE_SECONDS - CLOCK_TOLERANCE_SECONDS) throw invalid('iat is older than 10 minutes');
  // OIDC Core §2: seconds, and of the past; a later one would meet every `max_age` for ever
  if (auth_time !== undefined && !(auth_time <= now + CLOCK_TOLERANCE_SECONDS)) throw invalid('auth_time');
  // OIDC Core §2: at most 255 ASCII characters
  if (!/^[\x20-\x7e]{1,255}$/.test(sub)) throw invalid('sub');
}

/** @throws {ProviderError} `ID_TOKEN_INVALID` when the token has another audience too */
export function checkAudience({ aud, azp }: IDToken, clientId: string): void {
  // OIDC Core §3.1.3.7 step 3: no audience that this client does not trust, and it trusts itself alone
  if (Array.isArray(aud) && (aud.length !== 1 || aud[0] !== clientId)) throw invalid('aud has other audiences');
  // OIDC Core §3.1.3.7 steps 4 and 5
  if (azp !== undefined && azp !== clientId) throw invalid('azp');
}

/** OIDC Core §3.1.3.6: the left half of the access token's hash, by the hash function of the ID token's `alg`. */
async function checkAccessTokenHash(atHash: unknown, accessToken: string, alg: string): Promise<void> {
  if (atHash === undefined) return;
  const hash = /^Ed/.test(alg) ? 'SHA-512' : `SHA-${alg.slice(-3)}`;
  const digest = new Uint8Array(await crypto.subtle.digest(hash, new TextEncoder().encode(accessToken)));
  if (atHash !== base64url.encode(digest.subarray(0, digest.length / 2))) throw invalid('at_hash');
}

/** `sub` and `sid` of an ID token, not verified; null when they cannot be read. */
export function unprovenSubject(idToken: unknown): { readonly sub: string; readonly providerSid?: string } | null {
  try {
    const { sub, sid } = decodeJwt(String(idToken));
    return typeof sub === 'string' ? { sub, ...(typeof sid === 'string' && { providerSid: sid }) } : null;
  } catch {
    return null;
  }
}

const invalid = (claim: string, cause?: unknown) => new ProviderError('ID_TOKEN_INVALID', { reason: claim, cause });
