import { createBoundedMap } from '../bounded-map.ts';
import type { SessionRecord } from '../types/record.ts';
import type { Session } from '../types/session.ts';

const KEPT_MS = 10_000;
const MAX_SESSIONS = 1_000;
const OPEN_MS = 1_000;

interface Entry {
  readonly seenAt: number;
  /** Before this time nobody here asks Redis: somebody just did. */
  readonly askAgainAt: number;
  /** Until this time everybody may. */
  readonly openUntil: number;
  readonly latest?: { readonly generation: number; readonly record: SessionRecord; readonly at: number };
}

/**
 * What the requests of one isolate tell each other while a session's tokens are renewed, so that a crowd of waiters asks
 * Redis like one. Values only: a request never awaits another one's promise, which may never settle on an edge runtime.
 */
export interface SingleFlight {
  /**
   * A newer token set than this session's, if one was seen here since a time. A request passes the time of its own
   * arrival: what was seen before may have been ended by a logout meanwhile, and is asked of Redis.
   */
  newer(session: Session, since: number): { readonly generation: number; readonly record: SessionRecord } | undefined;
  /** True for the one who asks now; the others look again shortly. */
  mayAsk(sid: string, pauseMs: number): boolean;
  /** Somebody got an answer that everybody has to hear for themselves: all may ask. */
  open(sid: string): void;
  publish(sid: string, generation: number, record: SessionRecord): void;
}

/** @param now milliseconds since the epoch */
export function createSingleFlight(now: () => number): SingleFlight {
  const entries = createBoundedMap<string, Entry>(MAX_SESSIONS);
  const read = (sid: string) => {
    const entry = entries.get(sid);
    return entry && now() - entry.seenAt < KEPT_MS ? entry : undefined;
  };
  const write = (sid: string, change: Partial<Entry>) => {
    entries.set(sid, { askAgainAt: 0, openUntil: 0, ...read(sid), ...change, seenAt: now() });
  };
  return {
    newer({ sid, generation }, since) {
      const latest = read(sid)?.latest;
      return latest && latest.generation > generation && latest.at >= since ? latest : undefined;
    },
    mayAsk(sid, pauseMs) {
      const { askAgainAt = 0, openUntil = 0 } = read(sid) ?? {};
      if (now() < openUntil) return true;
      if (now() < askAgainAt) return false;
      write(sid, { askAgainAt: now() + pauseMs });
      return true;
    },
    open: (sid) => write(sid, { openUntil: now() + OPEN_MS }),
    publish: (sid, generation, record) => write(sid, { latest: { generation, record, at: now() } }),
  };
}
