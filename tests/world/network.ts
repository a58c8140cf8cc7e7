/** What answers for a host of the test world. */
export type Endpoint = (request: Request) => Promise<Response>;

const endpoints = new Map<string, Endpoint>();
/** Kept from before it is replaced: the way to the real Redis of this run. */
export const realFetch = globalThis.fetch.bind(globalThis);

/** Lets an endpoint answer for an origin such as `https://op.test`. */
export const route = (origin: string, endpoint: Endpoint): void => void endpoints.set(origin, endpoint);

/** Takes all of them away: what is still under way in isolates of earlier tests reaches nothing. */
export const disconnect = (): void => endpoints.clear();

interface Init {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

/**
 * `fetch` in the test world: no name is resolved and no socket opened. An aborted signal ends a request at any time, in
 * the middle of a body too, as the real one does. Bodies may come from another realm: bytes and streams are copied, all else
 * is taken as text.
 */
export async function worldFetch(input: unknown, init: Init = {}): Promise<Response> {
  const url = new URL(String(input));
  const endpoint = endpoints.get(url.origin);
  if (!endpoint) throw new TypeError('fetch failed');
  const headers = new Headers(init.headers);
  const given = new AbortController();
  const aborted = whenAborted([init.signal, given.signal]);
  aborted.catch((reason) => given.abort(reason));
  const request = new Request(url, {
    method: init.method ?? 'GET',
    headers,
    body: bodyOf(init.body, given, aborted),
    signal: given.signal,
    duplex: 'half',
  } as RequestInit);
  const response = await Promise.race([endpoint(request).catch(notConnected), aborted]);
  const { status } = response;
  if (!response.body || [204, 205, 304].includes(status)) return response;
  return new Response(interruptible(response.body, aborted), { status, headers: response.headers });
}

/** A stream that breaks off ends the whole request, as a real `fetch` does. */
function bodyOf(body: unknown, request: AbortController, aborted: Promise<never>): BodyInit | null {
  if (body == null) return null;
  if (ArrayBuffer.isView(body)) return Uint8Array.from(body as Uint8Array);
  const isStream = typeof (body as ReadableStream).getReader === 'function';
  if (!isStream) return String(body);
  return interruptible(body as ReadableStream<Uint8Array>, aborted, (reason) => request.abort(reason));
}

/** What Node adds without a listener: it tells a connection that was never made from one that broke. */
function notConnected(error: unknown): never {
  if (error instanceof TypeError && error.message === 'fetch failed')
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });
  throw error;
}

function whenAborted(signals: readonly (AbortSignal | null | undefined)[]): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    }
  });
  aborted.catch(() => {}); // there may be no listener any more
  return aborted;
}

function interruptible(
  body: ReadableStream<Uint8Array>,
  aborted: Promise<never>,
  broken: (reason: unknown) => void = () => {},
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const read = reader.read();
      read.catch(broken);
      const part = await Promise.race([read, aborted]);
      if (part.done) controller.close();
      else controller.enqueue(Uint8Array.from(part.value));
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
