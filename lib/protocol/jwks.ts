import {
  type CryptoKey,
  createLocalJWKSet,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { ProviderError } from '../errors.ts';
import { DOCUMENT_TIMEOUT_MS } from '../timing.ts';
import { withoutEmpty } from './members.ts';
import { type Fetch, within } from './transport.ts';

/** The provider's public keys. */
export interface KeySet {
  /** Has the keys at hand, or fetches them. */
  warm(jwksUri: string, later?: (work: Promise<unknown>) => void): Promise<void>;
  /**
   * Runs `verify` with the keys; once more with newer ones when none of them fits.
   *
   * @param untrusted the token may come from any client: then keys that were fetched a moment ago are not fetched again
   */
  use<Result>(
    jwksUri: string,
    verify: (keys: KeyLookUp) => Promise<Result>,
    untrusted?: { readonly later: ((work: Promise<unknown>) => void) | undefined },
  ): Promise<Result>;
}

export type KeyLookUp = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

/** By its code: jose's classes come all or none. */
export const isJoseError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/**
 * Fetches a JWKS (RFC 7517 §5).
 *
 * @throws {ProviderError} when it cannot be had or read
 */
export async function downloadKeys(uri: string, fetch: Fetch): Promise<JSONWebKeySet> {
  const response = await within(
    fetch,
    DOCUMENT_TIMEOUT_MS,
    'jwks',
  )(uri, {
    headers: { accept: 'application/json, application/jwk-set+json' },
  });
  if (response.status === 429 || response.status >= 500)
    throw new ProviderError('PROVIDER_UNAVAILABLE', {
      reason: `JWKS answered ${response.status}`,
      retryAfterSeconds: 5,
    });
  try {
    if (response.status !== 200) throw new Error('unexpected status');
    const { keys, ...others } = (await response.json()) as { readonly keys: readonly unknown[] };
    // One key that cannot be read is no reason to do without the others.
    const known = keys.filter((key): key is Record<string, unknown> => typeof key === 'object' && key !== null);
    const set = { ...others, keys: known.map((key) => withoutEmpty(key)) } as unknown as JSONWebKeySet;
    createLocalJWKSet(set); // throws for what is not a JWKS
    return set;
  } catch (cause) {
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the JWKS cannot be read', cause });
  }
}
