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
  const store = {
    read: async () => shared,
    write: async () => {},
    claim: async () => true,
  };
  const documents = createProviderCache({ shared: store, now: () => clock });
  await documents.since('discovery', 0, async () => 'ours');
  shared = { discovery: { value: 'of yesterday', at: 1 }, jwks: { value: 'keys', at: 1_000 } }; // a replica that lags
  clock += 1_000;
  expect(await documents.since('jwks', 500, async () => 'unused')).toMatchObject({ value: 'keys' });
  expect(await documents.since('discovery', 500, async () => 'again')).toMatchObject({ value: 'ours' });
});

it('answers requests with one failure, whose cookies for one answer are on no other', async () => {
  const shared = {
    read: async () => ({}),
    write: async () => {},
    claim: async () => true,
  };
  const documents = createProviderCache({ shared, now: () => 1_000 });
  const failure = new ProviderError('PROVIDER_UNAVAILABLE', { retryAfterSeconds: 5 });
  let loads = 0;
  const load = () => {
    loads += 1;
    return Promise.reject(failure);
  };
  const ask = () => documents.since('discovery', 0, load).catch((error: ProviderError) => error);
  for (const cookie of ['a=1', 'b=2', 'c=3']) {
    const error = (await ask()) as ProviderError;
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', attached: { cookies: [] } });
    expect(error.with({ cookies: [cookie] }).attached.cookies).toEqual([cookie]);
  }
  expect(loads).toBe(1); // the circuit breaker is open for the others
});
