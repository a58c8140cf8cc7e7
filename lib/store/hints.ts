import { randomText, sha256 } from '../crypto/random.ts';
import type { Sealer } from '../crypto/seal.ts';
import { StoreError } from '../errors.ts';
import { HINT_KEPT_MS } from '../timing.ts';
import { LOCKING, type Script } from './lua.ts';
import type { RedisClient } from './redis.ts';

/**
 * Keeps a value for one reader; it is never written twice.
 *
 * KEYS[1] where; ARGV[1] value, ARGV[2] milliseconds to live. Answers `ok`.
 */
export const KEEP: Script = `${LOCKING}
redis.call('HSET', KEYS[1], 'value', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'ok'
`;

/**
 * Hands the value to one attempt, also when the call is re-sent.
 *
 * KEYS[1] where; ARGV[1] attempt id. Answers `{'taken', value}` or `{'gone'}`.
 */
export const TAKE: Script = `${LOCKING}
local held = redis.call('HMGET', KEYS[1], 'value', 'attempt')
if not held[1] or (held[2] and held[2] ~= ARGV[1]) then return {'gone'} end
redis.call('HSET', KEYS[1], 'attempt', ARGV[1])
return {'taken', held[1]}
`;

/**
 * ID tokens that wait for a browser on its way to the provider's end-session endpoint, each to be used once and within a minute: a
 * script learns a reference to it and never the token.
 */
export interface Hints {
  /** @returns the reference */
  keep(idToken: string): Promise<string>;
  /** @returns the ID token; null when it was taken before, or its minute is over */
  take(reference: string): Promise<string | null>;
}

interface Deps {
  readonly redis: Pick<RedisClient, 'run'>;
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createHints({ redis, sealer, now }: Deps): Hints {
  const key = async (reference: string) => `gh:o:${await sha256(reference)}`;
  return {
    async keep(idToken) {
      const reference = randomText();
      const sealed = await sealer.seal('hint', { idToken, reference }, Math.ceil((now() + HINT_KEPT_MS) / 1000));
      await redis.run(KEEP, [await key(reference)], [sealed, HINT_KEPT_MS]);
      return reference;
    },
    async take(reference) {
      const reply = await redis.run(TAKE, [await key(reference)], [randomText(128)]);
      const [word, sealed] = Array.isArray(reply) ? reply : [];
      if (word === 'gone') return null;
      if (word !== 'taken' || typeof sealed !== 'string') throw new StoreError('hint: unknown answer');
      const payload = await sealer.open('hint', sealed);
      return payload?.reference === reference && typeof payload.idToken === 'string' ? payload.idToken : null;
    },
  };
}
