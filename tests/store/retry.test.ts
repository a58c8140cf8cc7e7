import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProviderError, StoreError } from '../../lib/errors';
import { retry } from '../../lib/store/retry';
import { STORE_ROTATED_MS } from '../../lib/timing';

/** Redis does not answer for so long; the first call is at 0. */
function fault(milliseconds: number) {
  const calls: number[] = [];
  const start = Date.now();
  const work = async () => {
    calls.push(Date.now() - start);
    if (Date.now() - start < milliseconds) throw new StoreError('planted fault');
    return 'stored';
  };
  return { work, calls };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Longer than any of the retries. */
const ALL_MS = 120_000;

/** The outcome of a retry while its timers run at once. Those that another file left behind may go on for ever. */
async function outcome(work: () => Promise<string>, milliseconds: number) {
  const result = retry(work, milliseconds, Date.now);
  await vi.advanceTimersByTimeAsync(ALL_MS);
  return result;
}

describe('what is retried until Redis answers', () => {
  it('a rotated token is stored after a fault of 16 seconds, and given up within 20', async () => {
    expect(STORE_ROTATED_MS).toBe(20_000);
    expect(await outcome(fault(16_000).work, STORE_ROTATED_MS)).toBe('stored');
    const { work, calls } = fault(60_000);
    expect(await outcome(work, STORE_ROTATED_MS)).toBeUndefined();
    expect(Math.max(...calls)).toBeLessThanOrEqual(21_000);
    expect(Math.max(...calls)).toBeGreaterThan(16_000);
  });

  it('first again at once, then with back-off and jitter', async () => {
    const { work, calls } = fault(60_000);
    await outcome(work, STORE_ROTATED_MS);
    const pauses = calls.slice(1).map((at, index) => at - (calls[index] ?? 0));
    expect(pauses[0]).toBeLessThanOrEqual(150);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(3_000);
    expect(new Set(pauses.slice(5)).size).toBeGreaterThan(1);
  });

  it('an error of another kind is no fault of Redis, and ends it', async () => {
    const work = async () => {
      throw new ProviderError('PROVIDER_ERROR', { reason: 'planted' });
    };
    await expect(retry(work, STORE_ROTATED_MS, Date.now)).rejects.toMatchObject({ code: 'PROVIDER_ERROR' });
  });
});
