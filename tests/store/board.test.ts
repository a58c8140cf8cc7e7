import { expect, it } from 'vitest';
import { createSingleFlight } from '../../lib/renewal/single-flight';
import type { SessionRecord } from '../../lib/types/record';
import type { Session } from '../../lib/types/session';

const session = { sid: 's', generation: 1 } as Session;
const record = { sub: 'a' } as SessionRecord;

it('lets one request ask at a time, and all of them after an answer that each has to get for itself', () => {
  let now = 1_000;
  const board = createSingleFlight(() => now);
  expect([board.mayAsk('s', 100), board.mayAsk('s', 100), board.mayAsk('other', 100)]).toEqual([true, false, true]);
  now += 100;
  expect([board.mayAsk('s', 100), board.mayAsk('s', 100)]).toEqual([true, false]);
  board.open('s');
  expect([board.mayAsk('s', 100), board.mayAsk('s', 100)]).toEqual([true, true]);
});

it('tells news only to who was there when it came: later ones ask Redis, which knows of a logout', () => {
  let now = 1_000;
  const board = createSingleFlight(() => now);
  board.publish('s', 2, record);
  expect(board.newer(session, 900)).toMatchObject({ generation: 2, record });
  expect(board.newer(session, 1_001)).toBeUndefined();
  expect(board.newer({ ...session, generation: 2 }, 900)).toBeUndefined();
  now += 10_000;
  expect(board.newer(session, 900)).toBeUndefined();
});

it('remembers a bounded number of sessions', () => {
  const board = createSingleFlight(() => 1_000);
  board.publish('first', 2, record);
  for (let index = 0; index < 1_000; index += 1) board.publish(`sid-${index}`, 2, record);
  expect(board.newer({ ...session, sid: 'first' }, 0)).toBeUndefined();
  expect(board.newer({ ...session, sid: 'sid-999' }, 0)).toBeDefined();
});
