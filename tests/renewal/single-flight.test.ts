import { expect, it } from 'vitest';
import { createSingleFlight } from '../../lib/renewal/single-flight';

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
