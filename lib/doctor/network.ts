import { ProviderError } from '../errors.ts';
import { type Fetch, NO_CONNECTION } from '../protocol/transport.ts';

/** An answer with its headers as they came, so that their size and `Set-Cookie` are known. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Bytes of the status line and all headers. */
  readonly headerBytes: number;
}

/** Sends a request with any headers, `Sec-Fetch-*` too, and follows nothing. Bounded in time. */
export type Send = (
  url: string,
  init?: { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
) => Promise<Received>;

/** What reaches out; all of it is bounded in time by the caller. */
export interface Network {
  readonly fetch: Fetch;
  readonly send: Send;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What the headers of a browser say that goes to a page. */
export const DOCUMENT = {
  accept: 'text/html,application/xhtml+xml',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'none',
} as const;

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name does not resolve (ENOTFOUND)',
  EAI_AGAIN: 'the name does not resolve now (EAI_AGAIN)',
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was cut (ECONNRESET)',
  CERT_HAS_EXPIRED: 'its certificate has expired (CERT_HAS_EXPIRED)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain is self-signed (SELF_SIGNED_CERT_IN_CHAIN)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate chain is incomplete (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)',
};

/** Why nothing came back: by the code of the first cause that has one. */
export function unreachable(thrown: unknown): string {
  const reason = thrown instanceof ProviderError ? thrown.details.reason : undefined;
  if (reason === 'timeout' || nameOf(thrown) === 'TimeoutError') return 'no answer within 5 seconds';
  const code = codeOf(thrown);
  if (code) return REASONS[code] ?? code;
  return reason === undefined || reason === NO_CONNECTION ? 'no connection' : reason;
}

const nameOf = (thrown: unknown) => (thrown instanceof Error ? thrown.name : undefined);

function codeOf(thrown: unknown, depth = 0): string | undefined {
  if (!(thrown instanceof Error) || depth > 5) return undefined;
  const { code } = thrown as Error & { readonly code?: unknown };
  const isOurs = thrown instanceof ProviderError;
  if (!isOurs && typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code)) return code;
  return codeOf(thrown.cause, depth + 1);
}
