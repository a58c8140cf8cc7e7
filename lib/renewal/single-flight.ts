import { createBoundedMap } from '../bounded-map.ts';
import { SINGLE_FLIGHT_KEPT_MS, SINGLE_FLIGHT_OPEN_MS } from '../timing.ts';
import { createTurns } from '../turns.ts';
import type { SessionRecord } from '../types/record.ts';
import type { Session } from '../types/session.ts';

const MAX_SESSIONS = 1_000;

interface Latest {
  readonly generation: number;
  readonly record: SessionRecord;
  readonly at: number;
}

/**
 * What the requests of one isolate share while a session's tokens are renewed (single-flight), so that concurrent requests ask
 * Redis as one request does: whose turn it is to ask, and what the answer was.
 */
export interface SingleFlight {
  /**
   * A newer token set than this session's, if one was seen here since a time. A request passes the time of its own
   * arrival: what was seen before may have been ended by a logout meanwhile, and is asked of Redis.
   */
  newer(session: Session, since: number): { readonly generation: number; readonly record: SessionRecord } | undefined;
  /** True for the request that asks now; the others look again shortly. */
  mayAsk(sid: string, pauseMs: number): boolean;
  /** The answer is one that each request has to get for itself: all may ask. */
  open(sid: string): void;
  publish(sid: string, generation: number, record: SessionRecord): void;
}

/** @param now milliseconds since the epoch */
export function createSingleFlight(now: () => number): SingleFlight {
  const turns = createTurns<string>(MAX_SESSIONS, now);
  const latestOf = createBoundedMap<string, Latest>(MAX_SESSIONS);
  return {
    newer({ sid, generation }, since) {
      const latest = latestOf.get(sid);
      if (!latest || now() - latest.at >= SINGLE_FLIGHT_KEPT_MS) return undefined;
      return latest.generation > generation && latest.at >= since ? latest : undefined;
    },
    mayAsk: (sid, pauseMs) => turns.take(sid, pauseMs),
    open: (sid) => turns.open(sid, SINGLE_FLIGHT_OPEN_MS),
    publish: (sid, generation, record) => void latestOf.set(sid, { generation, record, at: now() }),
  };
}
