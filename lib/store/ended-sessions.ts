import { createBoundedMap } from '../bounded-map.ts';
import type { SessionSettings } from '../types/settings.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import type { Records } from './records.ts';

const MAX_SESSIONS = 10_000;
const ENDED = Symbol('ended');

/** Whether a session was ended elsewhere. */
export interface EndedSessions {
  /** Whether a reply of Redis within `SESSION_CHECK_SECONDS` said that the session lives. No call to Redis. */
  isKnown(sid: string): boolean;
  /**
   * Asks Redis: `alive` or `gone`, and `unknown` when it does not answer. `alwaysCheck` asks it also while the circuit breaker
   * is open.
   */
  check(sid: string, options?: { readonly alwaysCheck: boolean }): Promise<'alive' | 'gone' | 'unknown'>;
  /**
   * Notes that the session's record was just stored or seen; false when the session was ended here meanwhile. Session ids
   * are never used twice, so what has ended stays so, whatever arrives late.
   */
  renewed(sid: string): boolean;
  /** Whether this isolate knows that the session has ended. No call to Redis. */
  hasEnded(sid: string): boolean;
  /** The session was ended here. */
  ended(sid: string): void;
  /** Whether the circuit breaker in front of Redis is open. */
  isQuiet(): boolean;
  /** Redis did not answer. */
  failed(): void;
}

interface Deps {
  readonly settings: Pick<SessionSettings, 'checkSeconds'>;
  readonly records: Pick<Records, 'isAlive'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * What this isolate remembers of its last questions to Redis: session ids and times, bounded. While Redis does not
 * answer, the circuit breaker is open for two seconds at a time, so that its time-out is not added to every page.
 */
export function createEndedSessions({ settings, records, now }: Deps): EndedSessions {
  const { checkSeconds } = settings;
  const checkedAt = createBoundedMap<string, number | typeof ENDED>(MAX_SESSIONS);
  const breaker = createCircuitBreaker(now);
  // With 0 seconds every request is a question to Redis, also while the circuit breaker is open.
  const isQuiet = () => checkSeconds > 0 && breaker.isOpen();
  const remember = (sid: string) => {
    if (checkedAt.get(sid) !== ENDED) checkedAt.set(sid, now());
  };

  return {
    isKnown(sid) {
      const at = checkedAt.get(sid);
      return typeof at === 'number' && now() - at < checkSeconds * 1000;
    },
    async check(sid, { alwaysCheck } = { alwaysCheck: false }) {
      if (!alwaysCheck && isQuiet()) return 'unknown';
      try {
        const alive = await records.isAlive(sid, { onPrimary: alwaysCheck || checkSeconds === 0 });
        if (alive) remember(sid);
        else checkedAt.set(sid, ENDED);
        return alive && checkedAt.get(sid) !== ENDED ? 'alive' : 'gone'; // it may have ended here while Redis was asked
      } catch {
        breaker.failed();
        return 'unknown';
      }
    },
    renewed: (sid) => {
      remember(sid);
      return checkedAt.get(sid) !== ENDED;
    },
    hasEnded: (sid) => checkedAt.get(sid) === ENDED,
    ended: (sid) => void checkedAt.set(sid, ENDED),
    isQuiet,
    failed: breaker.failed,
  };
}
