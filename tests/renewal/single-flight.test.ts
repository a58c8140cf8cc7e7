import { expect, it } from 'vitest';
import { createSingleFlight } from '../../lib/renewal/single-flight';
import type { SessionRecord } from '../../lib/types/record';
import type { Session } from '../../lib/types/session';

const session = { sid: 's', generation: 1 } as Session;
const record = { sub: 'a' } as SessionRecord;

it('lets one request ask at a time, and all of them after an answer that each has to get for itself', () => {
  let now = 1_000;
  const singleFlight = createSingleFlight(() => now);
  expect([singleFlight.mayAsk('s', 100), singleFlight.mayAsk('s', 100), singleFlight.mayAsk('other', 100)]).toEqual([
    true,
    false,
    true,
  ]);
  now += 100;
  expect([singleFlight.mayAsk('s', 100), singleFlight.mayAsk('s', 100)]).toEqual([true, false]);
  singleFlight.open('s');
  expect([singleFlight.mayAsk('s', 100), singleFlight.mayAsk('s', 100)]).toEqual([true, true]);
});

it('gives a result only to requests that were there when it came: later ones ask Redis, which knows of a logout', () => {
  let now = 1_000;
  const singleFlight = createSingleFlight(() => now);
  singleFlight.publish('s', 2, record);
  expect(singleFlight.newer(session, 900)).toMatchObject({ generation: 2, record });
  expect(singleFlight.newer(session, 1_001)).toBeUndefined();
  expect(singleFlight.newer({ ...session, generation: 2 }, 900)).toBeUndefined();
  now += 10_000;
  expect(singleFlight.newer(session, 900)).toBeUndefined();
});

it('remembers a bounded number of sessions', () => {
  const singleFlight = createSingleFlight(() => 1_000);
  singleFlight.publish('first', 2, record);
  for (let index = 0; index < 1_000; index += 1) singleFlight.publish(`sid-${index}`, 2, record);
  expect(singleFlight.newer({ ...session, sid: 'first' }, 0)).toBeUndefined();
  expect(singleFlight.newer({ ...session, sid: 'sid-999' }, 0)).toBeDefined();
});
