import type { JWTPayload } from 'jose';
import { randomText, sha256 } from '../crypto/random.ts';
import type { Sealer } from '../crypto/seal.ts';
import { StoreError } from '../errors.ts';
import type { SessionRecord, TokenSet } from '../types/record.ts';
import type { Session } from '../types/session.ts';
import type { ProviderSettings } from '../types/settings.ts';
import type { ClaimedFlow } from './flows.ts';
import type { RedisClient } from './redis.ts';
import { heard, type Later } from './run-or-compensate.ts';
import { ABANDON, CHECKOUT, COMMIT, CONFIRM, PEEK, PROLONG, PUT, REMOVE_SESSION } from './scripts.ts';

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
 * The session records in Redis. Every call is one trip, and throws a `StoreError` when Redis does not answer. A checkout may
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
  /** Stores what an attempt brought back. After `superseded` the caller drops what it got, after `gone` it revokes it. */
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

interface Deps {
  readonly settings: Pick<ProviderSettings, 'issuer' | 'clientId' | 'refreshOverlapSeconds'>;
  readonly redis: RedisClient;
  readonly sealer: Sealer;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The provider's clock and the way to it take their share of the time in which it accepts the previous token. */
const OVERLAP_MARGIN_MS = 2_000;

export function createRecords({ settings, redis, sealer, now }: Deps): Records {
  const overlapMs = Math.max(settings.refreshOverlapSeconds * 1000 - OVERLAP_MARGIN_MS, 0);
  const seal = (session: Session, generation: number, record: SessionRecord) =>
    sealer.seal('record', { ...record, sid: session.sid, gen: generation }, session.absoluteEndsAt);

  /**
   * A record opens only for the session and the generation that it was sealed for: values moved between keys, or put
   * back from an older day, are worth nothing.
   */
  const open = async (sealed: unknown, sid: string, generation?: number): Promise<SessionRecord | null> => {
    if (typeof sealed !== 'string') throw new StoreError('unknown answer');
    const payload = await sealer.open('record', sealed);
    const fits = payload?.sid === sid && (generation === undefined || payload.gen === generation);
    return fits ? parse(payload) : null;
  };
  const removed = ([word, sealed]: readonly unknown[], sid: string) => {
    if (word === 'gone') return null;
    if (word !== 'held') throw new StoreError('remove: unknown answer');
    return open(sealed, sid);
  };

  const abandon: Records['abandon'] = async ({ id, session }, kind, backoffMs, pauseMs) => {
    const keys = [await sessionKey(session.sid), await breakerKey(settings)];
    await redis.run(ABANDON, keys, [id, kind, backoffMs, pauseMs ?? -1]);
  };

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
      return replacesSid ? removed(replaced, replacesSid) : null;
    },
    async peek(sid) {
      return removed(words(await redis.run(PEEK, [await sessionKey(sid)], [])), sid);
    },
    async removeKey(key) {
      const [word, sealed] = words(await redis.run(REMOVE_SESSION, [key], [randomText(128)]));
      const payload = word === 'held' && typeof sealed === 'string' ? await sealer.open('record', sealed) : null;
      const sid = typeof payload?.sid === 'string' ? payload.sid : '';
      const record = payload && (await sessionKey(sid)) === key ? parse(payload) : null;
      return record && { sid, record };
    },
    async remove(sid) {
      return removed(words(await redis.run(REMOVE_SESSION, [await sessionKey(sid)], [randomText(128)])), sid);
    },
    async checkout(attempt, leaseMs, later) {
      const { id, session } = attempt;
      const keys = [await sessionKey(session.sid), await breakerKey(settings)];
      const ask = async (): Promise<Checkout> => {
        const answer = words(await redis.run(CHECKOUT, keys, [id, session.generation, leaseMs, overlapMs]));
        const [kind, value, sealed] = answer;
        if (kind === 'gone' || kind === 'uncertain') return { kind };
        if (kind === 'busy' || kind === 'backoff') return { kind, waitMs: Number(value) };
        if (kind !== 'fresh' && kind !== 'yours') throw new StoreError('checkout: unknown answer');
        const generation = Number(value);
        const record = await open(sealed, session.sid, generation);
        if (!record) {
          // As good as no record for as long as it does not open. The lease goes back, or others would wait for its end.
          if (kind === 'yours') await abandon(attempt, 'unused', 0, null).catch(() => {});
          return { kind: 'gone' };
        }
        return kind === 'fresh' ? { kind, generation, record } : { kind, record };
      };
      return heard(ask, later, () => abandon(attempt, 'unused', 0, null));
    },
    async commit({ id, session }, record, rotates) {
      const sealed = await seal(session, session.generation + 1, record);
      const lives = remaining(endOf(session, record.tokens), now());
      const args = [id, session.generation, sealed, rotates ? 'yes' : 'no', lives];
      const [word] = words(await redis.run(COMMIT, [await sessionKey(session.sid), await breakerKey(settings)], args));
      if (word !== 'ok' && word !== 'superseded' && word !== 'gone') throw new StoreError('commit: unknown answer');
      return word;
    },
    abandon,
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

const words = (answer: unknown): readonly unknown[] => (Array.isArray(answer) ? answer : []);
const sessionKey = async (sid: string) => `gh:s:${await sha256(sid)}`;
const breakerKey = async ({ issuer, clientId }: Deps['settings']) =>
  `gh:b:${await sha256(JSON.stringify([issuer, clientId]))}`;

/**
 * When a record ends, in seconds: one access-token life after the session's idle end, so that a renewal heals a
 * prolongation that Redis did not hear of. After the absolute end there is nothing left to renew.
 */
const endOf = (session: Session, { issuedAt, expiresAt }: Pick<TokenSet, 'issuedAt' | 'expiresAt'>): number =>
  Math.min(session.idleEndsAt + Math.max(expiresAt - issuedAt, 0), session.absoluteEndsAt);

/** Milliseconds until a time in seconds; at least a second, because Redis takes zero for an error. */
const remaining = (endsAt: number, nowMs: number) => Math.max(endsAt * 1000 - nowMs, 1000);

/** Sealed by us under a key of its own, so the shape is ours. */
const parse = ({ sub, claims, providerSid, tokens }: JWTPayload & Partial<SessionRecord>): SessionRecord | null =>
  sub !== undefined && claims !== undefined && tokens !== undefined
    ? { sub, claims, tokens, ...(providerSid !== undefined && { providerSid }) }
    : null;
