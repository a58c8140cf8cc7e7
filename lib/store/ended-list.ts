import type { Sealer } from '../crypto/seal.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { createIndexKeys } from './index-keys.ts';
import { MAX_ENDED } from './index-lua.ts';
import { pairs } from './pairs.ts';
import type { RedisClient } from './redis.ts';

/** The end of a session: what Redis calls it, and when, in ms by the primary's clock. */
export type Ending = readonly [id: string, at: number];

/** The list of endings in Redis. */
export interface EndedList {
  /**
   * What has ended since a time, the latest first, and no more than an isolate remembers and one; possibly from a replica that
   * lags. One call to Redis.
   *
   * @throws {StoreError}
   */
  since(at: number): Promise<readonly Ending[]>;
}

interface Deps {
  readonly settings: Pick<ProviderSettings, 'issuer' | 'clientId'>;
  readonly redis: Pick<RedisClient, 'readScored'>;
  readonly sealer: Sealer;
}

export function createEndedList({ redis, ...deps }: Deps): EndedList {
  const keys = createIndexKeys(deps);
  return {
    since: async (at) =>
      pairs(await redis.readScored(await keys.ended(), at, MAX_ENDED + 1)).map(([id, score]) => [id, Number(score)]),
  };
}
