import { forbidden } from 'next/dist/client/components/forbidden';
import {
  getAccessFallbackHTTPStatus,
  isHTTPAccessFallbackError,
} from 'next/dist/client/components/http-access-fallback/http-access-fallback';
import { unauthorized } from 'next/dist/client/components/unauthorized';
import { afterEach, expect, it, vi } from 'vitest';
import { AccessTokenError, type AccessTokenErrorCode } from '../../lib/next/access-token-error';

afterEach(() => vi.unstubAllEnvs());

const thrown = (work: () => never): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

it.each<[AccessTokenErrorCode, () => never, number]>([
  ['SESSION_ENDED', unauthorized, 401],
  ['STEP_UP', unauthorized, 401],
  ['DENIED', forbidden, 403],
])('%s is to Next what its own function throws', (code, own, status) => {
  vi.stubEnv('__NEXT_EXPERIMENTAL_AUTH_INTERRUPTS', 'true');
  const error = new AccessTokenError(code);
  expect(isHTTPAccessFallbackError(error)).toBe(true);
  expect(getAccessFallbackHTTPStatus(error as never)).toBe(status);
  expect(error).toMatchObject({ digest: (thrown(own) as { digest: string }).digest });
});

it('UNAVAILABLE is an error like others', () => {
  expect(isHTTPAccessFallbackError(new AccessTokenError('UNAVAILABLE'))).toBe(false);
});
