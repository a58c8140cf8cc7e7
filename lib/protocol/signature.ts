import { base64url, type CryptoKey, compactVerify, decodeProtectedHeader } from 'jose';
import { GateError, ProviderError } from '../errors.ts';
import type { Metadata } from './discovery.ts';
import { isJoseError, type KeyLookUp, type KeySet } from './jwks.ts';

export const invalid = (reason: string, cause?: unknown) => new ProviderError('ID_TOKEN_INVALID', { reason, cause });

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
export async function verifySignature(idToken: string, metadata: Metadata, keys: Pick<KeySet, 'use'>): Promise<string> {
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

/** OIDC Core §3.1.3.6: the left half of the access token's hash, by the hash function of the ID token's `alg`. */
export async function checkAccessTokenHash(atHash: unknown, accessToken: string, alg: string): Promise<void> {
  if (atHash === undefined) return;
  const hash = /^Ed/.test(alg) ? 'SHA-512' : `SHA-${alg.slice(-3)}`;
  const digest = new Uint8Array(await crypto.subtle.digest(hash, new TextEncoder().encode(accessToken)));
  if (atHash !== base64url.encode(digest.subarray(0, digest.length / 2))) throw invalid('at_hash');
}
