import { expect, it } from 'vitest';
import { createDocuments } from '../../lib/protocol/documents';

it('waits for another isolate by the clock, however slow Redis is, and then fetches by itself', async () => {
  let clock = 0;
  const slow = async <Result>(result: Result) => {
    clock += 900;
    return result;
  };
  const unused = () => Promise.reject(new Error('unused'));
  const shared = { read: () => slow({}), rider: unused, write: async () => {}, claim: () => slow(false) };
  const now = () => {
    clock += 10;
    return clock;
  };
  const documents = createDocuments({ shared, now });
  const { value } = await documents.since('discovery', 0, async () => 'fetched');
  expect(value).toBe('fetched');
  expect(clock).toBeLessThanOrEqual(6_000); // two claims, and a look or two for each
});
