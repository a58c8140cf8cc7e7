import { createBoundedMap } from '../bounded-map.ts';
import { targetKey } from '../policy/target.ts';
import { DENIAL_KEPT_MS } from '../timing.ts';
import type { Target } from '../types/record.ts';

const MAX_DENIALS = 1_000;

/** The provider gives a session no token for a target. `error`: its OAuth error, where it is a plain word. */
export interface Denial {
  readonly kind: 'denied';
  readonly reason: string;
  readonly error?: string | undefined;
}

/** The provider does not know a resource (RFC 8707 §2), which is so for all sessions, unless one has got a token for it. */
export const INVALID_TARGET = 'invalid_target';

/** What the provider has refused an isolate lately (negative caching), so that it is not asked again by each request. */
export interface DeniedTargets {
  get(id: string, target: Target): Denial | undefined;
  add(id: string, target: Target, denial: Denial): void;
  /** A session has got a token for a target: a refusal of it is from then on that session's alone. */
  granted(target: Target): void;
}

/** @param now milliseconds since the epoch */
export function createDeniedTargets(now: () => number): DeniedTargets {
  const denials = createBoundedMap<string, Denial & { readonly until: number }>(MAX_DENIALS);
  const known = createBoundedMap<string, true>(MAX_DENIALS);
  const keyOf = (id: string, target: Target) => `${id} ${targetKey(target)}`;
  return {
    get(id, target) {
      const found = [id, ''].map((of) => denials.get(keyOf(of, target)));
      return found.find((denial) => denial && now() < denial.until);
    },
    add(id, target, denial) {
      const of = denial.error === INVALID_TARGET && !known.has(targetKey(target)) ? '' : id;
      denials.set(keyOf(of, target), { ...denial, until: now() + DENIAL_KEPT_MS });
    },
    granted(target) {
      known.set(targetKey(target), true);
      denials.delete(keyOf('', target));
    },
  };
}
