import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { downloadKeys, isJoseError, type KeyLookUp, type KeySet } from '../protocol/jwks.ts';
import type { Fetch } from '../protocol/transport.ts';
import type { Documents, Later, Published } from '../store/provider-cache.ts';
import { KEYS_AGE, KEYS_KEPT_MS } from '../timing.ts';

interface Deps {
  readonly documents: Documents;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What no other key would help: it is no JWS, or its algorithm is not allowed. */
const HOPELESS = ['ERR_JWS_INVALID', 'ERR_JOSE_ALG_NOT_ALLOWED'];

/**
 * The provider's JWKS, at most an hour old.
 *
 * jose's remote set refuses to fetch again for a time after any fetch, so a key that was rotated in right after would be
 * unknown to it, and it never fetches for a `kid` that it knows, under which some providers put another key. Here a token
 * that no key fits is looked up at once, but at most once a second by the whole deployment: the provider counts these calls
 * by address, and a forged token must not spend them. A request within that second waits for its end instead of being
 * refused for the next person's forgery. For a logout token, which any client can send, that is twice a minute at most.
 */
export function createKeySet({ documents, fetch, now }: Deps): KeySet {
  let imported: { readonly document: Published; readonly keys: KeyLookUp } | undefined;
  const keysOf = (document: Published): KeyLookUp => {
    // Importing a key costs more than a signature: once for each document.
    if (imported?.document !== document) imported = { document, keys: lookUpIn(document.value as JSONWebKeySet) };
    return imported.keys;
  };
  const recent = (uri: string, later?: Later) =>
    documents.recent('jwks', KEYS_AGE, () => downloadKeys(uri, fetch), later);

  return {
    async warm(uri, later) {
      await recent(uri, later);
    },
    async use(uri, verify, untrusted) {
      const document = await recent(uri, untrusted?.later);
      try {
        return await verify(keysOf(document));
      } catch (error) {
        if (HOPELESS.some((code) => isJoseError(error, code))) throw error;
        if (untrusted && now() - document.at < KEYS_KEPT_MS) throw error;
      }
      return verify(keysOf(await documents.since('jwks', document.at + 1, () => downloadKeys(uri, fetch))));
    },
  };
}

/**
 * Looks a key up by the `kid` of a token. Some providers publish keys without ids and name one in their tokens all the same
 * (RFC 7517 §4.5 leaves both open): where no key has that id, those without any are looked through. A key that has an id is
 * never used for another one.
 */
function lookUpIn(set: JSONWebKeySet): KeyLookUp {
  const all = createLocalJWKSet(set);
  const unnamed = createLocalJWKSet({ keys: set.keys.filter(({ kid }) => typeof kid !== 'string') });
  return (header, token) =>
    all(header, token).catch((error: unknown) => {
      const { kid, ...others } = header ?? {};
      if (kid === undefined || !isJoseError(error, 'ERR_JWKS_NO_MATCHING_KEY')) throw error;
      return unnamed(others, token);
    });
}
