import { isEventStream, isRedirect } from '../policy/upstream-headers.ts';
import { UPSTREAM_SILENCE_MS } from '../timing.ts';

/** RFC 9110 §15.3.5, §15.3.6, §15.4.5: without a body. */
const EMPTY = [204, 205, 304];

/** Ends a request in which nothing moves. */
export interface Watch {
  /** It expires so many milliseconds from now, unless it is told again. */
  within(milliseconds: number): void;
  stop(): void;
}

export function createWatch(expired: () => void): Watch {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(timer);
  return {
    stop,
    within(milliseconds) {
      stop();
      timer = setTimeout(expired, milliseconds);
    },
  };
}

/** The body of an answer: its first part, and the way to the others. */
export interface Content {
  readonly first: Uint8Array | undefined;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
}

/** Next sends headers with the first byte, and the first event may be far off: a comment opens the stream (HTML §9.2.5). */
const COMMENT = ':\n\n';

/**
 * The body of an answer, with its first part: a body that cannot be decoded, or never begins, still becomes an error that the
 * client can read. That holds nothing up, because Next waits for the first part as well. The body of a redirect is of no use,
 * and Next would not read it.
 */
export async function openContent({ status, headers, body }: Response): Promise<Content | null> {
  const reader = body?.getReader();
  if (!reader) return null;
  if (EMPTY.includes(status) || (isRedirect(status) && headers.has('location'))) {
    reader.cancel().catch(() => {});
    return null;
  }
  const opens = status === 200 && isEventStream(headers.get('content-type') ?? '');
  if (opens) return { first: new TextEncoder().encode(COMMENT), reader };
  const { done, value } = await reader.read();
  return done ? null : { first: value, reader };
}

interface Guard {
  readonly abort: AbortController;
  readonly watch: Watch;
  /** Nothing more will be read. */
  release(): void;
  /** The upstream broke off, or was silent. */
  fail(): unknown;
}

/** The body for the browser. It ends as the upstream's does, never as a whole when that broke off. */
export function guarded(content: Content | null, { abort, watch, release, fail }: Guard): ReadableStream | null {
  if (!content) {
    release();
    return null;
  }
  const { first, reader } = content;
  let isOver = false; // a read that was pending by then says nothing
  return new ReadableStream({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (isOver) return;
        watch.within(UPSTREAM_SILENCE_MS);
        if (!done) return controller.enqueue(value);
        release();
        controller.close();
      } catch {
        if (isOver) return;
        release();
        fail();
        // By this name Next cuts the connection without a word; any other it writes to the log, with what is behind it.
        controller.error(new DOMException('the upstream broke off', 'AbortError'));
      }
    },
    cancel() {
      isOver = true;
      release();
      abort.abort();
    },
  });
}
