import { randomText } from '../crypto/random.ts';
import { StoreError } from '../errors.ts';
import type { SessionRecord } from '../types/record.ts';
import type { Session } from '../types/session.ts';
import type { ClaimedFlow } from './flows.ts';
import { renewing } from './record-renewal.ts';
import {
  createTools,
  endOf,
  held,
  parse,
  type RecordDeps,
  remaining,
  sessionKey,
  type Tools,
  words,
} from './record-tools.ts';
import type { Later } from './run-or-compensate.ts';
import { CONFIRM, PEEK, PROLONG, PUT, REMOVE_SESSION } from './scripts.ts';

/** Who asks for the renewal of which token set. The attempt id makes a re-sent script the same question. */
export interface Attempt {
  readonly id: string;
  readonly session: Session;
}

/** The answer to `checkout`; see the script. Durations are milliseconds. */
export type Checkout =
  | { readonly kind: 'fresh'; readonly generation: number; readonly record: SessionRecord }
  | { readonly kind: 'yours'; readonly record: SessionRecord }
  | { readonly kind: 'busy'; readonly waitMs: number }
  | { readonly kind: 'backoff'; readonly waitMs: number }
  | { readonly kind: 'uncertain' }
  | { readonly kind: 'gone' };

/** A record, and the session that it belongs to. */
export interface HeldRecord {
  readonly sid: string;
  readonly record: SessionRecord;
}

/** What is known of a refresh token that was presented without success. */
export type AbandonClass = 'unused' | 'broken' | 'unknown';

/**
 * The session records in Redis. Every method is one call to Redis, and throws a `StoreError` when Redis does not answer. A checkout may
 * have been executed all the same: then it is undone `later`.
 */
export interface Records {
  /**
   * Stores the record of a new session and ends the one that it replaces. With the flow that the session comes from,
   * nothing is stored when the person signed out meanwhile.
   *
   * @param attempt names the call: repeated with the same one, it answers the same
   * @returns what the replaced record held, if there was one; `ended` when nothing was stored
   */
  put(
    session: Session,
    record: SessionRecord,
    replacesSid: string | undefined,
    flow?: ClaimedFlow,
    attempt?: string,
  ): Promise<SessionRecord | null | 'ended'>;
  /** What the record of a living session holds, without asking for anything; null when there is none. */
  peek(sid: string): Promise<SessionRecord | null>;
  /** Ends the session of a record that is named by its key; returns what it held. */
  removeKey(key: string): Promise<HeldRecord | null>;
  /** Ends a session for every isolate; returns what its record held, null when there was none. */
  remove(sid: string): Promise<SessionRecord | null>;
  /** Asks for a newer token set than the session's, or for the right to renew this one. */
  checkout(attempt: Attempt, leaseMs: number, later: Later): Promise<Checkout>;
  /** Stores what an attempt brought back, until the ends of the attempt's session. After `superseded` the caller drops what it got, after `gone` it revokes it. */
  commit(attempt: Attempt, record: SessionRecord, rotates: boolean): Promise<'ok' | 'superseded' | 'gone'>;
  /**
   * Gives an attempt up.
   *
   * @param pauseMs for how long the provider asks the whole deployment to wait; 0 when it answered without asking so, null
   *   when it did not answer
   */
  abandon(attempt: Attempt, kind: AbandonClass, backoffMs: number, pauseMs: number | null): Promise<void>;
  /** Moves the end of a session's record to where its idle end puts it; never to an earlier time. */
  prolong(session: Session): Promise<void>;
  /**
   * Whether the session still has a record. A replica may lag behind a login, so its "no" is asked of the primary; it may
   * lag behind a logout as well, so where that counts the primary is asked at once.
   */
  isAlive(sid: string, options?: { readonly onPrimary: boolean }): Promise<boolean>;
}

export function createRecords(deps: RecordDeps): Records {
  const tools = createTools(deps);
  return { ...keeping(tools), ...ending(tools), ...renewing(tools) };
}

/** A record is stored, lives longer, and is looked at. */
function keeping({ redis, now, seal, open }: Tools): Pick<Records, 'put' | 'peek' | 'prolong' | 'isAlive'> {
  return {
    async put(session, record, replacesSid, flow, attempt = randomText(128)) {
      const own = await sessionKey(session.sid);
      const keys = [own, replacesSid ? await sessionKey(replacesSid) : own, ...(flow?.keys ?? [])];
      const sealed = await seal(session, session.generation, record);
      const life = remaining(endOf(session, record.tokens), now());
      const args = [attempt, sealed, life, ...(flow ? [flow.id, flow.began] : [])];
      const [word, ...replaced] = words(await redis.run(PUT, keys, args));
      if (word === 'ended') return word;
      if (word !== 'ok') throw new StoreError('put: refused');
      return replacesSid ? held(replaced, replacesSid, open) : null;
    },
    async peek(sid) {
      return held(words(await redis.run(PEEK, [await sessionKey(sid)], [])), sid, open);
    },
    async prolong(session) {
      const { sid, tokensIssuedAt, tokensExpireAt } = session;
      const ends = endOf(session, { issuedAt: tokensIssuedAt, expiresAt: tokensExpireAt });
      await redis.run(PROLONG, [await sessionKey(sid)], [remaining(ends, now())]);
    },
    async isAlive(sid, { onPrimary } = { onPrimary: false }) {
      const key = await sessionKey(sid);
      if (!onPrimary && typeof (await redis.readField(key, 'generation')) === 'string') return true;
      const [word] = words(await redis.run(CONFIRM, [key], []));
      if (word !== 'alive' && word !== 'gone') throw new StoreError('confirm: unknown answer');
      return word === 'alive';
    },
  };
}

function ending({ redis, sealer, open }: Tools): Pick<Records, 'remove' | 'removeKey'> {
  return {
    async remove(sid) {
      return held(words(await redis.run(REMOVE_SESSION, [await sessionKey(sid)], [randomText(128)])), sid, open);
    },
    async removeKey(key) {
      const [word, sealed] = words(await redis.run(REMOVE_SESSION, [key], [randomText(128)]));
      const payload = word === 'held' && typeof sealed === 'string' ? await sealer.open('record', sealed) : null;
      const sid = typeof payload?.sid === 'string' ? payload.sid : '';
      const record = payload && (await sessionKey(sid)) === key ? parse(payload) : null;
      return record && { sid, record };
    },
  };
}
