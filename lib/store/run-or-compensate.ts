import { StoreError } from '../errors.ts';
import { sleep } from '../timers.ts';
import { COMPENSATE_AGAIN_MS } from '../timing.ts';

/** Work that goes on behind the answer. */
export type Later = (work: Promise<unknown>) => void;

/**
 * The reply to a command. When every reply is lost, the command may have been executed all the same, so its effect is
 * undone by a compensation: at once, and once more, because the command may still be on its way.
 *
 * @param command one call to Redis
 * @param later takes the compensation, which goes on behind the answer
 * @param compensate undoes the command; harmless when it was not executed
 * @throws {StoreError} as the command does
 */
export async function runOrCompensate<Reply>(
  command: () => Promise<Reply>,
  later: Later,
  compensate: () => Promise<unknown>,
): Promise<Reply> {
  const twice = async () => {
    await compensate().catch(() => {});
    await sleep(COMPENSATE_AGAIN_MS);
    await compensate().catch(() => {});
  };
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof StoreError && error.refused)) later(twice());
    throw error;
  }
}
