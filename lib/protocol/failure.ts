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

/**
 * What a failed answer of the token or PAR endpoint means (RFC 6749 §5.2). Only `error` decides. Some providers answer a
 * spent code with an empty 400, or with 403: without the code of another error, the code is what was wrong.
 */
export async function tokenEndpointFailure(response: Response, nowMs: number): Promise<ProviderError> {
  const body = await readObject(response);
  const error = typeof body.error === 'string' ? body.error : undefined;
  const ref = supportRef(
    body.error_ref ?? response.headers.get('x-error-ref'),
    body.request_id ?? response.headers.get('x-request-id'),
  );
  const details = {
    reason: `the provider answered ${response.status}${error && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : ''}`,
    ...(ref && { supportRef: ref }),
    ...(error && { oauthError: error }),
  };
  const { status } = response;
  if (status === 429 || status === 503 || error === 'temporarily_unavailable')
    return new ProviderError('PROVIDER_UNAVAILABLE', {
      ...details,
      retryAfterSeconds: retryAfterSeconds(response.headers, nowMs),
    });
  if (error === 'invalid_client' || error === 'unauthorized_client' || (status === 401 && !error))
    return new ProviderError('CLIENT_REJECTED', details);
  if (error === 'invalid_grant' || (!error && (status === 400 || status === 403)))
    return new ProviderError('CODE_REJECTED', details);
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
