import { createBoundedMap } from '../bounded-map.ts';
import { targetKey } from '../policy/target.ts';
import { MAX_PAUSE_SECONDS, RENEWAL_GAP_SECONDS } from '../timing.ts';
import type { Target } from '../types/record.ts';

const MAX_TOKENS = 1_000;

interface Issued {
  readonly issuedAt: number;
}

/** How often an isolate renews tokens for an API that refuses each of them: after 10 seconds, then 20, 40, 60 (back-off). */
export interface RefusalGaps {
  /** Whether a refused token stays for now. */
  keeps(id: string, target: Target | undefined, refused: Issued, now: number): boolean;
  /** A token was obtained in the place of a refused one. */
  replaced(id: string, target: Target | undefined, refused: Issued, token: Issued): void;
}

export function createRefusalGaps(): RefusalGaps {
  const latest = createBoundedMap<string, Issued & { readonly seconds: number }>(MAX_TOKENS);
  const keyOf = (id: string, target: Target = {}) => `${id} ${targetKey(target)}`;
  const gapOf = (key: string, { issuedAt }: Issued) => {
    const known = latest.get(key);
    return known?.issuedAt === issuedAt ? known.seconds : RENEWAL_GAP_SECONDS;
  };
  return {
    keeps: (id, target, refused, now) => now < refused.issuedAt + gapOf(keyOf(id, target), refused),
    replaced(id, target, refused, { issuedAt }) {
      const key = keyOf(id, target);
      latest.set(key, { issuedAt, seconds: Math.min(2 * gapOf(key, refused), MAX_PAUSE_SECONDS) });
    },
  };
}
