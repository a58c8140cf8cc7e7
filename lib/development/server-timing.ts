import { observeSpans, type SpanName } from '../spans.ts';

type Times = Map<SpanName, { milliseconds: number; count: number }>;
interface Storage {
  run<Result>(times: Times, work: () => Result): Result;
  getStore(): Times | undefined;
}

/**
 * Adds `Server-Timing` (W3C) to the answers of `next dev`: how long the decision took, and of it the calls of Redis and of the
 * provider. What goes on behind an answer is not in it. Information for a developer; nothing depends on it.
 */
export function withServerTiming<Given extends unknown[]>(
  answer: (...given: Given) => Promise<Response>,
): (...given: Given) => Promise<Response> {
  // Next brings it to both of its runtimes.
  const { AsyncLocalStorage } = globalThis as unknown as { AsyncLocalStorage?: new () => Storage };
  if (!AsyncLocalStorage) return answer;
  const storage = new AsyncLocalStorage();
  observeSpans((name, milliseconds) => {
    const times = storage.getStore();
    const sum = times?.get(name) ?? { milliseconds: 0, count: 0 };
    times?.set(name, { milliseconds: sum.milliseconds + milliseconds, count: sum.count + 1 });
  });
  return async (...given) => {
    const times: Times = new Map();
    const response = await storage.run(times, () => answer(...given));
    if (times.size > 0) response.headers.append('server-timing', headerOf(times));
    return response;
  };
}

const headerOf = (times: Times): string =>
  [...times]
    .map(([name, { milliseconds, count }]) => {
      const calls = count > 1 ? `;desc="${count} calls"` : '';
      return `${name};dur=${milliseconds.toFixed(1)}${calls}`;
    })
    .join(', ');
