import type { Sealer } from '../crypto/seal.ts';
import { StoreError } from '../errors.ts';
import { FETCH_CLAIM_MS, METADATA_AGE } from '../timing.ts';
import { CLAIM, WRITE } from './document-scripts.ts';
import type { RedisClient } from './redis.ts';

interface Deps {
  readonly redis: RedisClient;
  readonly sealer: Sealer;
  /** Where the metadata is, when it is not below the issuer: another address has a copy of its own. */
  readonly discoveryUrl?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Documents = Readonly<Record<string, { readonly value: unknown; readonly at: number }>>;

/**
 * The provider's published documents in Redis, sealed: a client that can write there could otherwise name a token endpoint
 * of their own. Kept for a day, which is how long a stale copy serves when the provider is down.
 */
export function createProviderCopy({ redis, sealer, discoveryUrl = '', now }: Deps) {
  const key = async (kind: string) => `gh:${kind}:${await sealer.fingerprint(kind + discoveryUrl)}`;
  const open = async (sealed: unknown): Promise<Documents> => {
    const payload = typeof sealed === 'string' ? await sealer.open('metadata', sealed) : null;
    return (payload?.documents ?? {}) as Documents;
  };
  return {
    read: async () => open(await redis.readText(await key('m'))),
    async write(documents: object): Promise<void> {
      const sealed = await sealer.seal('metadata', { documents }, Math.floor((now() + METADATA_AGE.endMs) / 1000));
      await redis.run(WRITE, [await key('m')], [sealed, METADATA_AGE.endMs]);
    },
    async claim(name: string): Promise<boolean> {
      const answer = await redis.run(CLAIM, [`${await key('l')}:${name}`], [crypto.randomUUID(), FETCH_CLAIM_MS]);
      if (answer !== 'ours' && answer !== 'used') throw new StoreError('claim: unknown answer');
      return answer === 'ours';
    },
  };
}
