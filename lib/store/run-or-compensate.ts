import { StoreError } from '../errors.ts';
import { sleep } from '../timers.ts';

/** Work that goes on behind the answer. */
export type Later = (work: Promise<unknown>) => void;

/** Longer than a request that was given up is usually under way. */
const AGAIN_MS = 2_000;

/**
 * The answer to a question. When none is heard, the question may have been all the same: what it did is taken back at once,
 * and once more, because it may still be on its way.
 */
export async function heard<Reply>(
  ask: () => Promise<Reply>,
  later: Later,
  takeBack: () => Promise<unknown>,
): Promise<Reply> {
  const twice = async () => {
    await takeBack().catch(() => {});
    await sleep(AGAIN_MS);
    await takeBack().catch(() => {});
  };
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof StoreError && error.refused)) later(twice());
    throw error;
  }
}
