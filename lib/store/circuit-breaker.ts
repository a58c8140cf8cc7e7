import { BREAKER_OPEN_MS } from '../timing.ts';

/**
 * The circuit breaker of one isolate, in front of Redis or the provider. Closed: calls are made. Open after a failure: none
 * is made. After that time it is closed again, and the next failure opens it anew. That of a whole deployment's renewals is
 * in Redis; see `breaker.ts`.
 */
export interface CircuitBreaker<Cause> {
  /** Whether a call failed within so many milliseconds, 2,000 by default. */
  isOpen(milliseconds?: number): boolean;
  /** The last failure, until a success. */
  cause(): Cause | undefined;
  failed(cause: Cause): void;
  succeeded(): void;
}

/** @param now milliseconds since the epoch */
export function createCircuitBreaker<Cause = void>(now: () => number): CircuitBreaker<Cause> {
  let last: { readonly at: number; readonly cause: Cause } | undefined;
  return {
    // A clock that was set back does not keep it open.
    isOpen: (milliseconds = BREAKER_OPEN_MS) => last !== undefined && Math.abs(now() - last.at) < milliseconds,
    cause: () => last?.cause,
    failed: (cause) => {
      last = { at: now(), cause };
    },
    succeeded: () => {
      last = undefined;
    },
  };
}
