import { DATE_MIDDLE_MS, END_CHECK_MS, SKEW_MS } from '../timing.ts';
import type { PublicSession } from '../types/session.ts';
import type { Page } from './page.ts';

/**
 * When the session ends, by the clock of the browser, which may differ from that of the server. `NaN`: there is no session.
 *
 * @param doubt the server is to be asked, because a visit in another tab may have moved the end since its last answer
 */
export function createSessionEnd(page: Page, now: () => number, doubt: () => void) {
  let endsAt = Number.NaN;
  let answeredAt = 0;
  /** Milliseconds until so many seconds are left. */
  const until = (seconds: number) => endsAt - now() - seconds * 1000;
  /** Null while there are more than `most`, and until the server has said that there are not. */
  const secondsLeft = (most: number): number | null =>
    until(most) <= 0 && endsAt - answeredAt < most * 1000 + SKEW_MS ? Math.max(Math.ceil(until(0) / 1000), 0) : null;
  return {
    until,
    secondsLeft,
    /** @param date of the answer; undefined for a value that came with the page */
    set(session: PublicSession | null, date: string | null | undefined) {
      answeredAt = date === undefined ? 0 : now();
      const skew = now() - Date.parse(`${date}`) - DATE_MIDDLE_MS || 0;
      endsAt = Date.parse(`${session?.idleExpiresAt}`) + skew; // never later than `expiresAt`
    },
    /** Calls a component when what it shows may have changed, once. @returns cancels */
    tick(most: number, changed: () => void): (() => void) | undefined {
      if (!(until(0) > 0)) return;
      if (until(most) <= 0 && secondsLeft(most) === null) doubt();
      const ms = Math.max(until(most), (until(0) % 1000) + 1); // then a second is over
      const timer = page.setTimeout(changed, Math.min(ms, END_CHECK_MS));
      return () => page.clearTimeout(timer);
    },
  };
}
