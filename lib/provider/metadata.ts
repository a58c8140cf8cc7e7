import { discover, type Metadata } from '../protocol/discovery.ts';
import type { Fetch } from '../protocol/transport.ts';
import type { Documents, Later } from '../store/provider-cache.ts';

const METADATA_DUE_MS = 3_600_000;
const METADATA_END_MS = 86_400_000;

interface Deps {
  readonly issuer: string;
  readonly documents: Documents;
  readonly fetch: Fetch;
}

/**
 * The provider's metadata, renewed behind the answer when it is an hour old (stale-while-revalidate). When the provider
 * cannot be reached, the old copy serves for a day: endpoints move rarely, and a login that only needs a redirect should
 * not fail with it.
 */
export function createMetadata({ issuer, documents, fetch }: Deps): (later?: Later) => Promise<Metadata> {
  const age = { dueMs: METADATA_DUE_MS, endMs: METADATA_END_MS };
  return async (later) => {
    const { value } = await documents.recent('discovery', age, () => discover(issuer, fetch), later);
    return value as Metadata; // what was put there was validated before
  };
}
