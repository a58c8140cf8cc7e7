import { describe, expect, it } from 'vitest';
import {
  asGateError,
  ConfigError,
  InternalError,
  ProviderError,
  RequestError,
  SiteError,
  StoreError,
} from '../lib/errors';

const ERRORS = [
  new ConfigError({ SSO_ISSUER: 'is required' }),
  new RequestError('FORBIDDEN', { reason: 'a role is missing' }),
  new ProviderError('PROVIDER_UNAVAILABLE', { retryAfterSeconds: 1, cause: new TypeError('cause') }),
  new StoreError('Redis has said no', true),
  new SiteError(new RangeError('cause')),
  new InternalError(new TypeError('cause')),
];

describe.each(ERRORS.map((error) => [error.constructor.name, error] as const))('a %s', (_, error) => {
  it('with more to send along is another error of the same class, code, details and cause', () => {
    const copy = error.with({ cookies: ['a=1'], loginUrl: '/auth/login' });
    expect(copy).not.toBe(error);
    expect(copy).toBeInstanceOf(error.constructor);
    expect(copy).toMatchObject({
      code: error.code,
      details: error.details,
      actor: error.actor,
      message: error.message,
    });
    expect(copy.cause).toBe(error.cause);
    expect(copy.attached).toEqual({ cookies: ['a=1'], loginUrl: '/auth/login' });
    if (error instanceof StoreError) expect(copy).toMatchObject({ refused: true });
    if (error instanceof ConfigError) expect(copy).toMatchObject({ variables: error.variables });
  });

  it('is not changed by it', () => {
    error.with({ cookies: ['a=1'], loginUrl: '/auth/login', retryUrl: '/retry' });
    expect(error.attached).toEqual({ cookies: [] });
  });

  it('keeps what it had: cookies are added, a URL is replaced', () => {
    const first = error.with({ cookies: ['a=1'], loginUrl: '/one', retryUrl: '/retry' });
    const second = first.with({ cookies: ['b=2'], loginUrl: '/two' });
    expect(second.attached).toEqual({ cookies: ['a=1', 'b=2'], loginUrl: '/two', retryUrl: '/retry' });
    expect(first.attached.cookies).toEqual(['a=1']);
  });

  it('stays itself when it is thrown and caught as an error of the gate', () => {
    const copy = error.with({ cookies: ['a=1'] });
    expect(asGateError(copy)).toBe(copy);
  });
});
