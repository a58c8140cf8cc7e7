import { expect, it } from 'vitest';
import { createTurns } from '../lib/turns';

let now = 1_000;
const turns = () => createTurns<string>(3, () => now);

it('a turn is taken by one request, for as long as it says, and for one key', () => {
  const some = turns();
  expect([some.take('a', 100), some.take('a', 100), some.take('b', 100)]).toEqual([true, false, true]);
  now += 99;
  expect(some.take('a', 100)).toBe(false);
  now += 1;
  expect(some.take('a', 100)).toBe(true);
});

it('a turn that is extended lasts from now on', () => {
  const some = turns();
  some.take('a', 100);
  now += 50;
  some.extend('a', 200);
  now += 199;
  expect(some.take('a', 1)).toBe(false);
  now += 1;
  expect(some.take('a', 1)).toBe(true);
});

it('a turn that is over can be taken at once', () => {
  const some = turns();
  some.take('a', 100);
  some.open('a');
  expect([some.take('a', 100), some.take('a', 100)]).toEqual([true, false]);
});

it('a key that is open is open to every request, for so long, and then to one', () => {
  const some = turns();
  some.take('a', 5_000);
  some.open('a', 100);
  expect([some.take('a', 100), some.take('a', 100)]).toEqual([true, true]);
  now += 100;
  expect([some.take('a', 100), some.take('a', 100)]).toEqual([true, false]);
});

it('the turns of a bounded number of keys are remembered', () => {
  const some = turns();
  for (const key of ['a', 'b', 'c', 'd']) some.take(key, 100);
  expect(['d', 'c', 'b'].map((key) => some.take(key, 100))).toEqual([false, false, false]);
  expect(some.take('a', 100)).toBe(true);
});
