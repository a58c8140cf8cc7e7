import { joinBytes } from '../crypto/bytes.ts';
import { RequestError } from '../errors.ts';
import { withDeadline } from '../timers.ts';
import { UPSTREAM_SILENCE_MS } from '../timing.ts';

/** A body of this size is read before it is sent, so that it can be sent again. */
const REPLAYABLE_BYTES = 64 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** What a request brings for the upstream. */
export type OutgoingBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Bytes }
  /** `length`: as announced; null where HTTP/2 or later ended the body by itself (RFC 9113 §8.1). */
  | { readonly kind: 'stream'; readonly length: number | null; readonly open: (progress: Progress) => ReadableStream };

/** Told of a stream. */
export interface Progress {
  /** Bytes have gone on. */
  moved(): void;
  /** All of it has gone on. */
  ended(): void;
  /** It broke off, or is longer or shorter than announced. */
  failed(): void;
}

/**
 * The body of a request. An upload is not kept: what is longer than 64 KB streams.
 *
 * @throws {RequestError} `LENGTH_REQUIRED`, `BAD_REQUEST`
 */
export async function outgoingBody({ method, headers, body }: Request): Promise<OutgoingBody> {
  // RFC 9112 §6.3: two lengths are how requests are smuggled. A body without one can end anywhere and look whole.
  if (headers.has('transfer-encoding')) throw new RequestError('LENGTH_REQUIRED');
  const announced = headers.get('content-length');
  if (announced !== null && !/^\d{1,15}$/.test(announced)) throw bad('content-length');
  const length = announced === null ? null : Number(announced);
  if (length === 0) return { kind: 'none' };
  if (method === 'GET' || method === 'HEAD' || body === null) {
    if (length !== null) throw bad('a body with this method'); // which Next takes away
    return { kind: 'none' };
  }
  const reader = body.getReader() as ReadableStreamDefaultReader<Bytes>;
  if (length !== null && length > REPLAYABLE_BYTES)
    return { kind: 'stream', length, open: (progress) => counted(reader, [], length, progress) };
  const { parts, isWhole } = await readFirst(reader);
  if (!isWhole && length === null)
    return { kind: 'stream', length, open: (progress) => counted(reader, parts, length, progress) };
  const bytes = joinBytes(...parts);
  if (length !== null && (!isWhole || bytes.length !== length)) throw bad('the body is not as long as announced');
  return bytes.length > 0 ? { kind: 'bytes', bytes } : { kind: 'none' };
}

const bad = (reason: string) => new RequestError('BAD_REQUEST', { reason });

/** Reads to the end, or to the first byte over what can be sent again. */
async function readFirst(reader: ReadableStreamDefaultReader<Bytes>): Promise<{ parts: Bytes[]; isWhole: boolean }> {
  const parts: Bytes[] = [];
  for (let size = 0; size <= REPLAYABLE_BYTES; ) {
    const read = reader.read().catch(() => null);
    const part = await withDeadline(read, UPSTREAM_SILENCE_MS, () => null);
    if (part === null) {
      reader.cancel().catch(() => {});
      throw bad('the body cannot be read');
    }
    if (part.done) return { parts, isWhole: true };
    parts.push(part.value);
    size += part.value.byteLength;
  }
  return { parts, isWhole: false };
}

/** The rest of a body behind the parts that were read already. It ends only when all that was announced has come. */
function counted(
  reader: ReadableStreamDefaultReader<Bytes>,
  parts: Bytes[],
  length: number | null,
  { moved, ended, failed }: Progress,
): ReadableStream {
  let size = 0;
  const next = async () => {
    const value = parts.shift();
    return value ? { done: false as const, value } : reader.read();
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await next();
        if (!done) size += value.byteLength;
        if (length !== null && (done ? size < length : size > length)) throw bad('length');
        if (done) {
          ended();
          controller.close();
          return;
        }
        moved();
        controller.enqueue(value);
      } catch (thrown) {
        failed();
        controller.error(thrown);
        reader.cancel().catch(() => {});
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
