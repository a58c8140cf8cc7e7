import { createBoundedMap } from '../bounded-map.ts';
import { StoreError } from '../errors.ts';
import { BELIEVED_MS } from '../timing.ts';
import type { Session } from '../types/session.ts';
import type { SessionSettings } from '../types/settings.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import type { EndedList } from './ended-list.ts';
import { createEndedMemory } from './ended-memory.ts';
import type { Records } from './records.ts';
import type { Later } from './run-or-compensate.ts';

const MAX_SESSIONS = 10_000;

/** What of a session is looked at. */
type Seen = Pick<Session, 'id' | 'tokensIssuedAt'>;

/** Whether a session was ended elsewhere. Sessions are called by their `id`. */
export interface EndedSessions {
  /** Whether the isolate knows that the session lives. No call to Redis before the answer; `later` takes one behind it. */
  isKnown(session: Seen, later: Later): boolean;
  /**
   * Whether the session lives, with the help of Redis: `unknown` when it does not answer. `alwaysCheck` asks for this session, on
   * the primary, and also while the circuit breaker is open.
   */
  check(
    session: Seen,
    later: Later,
    options?: { readonly alwaysCheck: boolean },
  ): Promise<'alive' | 'gone' | 'unknown'>;
  /**
   * Notes that the session's record was just stored or seen; false when the session was ended here meanwhile. Session ids
   * are never used twice, so what has ended stays so, whatever arrives late.
   */
  renewed(id: string): boolean;
  /** Whether this isolate knows that the session has ended. No call to Redis. */
  hasEnded(id: string): boolean;
  /** The session was ended here. */
  ended(id: string): void;
  /** Whether more has ended than the isolate remembers, so that older sessions are asked for one by one. */
  isFull(): boolean;
  /** Whether the circuit breaker in front of Redis is open. */
  isQuiet(): boolean;
  /** Redis did not answer. */
  failed(): void;
}

interface Deps {
  readonly settings: Pick<SessionSettings, 'checkSeconds'>;
  readonly records: Pick<Records, 'isAlive'>;
  readonly list: EndedList;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Is told of each session that this isolate learns to have ended. */
  readonly onEnded?: (id: string) => void;
}

/**
 * What this isolate knows of the sessions that have ended: the list of endings in Redis, which it reads behind the answers
 * (stale-while-revalidate), so that Redis' load depends on the number of isolates and not of people. A session that was alive a
 * while ago, and is not in the list of the time since, lives.
 *
 * While Redis does not answer, the circuit breaker is open for two seconds at a time, so that its time-out is not added to
 * every page.
 */
export function createEndedSessions({ settings, records, list, now, onEnded = () => {} }: Deps): EndedSessions {
  const checkMs = settings.checkSeconds * 1000;
  const memory = createEndedMemory(list, now, onEnded);
  const aliveAt = createBoundedMap<string, number>(MAX_SESSIONS);
  const breaker = createCircuitBreaker(now);
  // With 0 seconds every request is a question to Redis, also while the circuit breaker is open.
  const isQuiet = () => checkMs > 0 && breaker.isOpen();
  const giveUp = () => {
    if (breaker.isOpen()) throw new StoreError('the list of endings was not read');
  };
  const isRecent = (at: number, milliseconds = checkMs) => at <= now() && now() - at < milliseconds;
  /** True when this request reads the list, which no other request of this isolate does just now. */
  const readBehind = (later: Later): boolean => {
    if (checkMs === 0 || isRecent(memory.readAt(), checkMs / 2) || breaker.isOpen()) return false;
    const reading = memory.refresh();
    if (reading) later(reading.catch(() => breaker.failed()));
    return reading !== undefined;
  };
  /** Whether the list goes back to a time at which the session is known to have lived. */
  const covers = ({ id, tokensIssuedAt }: Seen) =>
    Math.max(aliveAt.get(id) ?? 0, tokensIssuedAt * 1000) > Math.max(now() - BELIEVED_MS, memory.knownSince());
  const ask = async (id: string, onPrimary: boolean) => {
    const askedAt = now();
    if (await records.isAlive(id, { onPrimary })) aliveAt.set(id, askedAt);
    else memory.add(id, askedAt);
  };
  return {
    isKnown(session, later) {
      if (checkMs === 0 || memory.has(session.id)) return false;
      if (memory.readAt() > 0) readBehind(later); // the first time beside the question for a session
      return isRecent(aliveAt.get(session.id) ?? 0) || (isRecent(memory.readAt()) && covers(session));
    },
    async check(session, later, { alwaysCheck } = { alwaysCheck: false }) {
      if (!alwaysCheck && isQuiet()) return 'unknown';
      const { id } = session;
      const asksOne = alwaysCheck || checkMs === 0;
      // A cold isolate asks for its first session and reads the list behind the answer; further requests wait for the list.
      const isFirst = !asksOne && memory.readAt() === 0 && readBehind(later);
      const byList = !asksOne && !isFirst && covers(session);
      try {
        if (byList) await memory.catchUp(now() - checkMs + 1, giveUp);
        if (!byList || !covers(session)) await ask(id, asksOne);
      } catch {
        breaker.failed();
        return 'unknown';
      }
      return memory.has(id) ? 'gone' : 'alive'; // it may also have ended here while Redis was asked
    },
    renewed(id) {
      aliveAt.set(id, now());
      return !memory.has(id);
    },
    hasEnded: memory.has,
    ended: (id) => memory.add(id, now()),
    isFull: () => memory.knownSince() > now() - BELIEVED_MS,
    isQuiet,
    failed: breaker.failed,
  };
}
