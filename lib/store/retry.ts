import { StoreError } from '../errors.ts';
import { sleep } from '../timers.ts';
import { FIRST_RETRY_MS, LAST_RETRY_MS } from '../timing.ts';

/**
 * Repeats what Redis does not answer to, with back-off and jitter; every script may be sent again. The first retry is
 * quick, because most faults are a lost connection.
 *
 * @returns undefined when Redis did not answer for so long
 */
export async function retry<Reply>(
  work: () => Promise<Reply>,
  forMs: number,
  now: () => number,
): Promise<Reply | undefined> {
  const ends = now() + forMs;
  for (let pause = FIRST_RETRY_MS; ; pause = Math.min(pause * 2, LAST_RETRY_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    if (now() + pause > ends) return undefined;
    await sleep(pause * (0.5 + Math.random()));
  }
}
