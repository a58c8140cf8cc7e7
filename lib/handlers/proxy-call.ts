import type { Deps } from '../context.ts';
import { RequestError, UpstreamError } from '../errors.ts';
import type { ResolvedUpstream } from '../policy/upstream.ts';
import { isEventStream } from '../policy/upstream-headers.ts';
import { UPSTREAM_SILENCE_MS } from '../timing.ts';
import type { RequestContext } from '../types/request.ts';
import type { OutgoingBody, Progress } from './proxy-body.ts';

export interface Call {
  readonly upstream: ResolvedUpstream;
  readonly url: URL;
  readonly body: OutgoingBody;
  /** When the first byte has to be there, in milliseconds since the epoch; a body that streams puts it off. */
  readonly endsAt: number;
}

/** An answer, and how to hand its body on or give it up. */
export interface Returned {
  readonly response: Response;
  /** The body, which ends with an error when the upstream breaks off or is silent. */
  body(failed: (why: 'cut' | 'silent') => void): ReadableStream | null;
  /** The answer is of no use: its connection is closed. */
  discard(): void;
}

/**
 * Sends a request to an upstream, and waits for the head of its answer. A client that leaves ends it at any time.
 *
 * @throws {UpstreamError} `UPSTREAM_TIMEOUT`, `UPSTREAM_UNREACHABLE`, `UPSTREAM_RESPONSE_INVALID`
 * @throws {RequestError} `BAD_REQUEST`, when the body was not as announced
 */
export async function send(
  { upstream, url, body, endsAt }: Call,
  headers: Headers,
  { request }: Pick<RequestContext, 'request'>,
  deps: Pick<Deps, 'fetch' | 'now'>,
): Promise<Returned | 'left'> {
  const abort = new AbortController();
  const ended = { late: false, upload: false, answered: false };
  const watch = createWatch(() => {
    ended.late = true;
    abort.abort();
  });
  const leave = () => abort.abort();
  request.signal.addEventListener('abort', leave, { once: true });
  if (request.signal.aborted) leave();
  const release = () => {
    watch.stop();
    request.signal.removeEventListener('abort', leave);
  };
  const progress = {
    moved: () => watch.within(UPSTREAM_SILENCE_MS),
    ended: () => ended.answered || watch.within(upstream.timeoutMs),
    failed() {
      ended.upload = true;
    },
  };
  watch.within(body.kind === 'stream' ? UPSTREAM_SILENCE_MS : endsAt - deps.now());
  try {
    const init = { method: request.method, headers, redirect: 'manual', cache: 'no-store', signal: abort.signal };
    const response = await deps.fetch(url.href, { ...init, ...contentOf(body, headers, progress) });
    ended.answered = true;
    watch.within(UPSTREAM_SILENCE_MS);
    const content = await contentReader(response);
    return {
      response,
      body(failed) {
        const fail = () => request.signal.aborted || failed(ended.late ? 'silent' : 'cut');
        return guarded(content, { abort, watch, release, fail });
      },
      discard() {
        release();
        abort.abort();
      },
    };
  } catch (cause) {
    release();
    abort.abort();
    if (request.signal.aborted) return 'left';
    if (ended.upload) throw new RequestError('BAD_REQUEST', { reason: 'the body is not as long as announced' });
    throw failure(cause, ended.late);
  }
}

/** `Content-Length` keeps the upload from being sent in chunks, where the runtime lets it through. */
function contentOf(body: OutgoingBody, headers: Headers, progress: Progress): object {
  if (body.kind === 'none') return {};
  if (body.kind === 'bytes') return { body: body.bytes };
  if (body.length !== null) headers.set('content-length', String(body.length));
  return { body: body.open(progress), duplex: 'half' };
}

/** What undici and zlib call an answer that cannot be read. */
const UNREADABLE = /^HPE_|^UND_ERR_(HEADERS_OVERFLOW|RES|REQ_RES)|^Z_|^ERR__ERROR_FORMAT/;

function failure(thrown: unknown, isLate: boolean): UpstreamError {
  const { cause } = thrown as { readonly cause?: { readonly code?: unknown } }; // of undici
  const code = String(cause?.code);
  if (isLate || code === 'UND_ERR_HEADERS_TIMEOUT') return new UpstreamError('UPSTREAM_TIMEOUT', { cause });
  const isInvalid = UNREADABLE.test(code) || (thrown as Error).name === 'RangeError'; // a status that does not exist
  return new UpstreamError(isInvalid ? 'UPSTREAM_RESPONSE_INVALID' : 'UPSTREAM_UNREACHABLE', { cause });
}

interface Watch {
  /** It expires so many milliseconds from now, unless it is told again. */
  within(milliseconds: number): void;
  stop(): void;
}

function createWatch(expired: () => void): Watch {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(timer);
  return {
    stop,
    within(milliseconds) {
      stop();
      timer = setTimeout(expired, Math.max(milliseconds, 0));
    },
  };
}

interface Guard {
  readonly abort: AbortController;
  readonly watch: Watch;
  release(): void;
  fail(): unknown;
}

/** Next sends headers with the first byte, and the first event may be far off: a comment opens the stream (HTML §9.2.5). */
const COMMENT = ':\n\n';

interface Content {
  readonly first: Uint8Array | undefined;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
}

/**
 * The body of an answer, with its first part: a body that cannot be decoded, or never begins, still becomes an error that the
 * client can read. That holds nothing up, because Next waits for the first part as well.
 */
async function contentReader({ body, headers }: Response): Promise<Content | null> {
  const reader = body?.getReader();
  if (!reader) return null;
  if (isEventStream(headers.get('content-type') ?? '')) return { first: new TextEncoder().encode(COMMENT), reader };
  const { done, value } = await reader.read();
  return done ? null : { first: value, reader };
}

function guarded(content: Content | null, { abort, watch, release, fail }: Guard): ReadableStream | null {
  if (!content) {
    release();
    return null;
  }
  const { first, reader } = content;
  return new ReadableStream({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        watch.within(UPSTREAM_SILENCE_MS);
        if (!done) return controller.enqueue(value);
        release();
        controller.close();
      } catch {
        release();
        fail();
        // By this name Next cuts the connection without a word; any other it writes to the log, with what is behind it.
        controller.error(new DOMException('the upstream broke off', 'AbortError'));
      }
    },
    cancel() {
      release();
      abort.abort();
    },
  });
}
