import type { Sealer } from '../crypto/seal.ts';
import { StoreError } from '../errors.ts';
import { PING_KEPT_MS } from '../timing.ts';
import { WRITE } from './document-scripts.ts';
import type { RedisClient } from './redis.ts';

interface Deps {
  readonly redis: Pick<RedisClient, 'run'>;
  readonly sealer: Pick<Sealer, 'fingerprint'>;
}

/**
 * Asks Redis to write one small key, by a script on the primary: what a session needs. A `PING` would also be answered by a
 * Redis that is full, or with a token that may only read.
 */
export function createPing({ redis, sealer }: Deps): () => Promise<void> {
  return async () => {
    const answer = await redis.run(WRITE, [`gh:h:${await sealer.fingerprint('h')}`], ['1', PING_KEPT_MS]);
    if (answer !== 'ok') throw new StoreError('ping: unknown answer');
  };
}
