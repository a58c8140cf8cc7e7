import { sleep } from '../timers.ts';
import { COPY_LOOK_MS, ENDED_MARGIN_MS, ENDED_OVERLAP_MS, READ_TURN_MS } from '../timing.ts';
import { createTurns } from '../turns.ts';
import type { EndedList } from './ended-list.ts';
import { MAX_ENDED } from './index-lua.ts';

/** The list of endings as this isolate knows it. Sessions are called by their `id`. */
export interface EndedMemory {
  has(id: string): boolean;
  /** Notes an ending. @param at milliseconds since the epoch */
  add(id: string, at: number): void;
  /** When the list was read last, in ms; 0 for never. */
  readAt(): number;
  /** What ended before this time may be forgotten; 0 while nothing is. */
  knownSince(): number;
  /**
   * Reads what is new, where no other request of this isolate does; undefined where one does.
   *
   * @throws {StoreError}
   */
  refresh(): Promise<void> | undefined;
  /**
   * Resolves once the list was read at a time or later: one request reads for all that wait (single-flight).
   *
   * @param giveUp throws when there is no use in waiting any longer
   * @throws {StoreError}
   */
  catchUp(at: number, giveUp: () => void): Promise<void>;
}

/**
 * A bounded copy of the list of endings.
 *
 * @param now milliseconds since the epoch
 * @param onEnded is told of each
 */
export function createEndedMemory(list: EndedList, now: () => number, onEnded: (id: string) => void): EndedMemory {
  const endings = new Map<string, number>();
  const turns = createTurns<'list'>(1, now);
  let readAt = 0;
  let cursor = 0;
  let knownSince = 0;
  /** A time to come was written before the clock was set back, and says nothing. */
  const lastRead = () => (readAt > now() ? 0 : readAt);
  const forget = (at: number) => {
    knownSince = Math.max(knownSince, at + ENDED_MARGIN_MS);
  };
  const add = (id: string, at: number) => {
    if (endings.has(id)) return;
    endings.set(id, at);
    onEnded(id);
    const [oldest] = endings;
    if (endings.size <= MAX_ENDED || !oldest) return;
    endings.delete(oldest[0]);
    forget(oldest[1]);
  };
  /** What is new, and a little more: a replica may lag, and the primary's clock may have been set back. */
  const read = async () => {
    const startedAt = now();
    try {
      const latest = await list.since(Math.max(cursor - ENDED_OVERLAP_MS, 0));
      cursor = Math.max(cursor, latest[0]?.[1] ?? 0);
      const oldest = latest.length > MAX_ENDED ? latest.at(-1) : undefined;
      if (oldest) forget(oldest[1]);
      for (const [id, at] of latest.toReversed()) add(id, at);
      readAt = Math.max(lastRead(), startedAt);
    } finally {
      turns.open('list');
    }
  };
  const refresh = () => (turns.take('list', READ_TURN_MS) ? read() : undefined);

  return {
    add,
    has: (id) => endings.has(id),
    readAt: lastRead,
    knownSince: () => knownSince,
    refresh,
    async catchUp(at, giveUp) {
      while (lastRead() < at) {
        giveUp();
        await (refresh() ?? sleep(COPY_LOOK_MS));
      }
    },
  };
}
