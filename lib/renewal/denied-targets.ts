import { createBoundedMap } from '../bounded-map.ts';
import { DENIAL_KEPT_MS } from '../timing.ts';
import type { Target } from '../types/record.ts';
import { targetKey } from './further-tokens.ts';

const MAX_DENIALS = 1_000;

/** The provider gives a session no token for a target. `error`: its OAuth error, where it is a plain word. */
export interface Denial {
  readonly kind: 'denied';
  readonly reason: string;
  readonly error?: string | undefined;
}

/** What the provider has refused an isolate lately (negative caching), so that it is not asked again by each request. */
export interface DeniedTargets {
  get(id: string, target: Target): Denial | undefined;
  add(id: string, target: Target, denial: Denial): void;
}

/** @param now milliseconds since the epoch */
export function createDeniedTargets(now: () => number): DeniedTargets {
  const denials = createBoundedMap<string, Denial & { readonly until: number }>(MAX_DENIALS);
  const keyOf = (id: string, target: Target) => `${id} ${targetKey(target)}`;
  return {
    get(id, target) {
      const denial = denials.get(keyOf(id, target));
      return denial && now() < denial.until ? denial : undefined;
    },
    add: (id, target, denial) => void denials.set(keyOf(id, target), { ...denial, until: now() + DENIAL_KEPT_MS }),
  };
}
