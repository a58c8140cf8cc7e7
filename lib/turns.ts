import { createBoundedMap } from './bounded-map.ts';

/**
 * Which request of this isolate asks for what several of them wait for (single-flight): one takes the turn, the others look
 * again shortly. Times, not promises: a request never awaits what another one created, which may never settle on an edge
 * runtime; a turn whose request is gone ends by itself.
 */
export interface Turns<Key> {
  /** True for the one request that asks now; its turn lasts so long. */
  take(key: Key, milliseconds: number): boolean;
  /** The turn of the request that has it ends so long from now. */
  extend(key: Key, milliseconds: number): void;
  /** The turn is over, and for so long every request may ask. */
  open(key: Key, milliseconds?: number): void;
}

interface Turn {
  readonly takenUntil: number;
  readonly openUntil: number;
}

const FREE: Turn = { takenUntil: 0, openUntil: 0 };

/**
 * @param max keys that are remembered
 * @param now milliseconds since the epoch
 */
export function createTurns<Key>(max: number, now: () => number): Turns<Key> {
  const turns = createBoundedMap<Key, Turn>(max);
  const extend = (key: Key, milliseconds: number) => {
    turns.set(key, { takenUntil: now() + milliseconds, openUntil: 0 });
  };
  return {
    extend,
    take(key, milliseconds) {
      const { openUntil, takenUntil } = turns.get(key) ?? FREE;
      if (now() < openUntil) return true;
      if (now() < takenUntil) return false;
      extend(key, milliseconds);
      return true;
    },
    open: (key, milliseconds = 0) => void turns.set(key, { takenUntil: 0, openUntil: now() + milliseconds }),
  };
}
