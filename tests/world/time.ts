import { webcrypto } from 'node:crypto';
import { clocks } from '#isolate';
import { installClock, type RealmClock } from './clock';

/** Longer than the event loop takes from the end of one piece of work to the start of the next. */
const QUIET_MS = 8;

const sleep = globalThis.setTimeout;
const pause = (milliseconds: number) => new Promise<void>((resolve) => void sleep(resolve, milliseconds));

let running = 0;
let started = 0;

/** Whether some {@link counted} work is under way. */
export const isComputing = (): boolean => running > 0;

/** Work whose end takes real time: no wait is skipped before it has ended. */
export async function counted<Result>(work: Promise<Result>): Promise<Result> {
  running += 1;
  started += 1;
  try {
    return await work;
  } finally {
    running -= 1;
  }
}

const { subtle } = webcrypto;
const prototype = Object.getPrototypeOf(subtle) as Record<string, (...args: unknown[]) => Promise<unknown>>;
for (const name of [
  'sign',
  'verify',
  'encrypt',
  'decrypt',
  'digest',
  'deriveBits',
  'deriveKey',
  'importKey',
  'generateKey',
]) {
  const original = prototype[name];
  if (!original) throw new Error(`Web Crypto has no ${name}`);
  prototype[name] = function (...args) {
    return counted(original.apply(this, args));
  };
}

let own: RealmClock | undefined;
let ahead = 0;
let skipped = 0;

/** How many milliseconds {@link skippingWaits} has skipped until now. */
export const skippedMs = (): number => skipped;

/** The clocks of all realms, the test's own first. */
function realms(): readonly RealmClock[] {
  if (!own?.isInstalled()) own = installClock(globalThis);
  return [own, ...clocks()];
}

/** Sets one clock for the provider, the browsers and the isolates, wherever they run, so many milliseconds ahead. */
export function setClocks(milliseconds: number): void {
  ahead = milliseconds;
  for (const realm of realms()) realm.setDate(milliseconds);
}

/** Moves that clock. Timers stay as they are. */
export const moveClocks = (milliseconds: number): void => setClocks(ahead + milliseconds);

/**
 * Awaits some work, and skips its waits: whenever nothing is computed and Redis owes no reply, the clock moves to the next
 * timer, whether that is the test's, the provider's or an isolate's. The clock of Redis does not move.
 */
export async function skippingWaits<Result>(work: Promise<Result>): Promise<Result> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  for (let before = -1; !isOver; before = started) {
    await pause(QUIET_MS);
    if (isOver || running > 0 || started !== before) continue;
    const wait = Math.min(...realms().map((realm) => realm.nextTimer()));
    if (wait === Number.POSITIVE_INFINITY) continue;
    const milliseconds = Math.ceil(wait);
    skipped += milliseconds;
    moveClocks(milliseconds);
    for (const realm of realms()) realm.skip(milliseconds);
  }
  return work;
}
