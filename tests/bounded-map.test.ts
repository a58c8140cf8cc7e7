import { expect, it } from 'vitest';
import { createBoundedMap } from '../lib/bounded-map';

it('forgets what was written longest ago, and never holds more', () => {
  const map = createBoundedMap<string, number>(3);
  for (const [index, name] of ['a', 'b', 'c', 'a', 'd'].entries()) map.set(name, index);
  expect([...map]).toEqual([
    ['c', 2],
    ['a', 3],
    ['d', 4],
  ]);
  for (let index = 0; index < 1_000; index += 1) map.set(String(index), index);
  expect([...map.keys()]).toEqual(['997', '998', '999']);
});
