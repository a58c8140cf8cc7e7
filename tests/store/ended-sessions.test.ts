import { expect, it } from 'vitest';
import { createEndedSessions } from '../../lib/store/ended-sessions';

it.each([
  [30, 29_999, true],
  [30, 30_000, false],
  [0, 0, false],
])('with SESSION_CHECK_SECONDS=%d, what was heard %d ms ago still holds: %s', (checkSeconds, ago, holds) => {
  let now = 1_800_000_000_000;
  const records = { isAlive: async () => true };
  const endedSessions = createEndedSessions({ settings: { checkSeconds }, records, now: () => now });
  expect(endedSessions.renewed('session')).toBe(true);
  now += ago;
  expect(endedSessions.isKnown('session')).toBe(holds);
});
