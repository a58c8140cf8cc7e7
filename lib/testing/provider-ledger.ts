export type Endpoint =
  | 'discovery'
  | 'jwks'
  | 'authorization'
  | 'par'
  | 'token'
  | 'userinfo'
  | 'revocation'
  | 'end_session'
  | 'unknown';

/** A request as the provider remembers it. Tokens appear by an id that shows nothing of their value, such as `rt-2`. */
export interface LedgerEntry {
  readonly endpoint: Endpoint;
  readonly method: string;
  /** Milliseconds since the epoch, by the provider's clock. */
  readonly at: number;
  readonly grantType?: string;
  /** What a refresh asks an access token for. */
  readonly resource?: string;
  readonly scope?: string;
  /** Of a refresh, a revocation or a question to userinfo: which token came. */
  readonly token?: { readonly kind: TokenKind; readonly id: string };
  /** `traceparent` and `tracestate`, where there are any. */
  readonly trace?: readonly (string | null)[];
  /** Null until an answer leaves, and for ever when none does. */
  readonly status: number | null;
  /** `ok`, an OAuth error, `replaced` for a page in place of a redirect; `refused`, `instead`, `pending` without the work. */
  readonly outcome: string;
}

export type TokenKind = 'refresh_token' | 'access_token' | 'unknown';

/** A refresh token that came back after it had been used (RFC 9700 §4.14.2). */
export interface ReuseEvent {
  readonly at: number;
  readonly tokenId: string;
  readonly familyId: string;
}

const KINDS: Readonly<Record<string, TokenKind>> = { rt: 'refresh_token', at: 'access_token' };

/** `test-rt-2-…` → kind and `rt-2`; of anything else nothing is repeated. */
export function nameOf(token: string): { readonly kind: TokenKind; readonly id: string } {
  const [, short = '', serial] = /^test-(rt|at)-(\d+)-/.exec(token) ?? [];
  return { kind: KINDS[short] ?? 'unknown', id: serial ? `${short}-${serial}` : 'unknown' };
}

/** The line of a request that has just arrived. */
export function arrived(
  endpoint: Endpoint,
  { method, headers }: Request,
  form: URLSearchParams,
  at: number,
): Mutable<LedgerEntry> {
  const grantType = form.get('grant_type');
  const trace = [headers.get('traceparent'), headers.get('tracestate')];
  const token = form.get('refresh_token') ?? form.get('token') ?? (endpoint === 'userinfo' ? bearer(headers) : null);
  return {
    endpoint,
    method,
    at,
    ...(grantType !== null && { grantType }),
    ...(token !== null && { token: nameOf(token) }),
    ...(trace.some((value) => value !== null) && { trace }),
    ...(grantType === 'refresh_token' && targetIn(form)),
    status: null,
    outcome: 'pending',
  };
}

const targetIn = (form: URLSearchParams) =>
  Object.fromEntries(['resource', 'scope'].flatMap((name) => form.getAll(name).map((value) => [name, value])));

/** RFC 6750 §2.1, RFC 9449 §7.1 */
export const bearer = (headers: Headers): string => headers.get('authorization')?.replace(/^(Bearer|DPoP) /, '') ?? '';

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
