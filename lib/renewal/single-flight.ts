import { SINGLE_FLIGHT_OPEN_MS } from '../timing.ts';
import { createTurns } from '../turns.ts';

const MAX_SESSIONS = 1_000;

/**
 * Whose turn it is to ask Redis while a session's tokens are renewed (single-flight), so that concurrent requests of one isolate
 * ask as one request does. The others find the answer in the isolate's `RecordMemory`. Sessions are called by their `id`.
 */
export interface SingleFlight {
  /** True for the request that asks now; the others look again shortly. */
  mayAsk(id: string, pauseMs: number): boolean;
  /** The answer is one that each request has to get for itself: all may ask. */
  open(id: string): void;
}

/** @param now milliseconds since the epoch */
export function createSingleFlight(now: () => number): SingleFlight {
  const turns = createTurns<string>(MAX_SESSIONS, now);
  return {
    mayAsk: (id, pauseMs) => turns.take(id, pauseMs),
    open: (id) => turns.open(id, SINGLE_FLIGHT_OPEN_MS),
  };
}
