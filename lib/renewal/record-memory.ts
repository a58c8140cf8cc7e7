import type { SessionRecord } from '../types/record.ts';

const MAX_SESSIONS = 1_000;
/** Of all records together, in characters of their JSON. */
const MAX_SIZE = 8_000_000;

/** A record, and which of the session's token sets it is. */
export interface Held {
  readonly generation: number;
  readonly record: SessionRecord;
}

interface Kept extends Held {
  readonly at: number;
  readonly size: number;
}

/** The records that an isolate has opened lately, by the `id` of their session. */
export interface RecordMemory {
  /** A record that was read at a time or later, in ms. */
  get(id: string, since: number): Held | undefined;
  /** @param at when it was read, in ms */
  keep(id: string, held: Held, at?: number): void;
  forget(id: string): void;
}

/**
 * A memory that is bounded by number and size, and forgets what was read longest ago. It makes a storm of requests ask Redis as
 * one request does, and lets a request have the access token of a session without a call to Redis.
 *
 * @param now milliseconds since the epoch
 */
export function createRecordMemory(now: () => number): RecordMemory {
  const records = new Map<string, Kept>();
  let total = 0;
  const forget = (id: string) => {
    total -= records.get(id)?.size ?? 0;
    records.delete(id);
  };
  return {
    forget,
    get(id, since) {
      const kept = records.get(id);
      return kept && kept.at >= since ? kept : undefined;
    },
    keep(id, { generation, record }, at = now()) {
      if ((records.get(id)?.generation ?? 0) > generation) return; // an answer that was long under way
      forget(id);
      const size = JSON.stringify(record).length;
      records.set(id, { generation, record, at, size });
      total += size;
      for (const oldest of records.keys()) {
        if ((total <= MAX_SIZE && records.size <= MAX_SESSIONS) || oldest === id) break;
        forget(oldest);
      }
    },
  };
}
