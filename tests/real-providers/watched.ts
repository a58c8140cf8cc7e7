import { overTheWire, type Served, serve } from '../processes/wires';

/** One request to the provider, and what it answered; no token, code or secret is in it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly grantType: string | null;
  readonly status: number;
  /** `error` of an OAuth answer (RFC 6749 §5.2). */
  readonly error: string | null;
}

export interface Watched extends Served {
  /** Everything that the provider was asked, oldest first. */
  readonly calls: Call[];
  /** The answers to refreshes. */
  refreshes(): Call[];
}

/**
 * A proxy in front of a provider, at the address of the issuer, that writes down what passes and changes nothing: what such
 * a provider logs by itself cannot be counted.
 */
export async function watch(upstream: () => string): Promise<Watched> {
  const calls: Call[] = [];
  const served = await serve(async (request) => {
    const { method } = request;
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    const headers = new Headers(request.headers);
    headers.delete('transfer-encoding'); // the body has a length now
    const form = new URLSearchParams(body);
    const target = new Request(upstream() + pathname + search, { method, headers, body: body || null });
    const response = await overTheWire(target);
    const error = form.has('grant_type') ? await errorOf(response.clone()) : null;
    calls.push({ method, path: pathname, grantType: form.get('grant_type'), status: response.status, error });
    return response;
  });
  return { ...served, calls, refreshes: () => calls.filter(({ grantType }) => grantType === 'refresh_token') };
}

async function errorOf(response: Response): Promise<string | null> {
  const answer: unknown = await response.json().catch(() => null);
  const { error } = (answer ?? {}) as { readonly error?: unknown };
  return typeof error === 'string' ? error : null;
}
