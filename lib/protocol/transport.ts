import { ProviderError } from '../errors.ts';
import { inSpan, type TraceHeaders } from '../spans.ts';

/** What is said to a provider; as much of `RequestInit` as jose's and oauth4webapi's requests use. */
export interface Outgoing {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: BodyInit | null | undefined;
}

/** The part of `fetch` that the provider is reached with. */
export type Fetch = (url: string, init: Outgoing) => Promise<Response>;

/** `fetch` that adds headers. */
export const withHeaders =
  (fetch: Fetch, more: Readonly<Record<string, string>>): Fetch =>
  (url, init) =>
    fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), ...more } });

/** `fetch` whose requests belong to a trace, unless they name one already: that of a span. */
export const withTrace =
  (fetch: Fetch, trace: Readonly<Record<string, string>>): Fetch =>
  (url, init) =>
    new Headers(init.headers).has('traceparent') ? fetch(url, init) : withHeaders(fetch, trace)(url, init);

/** What is asked of the provider. */
export type Endpoint = 'discovery' | 'jwks' | 'par' | 'token' | 'userinfo' | 'revocation';

/** The reason of a failure before anything came back. */
export const NO_CONNECTION = 'connection';

const MAX_BODY_BYTES = 1_048_576;

/**
 * `fetch` with an end: the whole answer, body included, must be there in time and within 1 MB, and a redirect is
 * answered as it came instead of being followed with credentials in the body.
 *
 * @throws {ProviderError} `PROVIDER_UNAVAILABLE` when there is no answer, `PROVIDER_RESPONSE_INVALID` when it breaks off
 */
export const within =
  (fetch: Fetch, timeoutMs: number, endpoint: Endpoint): Fetch =>
  async (url, init) => {
    const { hostname, port } = new URL(url);
    const attributes = {
      'gatehouse.endpoint': endpoint,
      'http.request.method': init.method ?? 'GET',
      'server.address': hostname,
      ...(port && { 'server.port': Number(port) }),
    };
    return inSpan('gatehouse.provider', attributes, (trace) => ask(fetch, timeoutMs, url, init, trace), endingOf);
  };

/** HTTP spans of the semantic conventions: for a client every status from 400 on is an error. */
const endingOf = ({ status }: Response) => ({
  attributes: { 'http.response.status_code': status },
  error: status >= 400 ? String(status) : undefined,
});

async function ask(given: Fetch, timeoutMs: number, url: string, init: Outgoing, trace?: TraceHeaders) {
  const fetch = trace ? withHeaders(given, trace) : given;
  const signal = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    const outgoing: RequestInit = { headers: {}, method: 'GET', signal, redirect: 'manual', cache: 'no-store' };
    response = await fetch(url, Object.assign(outgoing, init, { signal }));
  } catch (cause) {
    throw unavailable(signal.aborted ? 'timeout' : NO_CONNECTION, cause);
  }
  try {
    const body = await readBody(response);
    return new Response(isNullBody(response.status) ? null : body, {
      status: response.status,
      headers: response.headers,
    });
  } catch (cause) {
    if (cause instanceof ProviderError) throw cause;
    if (signal.aborted) throw unavailable('timeout', cause);
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the answer broke off', cause });
  }
}

const unavailable = (reason: string, cause: unknown) =>
  new ProviderError('PROVIDER_UNAVAILABLE', { reason, cause, retryAfterSeconds: 5 });

const isNullBody = (status: number) => [204, 205, 304].includes(status);

async function readBody(response: Response): Promise<Blob> {
  const chunks: BlobPart[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader?.cancel();
      throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the answer is over 1 MB' });
    }
    chunks.push(part.value);
  }
  return new Blob(chunks);
}
