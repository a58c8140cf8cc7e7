import type { JWTPayload } from 'jose';
import { sha256 } from '../crypto/random.ts';
import type { Sealer } from '../crypto/seal.ts';
import { StoreError } from '../errors.ts';
import type { EndedSession } from '../types/ended.ts';
import type { SessionRecord, TokenSet } from '../types/record.ts';
import type { Session } from '../types/session.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { createIndexKeys, type IndexKeys, recordKey } from './index-keys.ts';
import type { RedisClient } from './redis.ts';

export interface RecordDeps {
  readonly settings: Pick<ProviderSettings, 'issuer' | 'clientId' | 'refreshOverlapSeconds'>;
  readonly redis: RedisClient;
  readonly sealer: Sealer;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A record, and the generation that it was sealed for. */
interface Opened {
  readonly generation: number;
  readonly record: SessionRecord;
}

/** What the scripts are asked with; shared by all that the records can do. */
export interface Tools extends RecordDeps {
  readonly keys: IndexKeys;
  seal(session: Session, generation: number, record: SessionRecord): Promise<string>;
  /** Null for a value that was not sealed for this session. */
  opened(sealed: unknown, sid: string): Promise<Opened | null>;
  /** What a script that ends the session of a record says that it held; null for none. */
  ended(id: string, answer: readonly unknown[]): Promise<EndedSession | null>;
  /** The keys that a renewal touches. */
  renewalKeys(session: Session): Promise<readonly [record: string, breaker: string]>;
}

export function createTools(deps: RecordDeps): Tools {
  const { settings, sealer } = deps;
  return {
    ...deps,
    keys: createIndexKeys(deps),
    seal: (session, generation, record) =>
      sealer.seal('record', { ...record, sid: session.sid, gen: generation }, session.absoluteEndsAt),
    // Values moved between keys, or put back from an older day, are worth nothing.
    async opened(sealed, sid) {
      if (typeof sealed !== 'string') throw new StoreError('unknown answer');
      const payload = await sealer.open('record', sealed);
      const record = payload?.sid === sid ? parse(payload) : null;
      return record && { generation: Number(payload?.gen), record };
    },
    async ended(id, [word, sealed, shares]) {
      if (word === 'gone') return null;
      if (word !== 'held' || typeof sealed !== 'string') throw new StoreError('end of a session: unknown answer');
      const payload = await sealer.open('record', sealed);
      const fits = typeof payload?.sid === 'string' && (await sha256(payload.sid)) === id;
      return { id, record: fits ? parse(payload) : null, sharesGrant: shares === 'yes' };
    },
    renewalKeys: async ({ id }) => [recordKey(id), await breakerKey(settings)],
  };
}

export const words = (answer: unknown): readonly unknown[] => (Array.isArray(answer) ? answer : []);
const breakerKey = async ({ issuer, clientId }: RecordDeps['settings']) =>
  `gh:b:${await sha256(JSON.stringify([issuer, clientId]))}`;

/**
 * When a record ends, in seconds: one access-token life after the session's idle end, so that a renewal heals a
 * prolongation that Redis did not hear of. After the absolute end there is nothing left to renew.
 */
export const endOf = (session: Session, { issuedAt, expiresAt }: Pick<TokenSet, 'issuedAt' | 'expiresAt'>): number =>
  Math.min(session.idleEndsAt + Math.max(expiresAt - issuedAt, 0), session.absoluteEndsAt);

/** Milliseconds until a time in seconds; at least a second, because Redis takes zero for an error. */
export const remaining = (endsAt: number, nowMs: number) => Math.max(endsAt * 1000 - nowMs, 1000);

/** Sealed by us under a key of its own, so the shape is ours. */
export const parse = ({
  sub,
  claims,
  userinfo,
  providerSid,
  sessionExpiry,
  tokens,
  further,
  dpopKey,
}: JWTPayload & Partial<SessionRecord>): SessionRecord | null =>
  sub !== undefined && claims !== undefined && tokens !== undefined
    ? {
        sub,
        claims,
        tokens,
        ...(userinfo && { userinfo }),
        ...(providerSid !== undefined && { providerSid }),
        ...(sessionExpiry !== undefined && { sessionExpiry }),
        ...(further && { further }),
        ...(dpopKey && { dpopKey }),
      }
    : null;
