import { ProviderError } from '../errors.ts';

/** Seconds of a `Retry-After` (RFC 9110 §10.2.3: seconds or a date), within 1 second and 1 hour; 5 without one. */
export function retryAfterSeconds(headers: Headers, nowMs: number): number {
  const value = headers.get('retry-after')?.trim() ?? '';
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - nowMs) / 1000);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), 3600) : 5;
}

/** A reference that the provider gave for its support, when it looks like one and not like a text or markup. */
export function supportRef(...candidates: readonly unknown[]): string | undefined {
  const plain = candidates.filter((value) => typeof value === 'string' && /^[A-Za-z0-9._:-]{1,64}$/.test(value));
  return plain.length > 0 ? [...new Set(plain)].join(' / ') : undefined;
}

/** By the error of an OAuth answer: the variables that may be wrong. */
const CURES: Readonly<Record<string, string>> = {
  invalid_client: 'SSO_CLIENT_SECRET, SSO_CLIENT_AUTH_METHOD',
  unsupported_grant_type: 'SSO_CLIENT_ID, SSO_CLIENT_SECRET, SSO_CLIENT_AUTH_METHOD',
  unauthorized_client: 'SSO_CLIENT_ID, SSO_CLIENT_AUTH_METHOD', // a method that is not registered too, for some
  invalid_scope: 'SSO_SCOPE',
  invalid_target: 'SSO_AUTHORIZATION_PARAMS', // a resource that the sign-in has not asked for, for some
  redirect_uri_mismatch: 'SSO_REDIRECT_URI',
  invalid_dpop_proof: 'SSO_DPOP', // or the clock of the server
  use_dpop_nonce: 'SSO_DPOP',
};

/** A reason for the log, with the variables that may be the cure. */
export const see = (reason: string, variables: string | undefined): string =>
  variables ? `${reason}; see ${variables}` : reason;

/** The error of an OAuth answer as a word for the log, and its cure. A value that is no such word is left out. */
export const errorReason = (what: string, error: string): string =>
  see(/^[a-z_]{1,40}$/.test(error) ? `${what} ${error}` : what, cureOf(error));

const cureOf = (error = '') => (Object.hasOwn(CURES, error) ? CURES[error] : undefined);

/**
 * The `error` of a body (RFC 6749 §5.2). All that are defined are words in small letters; frameworks and proxies write their
 * own texts there ("Bad Request"), or an object, which say nothing about a grant or a client.
 */
export const oauthErrorOf = ({ error }: Readonly<Record<string, unknown>>): string | undefined =>
  typeof error === 'string' && /^[a-z][a-z0-9_.-]*$/.test(error) ? error : undefined;

/** Reads a failed answer of the token or PAR endpoint (RFC 6749 §5.2). A 401 is about the client, with or without a word. */
export async function readRefusal(response: Response) {
  const { status, headers } = response;
  const body = await readObject(response);
  const said = oauthErrorOf(body);
  const error = said ?? (status === 401 ? 'invalid_client' : undefined);
  const answered = `the provider answered ${status}`;
  return {
    error,
    reason: said ? errorReason(answered, said) : see(answered, cureOf(error)),
    supportRef: supportRef(
      body.error_ref ?? headers.get('x-error-ref'),
      body.request_id ?? headers.get('x-request-id'),
    ),
  };
}

/**
 * What a failed answer of the token or PAR endpoint means for a sign-in. Only `error` decides. Some providers answer a spent
 * code with an empty 400, or with 403: without the code of another error, the code is what was wrong.
 */
export async function tokenEndpointFailure(response: Response, nowMs: number): Promise<ProviderError> {
  const { error, reason, supportRef: ref } = await readRefusal(response);
  const { status } = response;
  const details = { reason, ...(ref && { supportRef: ref }) };
  if (status === 429 || status === 503 || error === 'temporarily_unavailable' || error === 'use_dpop_nonce')
    return new ProviderError('PROVIDER_UNAVAILABLE', {
      ...details,
      retryAfterSeconds: retryAfterSeconds(response.headers, nowMs),
    });
  if (error === 'invalid_client' || error === 'unauthorized_client')
    return new ProviderError('CLIENT_REJECTED', details);
  if (error === 'invalid_grant' || (!error && (status === 400 || status === 403)))
    return new ProviderError('CODE_REJECTED', { ...details, reason: see(reason, 'SSO_REDIRECT_URI') });
  if (error || status >= 500) return new ProviderError('PROVIDER_ERROR', details);
  return new ProviderError('PROVIDER_RESPONSE_INVALID', details);
}

async function readObject(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
