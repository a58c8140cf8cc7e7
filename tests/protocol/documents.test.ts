import { expect, it } from 'vitest';
import { ProviderError } from '../../lib/errors';
import { createProviderCache, type Snapshot } from '../../lib/store/provider-cache';

it('waits for another isolate by the clock, however slow Redis is, and then fetches by itself', async () => {
  let clock = 0;
  const slow = async <Result>(result: Result) => {
    clock += 900;
    return result;
  };
  const shared = { read: () => slow({}), write: async () => {}, claim: () => slow(false) };
  const now = () => {
    clock += 10;
    return clock;
  };
  const documents = createProviderCache({ shared, now });
  const { value } = await documents.since('discovery', 0, async () => 'fetched');
  expect(value).toBe('fetched');
  expect(clock).toBeLessThanOrEqual(6_000); // two claims, and a look or two for each
});

it('takes no older copy for the one that it has', async () => {
  let shared: Snapshot = {};
  let clock = 1_000;
  const desk = {
    read: async () => shared,
    write: async () => {},
    claim: async () => true,
  };
  const documents = createProviderCache({ shared: desk, now: () => clock });
  await documents.since('discovery', 0, async () => 'ours');
  shared = { discovery: { value: 'of yesterday', at: 1 }, jwks: { value: 'keys', at: 1_000 } }; // a replica that lags
  clock += 1_000;
  expect(await documents.since('jwks', 500, async () => 'unused')).toMatchObject({ value: 'keys' });
  expect(await documents.since('discovery', 500, async () => 'again')).toMatchObject({ value: 'ours' });
});

it('tells each request of a failure in an error of its own: each carries what is for one answer', async () => {
  const desk = {
    read: async () => ({}),
    write: async () => {},
    claim: async () => true,
  };
  const documents = createProviderCache({ shared: desk, now: () => 1_000 });
  const ask = () =>
    documents
      .since('discovery', 0, () => Promise.reject(new ProviderError('PROVIDER_UNAVAILABLE', { retryAfterSeconds: 5 })))
      .catch((error: unknown) => error);
  const errors = [await ask(), await ask(), await ask()];
  expect(errors).toEqual(Array(3).fill(expect.objectContaining({ code: 'PROVIDER_UNAVAILABLE' })));
  expect(new Set(errors).size).toBe(3);
});
