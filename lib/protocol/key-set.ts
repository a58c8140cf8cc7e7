import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { ProviderError } from '../errors';
import { type Fetch, within } from './transport';

const TIMEOUT_MS = 3_000;
const FRESH_MS = 600_000;
const REFETCH_MS = 1_000;

interface Deps {
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The provider's public keys. */
export interface KeySet {
  /** Fetches the keys when this isolate has none that are fresh. */
  warm(jwksUri: string): Promise<void>;
  /** Runs `verify` with the keys; once more with newly fetched ones when it meets a `kid` that they lack. */
  use<Result>(jwksUri: string, verify: (keys: LookUp) => Promise<Result>): Promise<Result>;
}

export type LookUp = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

/**
 * One cache of the provider's JWKS for the isolate.
 *
 * jose's remote set refuses to fetch again for a time after any fetch, so a key that was rotated in right after would be
 * unknown to it. Here an unknown `kid` is looked up at once, but at most once a second: the provider counts these calls
 * by address, and a forged `kid` must not spend them. Whoever comes within that second waits for its end instead of
 * being refused for the next person's forgery.
 */
export function createKeySet({ fetch, now }: Deps): KeySet {
  let kept: { readonly uri: string; readonly keys: LookUp; readonly at: number } | undefined;
  let lookedUpAt = Number.NEGATIVE_INFINITY;

  const load = async (uri: string) => {
    const made = { uri, keys: await download(uri, fetch), at: now() };
    kept = made;
    return made;
  };
  const current = async (uri: string) =>
    kept && kept.uri === uri && now() - kept.at < FRESH_MS ? kept : await load(uri);

  return {
    async warm(uri) {
      await current(uri);
    },
    async use(uri, verify) {
      const known = await current(uri);
      try {
        return await verify(known.keys);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
      const wait = kept === known ? lookedUpAt + REFETCH_MS - now() : 0;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(wait, REFETCH_MS)));
      if (kept === known) {
        lookedUpAt = now();
        await load(uri);
      }
      return verify((kept ?? known).keys);
    },
  };
}

async function download(uri: string, fetch: Fetch): Promise<LookUp> {
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
    return createLocalJWKSet((await response.json()) as JSONWebKeySet);
  } catch (cause) {
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the JWKS cannot be read', cause });
  }
}
