import { byFapi2, discover, type Metadata } from '../protocol/discovery.ts';
import { withoutEmpty } from '../protocol/members.ts';
import type { Fetch } from '../protocol/transport.ts';
import type { Documents, Later } from '../store/provider-cache.ts';
import { METADATA_AGE } from '../timing.ts';
import type { ProviderSettings } from '../types/settings.ts';

interface Deps {
  readonly place: Pick<ProviderSettings, 'issuer' | 'discoveryUrl' | 'profile'>;
  readonly documents: Documents;
  readonly fetch: Fetch;
}

/**
 * The provider's metadata, renewed behind the answer when it is an hour old (stale-while-revalidate). When the provider
 * cannot be reached, the old copy serves for a day: endpoints move rarely, and a login that only needs a redirect should
 * not fail with it.
 */
export function createMetadata({ place, documents, fetch }: Deps): (later?: Later) => Promise<Metadata> {
  return async (later) => {
    const { value } = await documents.recent('discovery', METADATA_AGE, () => discover(place, fetch), later);
    // What was put there was validated before, but an earlier version kept members that say nothing.
    const metadata = withoutEmpty(value as Metadata) as Metadata;
    return place.profile === 'fapi2' ? byFapi2(metadata) : metadata;
  };
}
