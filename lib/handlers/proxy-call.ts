import type { Deps } from '../context.ts';
import { RequestError, UpstreamError } from '../errors.ts';
import type { ResolvedUpstream } from '../policy/upstream.ts';
import { UPSTREAM_SILENCE_MS } from '../timing.ts';
import type { RequestContext } from '../types/request.ts';
import type { OutgoingBody, Progress } from './proxy-body.ts';
import { createWatch, guarded, openContent } from './proxy-content.ts';

export interface Call {
  readonly upstream: ResolvedUpstream;
  readonly url: URL;
  readonly body: OutgoingBody;
  /** Until the first byte, from when the request has gone on as a whole. */
  readonly timeoutMs: number;
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
  { url, body, timeoutMs }: Call,
  headers: Headers,
  { request }: Pick<RequestContext, 'request'>,
  deps: Pick<Deps, 'fetch'>,
): Promise<Returned | 'left'> {
  if (request.signal.aborted) return 'left';
  const abort = new AbortController();
  const ended = { late: false, upload: false, answered: false };
  const watch = createWatch(() => {
    ended.late = true;
    abort.abort();
  });
  const leave = () => abort.abort();
  request.signal.addEventListener('abort', leave, { once: true });
  const release = () => {
    watch.stop();
    request.signal.removeEventListener('abort', leave);
  };
  const progress = {
    moved: () => watch.within(UPSTREAM_SILENCE_MS),
    ended: () => ended.answered || watch.within(timeoutMs),
    failed() {
      ended.upload = true;
    },
  };
  watch.within(body.kind === 'stream' ? UPSTREAM_SILENCE_MS : timeoutMs);
  try {
    const init = { method: request.method, headers, redirect: 'manual', cache: 'no-store', signal: abort.signal };
    const response = await deps.fetch(url.href, { ...init, ...contentOf(body, headers, progress) });
    ended.answered = true;
    const content = await openContent(response); // within the time to the first byte, whose head alone is none
    watch.within(UPSTREAM_SILENCE_MS);
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
