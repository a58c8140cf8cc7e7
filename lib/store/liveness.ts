import { createBoundedMap } from '../bounded-map';
import type { Config } from '../types';
import type { Records } from './records';

const MAX_SESSIONS = 10_000;
const QUIET_MS = 2_000;

/** Whether a session was ended elsewhere. */
export interface Liveness {
  /**
   * `alive` when this isolate asked within `SESSION_CHECK_SECONDS` or Redis says so now; `gone` when Redis has no
   * record; `unknown` when Redis does not answer. `fresh` asks Redis in any case.
   */
  check(sid: string, options?: { readonly fresh: boolean }): Promise<'alive' | 'gone' | 'unknown'>;
  /** Notes that this isolate has just stored the session's record. */
  created(sid: string): void;
  /** Forgets what was known, because the session was ended here. */
  ended(sid: string): void;
}

interface Deps {
  readonly config: Pick<Config, 'checkSeconds'>;
  readonly records: Pick<Records, 'isAlive'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * What this isolate remembers of its last questions to Redis: session ids and times, bounded. While Redis does not
 * answer, it is left alone for two seconds at a time, so that its time-out is not added to every page.
 */
export function createLiveness({ config, records, now }: Deps): Liveness {
  const checkedAt = createBoundedMap<string, number>(MAX_SESSIONS);
  let quietUntil = 0;
  const remember = (sid: string) => void checkedAt.set(sid, now());

  return {
    async check(sid, { fresh } = { fresh: false }) {
      const last = fresh ? undefined : checkedAt.get(sid);
      if (last !== undefined && now() - last < config.checkSeconds * 1000) return 'alive';
      if (!fresh && now() < quietUntil) return 'unknown';
      try {
        if (await records.isAlive(sid)) {
          remember(sid);
          return 'alive';
        }
        checkedAt.delete(sid);
        return 'gone';
      } catch {
        quietUntil = now() + QUIET_MS;
        return 'unknown';
      }
    },
    created: remember,
    ended: (sid) => void checkedAt.delete(sid),
  };
}
