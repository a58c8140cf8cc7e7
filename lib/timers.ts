/** Resolves after so many milliseconds. */
export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * The result of `work`, or of `late` when the deadline comes first; `work` then goes on by itself. The timer ends with
 * the work, so that it keeps no isolate alive.
 *
 * @param milliseconds until the deadline; below 0 it has come
 * @param late makes the result, or throws
 * @example const answer = await withDeadline(ask(), 2_000, () => null);
 */
export async function withDeadline<Result>(
  work: Promise<Result>,
  milliseconds: number,
  late: () => Result,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(milliseconds, 0));
  }).then(late);
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
