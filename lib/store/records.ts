import { randomText } from '../crypto/random.ts';
import { StoreError } from '../errors.ts';
import type { Device, EndedSession } from '../types/ended.ts';
import type { SessionRecord } from '../types/record.ts';
import type { Session } from '../types/session.ts';
import type { ClaimedFlow } from './flows.ts';
import { detailOf } from './index-details.ts';
import { type PersonKeys, personOf, recordKey } from './index-keys.ts';
import { renewing } from './record-renewal.ts';
import { createTools, endOf, type RecordDeps, remaining, type Tools, words } from './record-tools.ts';
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

/** A session that was just signed in, and what the index keeps of it. */
export interface NewSession {
  readonly session: Session;
  readonly record: SessionRecord;
  /** The session of this browser that it takes the place of. */
  readonly replaces?: Session | null | undefined;
  /** `iat` of the ID token, in seconds. */
  readonly signedInAt: number;
  readonly device: Device;
}

/** A session whose cookie has not reached the browser yet, as its flow names it. */
export interface StoredSession {
  readonly recordKey: string;
  /** The name of its person in the index. */
  readonly person: string;
}

/** What is known of a refresh token that was presented without success. */
export type AbandonClass = 'unused' | 'broken' | 'unknown';

/**
 * The session records in Redis. Every method is one call to Redis, and throws a `StoreError` when Redis does not answer. A checkout may
 * have been executed all the same: then it is undone `later`.
 */
export interface Records {
  /**
   * Stores the record of a new session and ends the one that it replaces. Nothing is stored when the person signed out, or the
   * provider ended the sign-in, meanwhile.
   *
   * @param attempt names the call: repeated with the same one, it answers the same
   * @returns the session that was replaced, if there was one; `ended` when nothing was stored
   */
  put(session: NewSession, flow?: ClaimedFlow, attempt?: string): Promise<EndedSession | null | 'ended'>;
  /** The record of a living session, and its generation, without asking for anything; null when there is none. */
  peek(session: Session): Promise<{ readonly generation: number; readonly record: SessionRecord } | null>;
  /** Ends a session for every isolate; null when it had no record. */
  remove(session: Session): Promise<EndedSession | null>;
  /** Ends a session that is named by its flow. */
  removeStored(stored: StoredSession): Promise<EndedSession | null>;
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
  isAlive(id: string, options?: { readonly onPrimary: boolean }): Promise<boolean>;
}

export function createRecords(deps: RecordDeps): Records {
  const tools = createTools(deps);
  return { ...keeping(tools), ...ending(tools), ...renewing(tools) };
}

/** A record is stored, lives longer, and is looked at. */
function keeping(tools: Tools): Pick<Records, 'put' | 'peek' | 'prolong' | 'isAlive'> {
  const { redis, now, seal, opened, keys, ended } = tools;
  return {
    async put(entry, flow, attempt = randomText(128)) {
      const { session, record, replaces, signedInAt } = entry;
      const sealed = await seal(session, session.generation, record);
      const life = remaining(endOf(session, record.tokens), now());
      const args = [attempt, sealed, life, Math.floor(signedInAt), await detailOf(entry, tools)];
      const own = await keys.ofSession(session);
      const before = replaces ? await keys.ofSession(replaces) : own;
      const [word, ...replaced] = words(
        await redis.run(
          PUT,
          [
            recordKey(session.id),
            recordKey(replaces?.id ?? session.id),
            await keys.ended(),
            ...[own.people, own.details, own.pointer, own.mark, own.sessionMark],
            ...[before.people, before.details],
            ...(flow?.keys ?? []),
          ],
          [...args, ...(flow ? [flow.id, flow.began] : [])],
        ),
      );
      if (word === 'ended') return word;
      if (word !== 'ok') throw new StoreError('put: refused');
      const end = replaces ? await ended(replaces.id, replaced) : null;
      // By other names, of a rotated secret, the script cannot tell whether they are of one session of the provider.
      return end && isRenamed(own, before, entry, tools) ? { ...end, sharesGrant: true } : end;
    },
    async peek({ id, sid }) {
      const [word, sealed] = words(await redis.run(PEEK, [recordKey(id)], []));
      if (word === 'gone') return null;
      if (word !== 'held') throw new StoreError('peek: unknown answer');
      return opened(sealed, sid);
    },
    async prolong(session) {
      const { tokensIssuedAt, tokensExpireAt } = session;
      const ends = endOf(session, { issuedAt: tokensIssuedAt, expiresAt: tokensExpireAt });
      const { people, details, pointer } = await keys.ofSession(session);
      const seen = Math.floor(now() / 1000);
      await redis.run(PROLONG, [recordKey(session.id), people, details, pointer], [remaining(ends, now()), seen]);
    },
    async isAlive(id, { onPrimary } = { onPrimary: false }) {
      const key = recordKey(id);
      if (!onPrimary && typeof (await redis.readField(key, 'generation')) === 'string') return true;
      const [word] = words(await redis.run(CONFIRM, [key], []));
      if (word !== 'alive' && word !== 'gone') throw new StoreError('confirm: unknown answer');
      return word === 'alive';
    },
  };
}

function isRenamed(
  own: PersonKeys,
  before: PersonKeys,
  { session, replaces }: NewSession,
  { settings }: Tools,
): boolean {
  const [one, other] = [session, replaces ?? session].map((of) => personOf(of, settings));
  return own.people !== before.people && one?.sub === other?.sub && one?.issuer === other?.issuer;
}

function ending({ redis, keys, ended }: Tools): Pick<Records, 'remove' | 'removeStored'> {
  const remove = async (key: string, { people, details }: PersonKeys) =>
    words(await redis.run(REMOVE_SESSION, [key, await keys.ended(), people, details], [randomText(128)]));
  return {
    remove: async (session) => ended(session.id, await remove(recordKey(session.id), await keys.ofSession(session))),
    removeStored: async ({ recordKey: key, person }) =>
      ended(key.slice(recordKey('').length), await remove(key, keys.named(person))),
  };
}
