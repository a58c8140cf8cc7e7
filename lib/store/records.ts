import type { JWTPayload } from 'jose';
import { randomText, sha256 } from '../crypto/random';
import type { Sealer } from '../crypto/seal';
import { StoreError } from '../errors';
import type { Session, SessionRecord } from '../types';
import type { RedisDesk } from './redis';
import { CLAIM_FLOW, CONFIRM, PUT, REMOVE_SESSION } from './scripts';

/** The sessions and flows in Redis. Every call is one trip, and throws a `StoreError` when Redis does not answer. */
export interface Records {
  /** Claims a flow for the one exchange of its code. `used` when another request did so before. */
  claimFlow(state: string, endsAt: number): Promise<'ours' | 'used'>;
  /**
   * Stores the record of a new session and ends the one that it replaces.
   *
   * @returns what the replaced record held, if there was one
   */
  put(session: Session, record: SessionRecord, replacesSid: string | undefined): Promise<SessionRecord | null>;
  /** Ends a session for every isolate; returns what its record held, null when there was none. */
  remove(sid: string): Promise<SessionRecord | null>;
  /** Whether the session still has a record. A replica may lag behind a login, so its "no" is asked of the primary. */
  isAlive(sid: string): Promise<boolean>;
}

interface Deps {
  readonly redis: RedisDesk;
  readonly sealer: Sealer;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createRecords({ redis, sealer, now }: Deps): Records {
  const seal = (session: Session, record: SessionRecord) =>
    sealer.seal('record', { ...record, sid: session.sid, gen: session.generation }, session.absoluteEndsAt);

  /** A record opens only for the session that it was sealed for: values moved between keys are worth nothing. */
  const open = async ([word, sealed]: readonly unknown[], sid: string): Promise<SessionRecord | null> => {
    if (word === 'gone') return null;
    if (word !== 'held' || typeof sealed !== 'string') throw new StoreError('remove: unknown answer');
    const payload = await sealer.open('record', sealed);
    return payload?.sid === sid ? parse(payload) : null;
  };

  return {
    async claimFlow(state, endsAt) {
      const answer = await redis.run(CLAIM_FLOW, [await flowKey(state)], [randomText(128), remaining(endsAt, now())]);
      if (answer !== 'ours' && answer !== 'used') throw new StoreError('claimFlow: unknown answer');
      return answer;
    },
    async put(session, record, replacesSid) {
      const keys = [await sessionKey(session.sid), ...(replacesSid ? [await sessionKey(replacesSid)] : [])];
      const args = [randomText(128), await seal(session, record), remaining(session.absoluteEndsAt, now())];
      const [word, ...replaced] = words(await redis.run(PUT, keys, args));
      if (word !== 'ok') throw new StoreError('put: refused');
      return replacesSid ? open(replaced, replacesSid) : null;
    },
    async remove(sid) {
      return open(words(await redis.run(REMOVE_SESSION, [await sessionKey(sid)], [randomText(128)])), sid);
    },
    async isAlive(sid) {
      const key = await sessionKey(sid);
      if (typeof (await redis.readField(key, 'generation')) === 'string') return true;
      const [word] = words(await redis.run(CONFIRM, [key], []));
      if (word !== 'alive' && word !== 'gone') throw new StoreError('confirm: unknown answer');
      return word === 'alive';
    },
  };
}

const words = (answer: unknown): readonly unknown[] => (Array.isArray(answer) ? answer : []);
const sessionKey = async (sid: string) => `gh:s:${await sha256(sid)}`;
const flowKey = async (state: string) => `gh:f:${await sha256(state)}`;

/** Milliseconds until a time in seconds; at least a second, because Redis takes zero for an error. */
const remaining = (endsAt: number, nowMs: number) => Math.max(endsAt * 1000 - nowMs, 1000);

/** Sealed by us under a key of its own, so the shape is ours. */
const parse = ({ sub, providerSid, tokens }: JWTPayload & Partial<SessionRecord>): SessionRecord | null =>
  sub !== undefined && tokens !== undefined ? { sub, tokens, ...(providerSid !== undefined && { providerSid }) } : null;
