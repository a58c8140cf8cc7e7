import {
  type CryptoKey,
  createLocalJWKSet,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { ProviderError } from '../errors';
import type { Documents, Later, Published } from './documents';
import { type Fetch, within } from './transport';

const TIMEOUT_MS = 3_000;
/** Fetched anew behind an answer after half an hour; a key that the provider has taken back is good for one at most. */
const AGE = { dueMs: 1_800_000, endMs: 3_600_000 };

interface Deps {
  readonly documents: Documents;
  readonly fetch: Fetch;
}

/** The provider's public keys. */
export interface KeySet {
  /** Has the keys at hand, or fetches them. */
  warm(jwksUri: string, later?: Later): Promise<void>;
  /** Runs `verify` with the keys; once more with newer ones when it meets a `kid` that they lack. */
  use<Result>(jwksUri: string, verify: (keys: LookUp) => Promise<Result>): Promise<Result>;
}

export type LookUp = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

/**
 * The provider's JWKS, at most an hour old.
 *
 * jose's remote set refuses to fetch again for a time after any fetch, so a key that was rotated in right after would be
 * unknown to it. Here an unknown `kid` is looked up at once, but at most once a second by the whole deployment: the
 * provider counts these calls by address, and a forged `kid` must not spend them. Whoever comes within that second waits
 * for its end instead of being refused for the next person's forgery.
 */
export function createKeySet({ documents, fetch }: Deps): KeySet {
  let imported: { readonly document: Published; readonly keys: LookUp } | undefined;
  const keysOf = (document: Published): LookUp => {
    // Importing a key costs more than a signature: once for each document.
    if (imported?.document !== document)
      imported = { document, keys: createLocalJWKSet(document.value as JSONWebKeySet) };
    return imported.keys;
  };
  const recent = (uri: string, later?: Later) => documents.recent('jwks', AGE, () => download(uri, fetch), later);

  return {
    async warm(uri, later) {
      await recent(uri, later);
    },
    async use(uri, verify) {
      const document = await recent(uri);
      try {
        return await verify(keysOf(document));
      } catch (error) {
        if (!isJoseError(error, 'ERR_JWKS_NO_MATCHING_KEY')) throw error;
      }
      return verify(keysOf(await documents.since('jwks', document.at + 1, () => download(uri, fetch))));
    },
  };
}

/** By its code: jose's classes come all or none. */
export const isJoseError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

async function download(uri: string, fetch: Fetch): Promise<JSONWebKeySet> {
  const response = await within(fetch, TIMEOUT_MS)(uri, {
    headers: { accept: 'application/json, application/jwk-set+json' },
  });
  if (response.status === 429 || response.status >= 500)
    throw new ProviderError('PROVIDER_UNAVAILABLE', {
      reason: `JWKS answered ${response.status}`,
      retryAfterSeconds: 5,
    });
  try {
    if (response.status !== 200) throw new Error('unexpected status');
    const keys = (await response.json()) as JSONWebKeySet;
    createLocalJWKSet(keys); // throws for what is not a JWKS
    return keys;
  } catch (cause) {
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the JWKS cannot be read', cause });
  }
}
