import { describe, expect, it } from 'vitest';
import {
  asGateError,
  ConfigError,
  causeOf,
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

describe('the cause of a failure in the log', () => {
  const causeWith = (properties: object, error: Error = new TypeError('planted message')) =>
    causeOf(new SiteError(Object.assign(error, properties)));

  it.each([['ECONNRESET'], ['ERR_INVALID_URL'], ['P2002'], ['E'.repeat(64)]])(
    'is the code of the error: %s',
    (code) => {
      expect(causeWith({ code })).toBe(code);
    },
  );

  it.each([
    ['is none', {}],
    ['is a number', { code: 11000 }],
    ['is empty', { code: '' }],
    ['is longer than 64 characters', { code: 'E'.repeat(65) }],
    ['has small letters, as tokens do', { code: 'eyJhbGciOiJSUzI1NiJ9' }],
    ['has a line break in it', { code: 'E_ONE\n{"event":"signed_in"}' }],
    ['has a line break at its end', { code: 'E_ONE\n' }],
    ['has other characters', { code: 'POSTGRES://USER:SECRET@HOST' }],
  ])('is the name of its class when the code %s', (_, properties) => {
    expect(causeWith(properties)).toBe('TypeError');
  });

  it.each([
    [{ name: 'planted secret' }],
    [{ name: 'Line\nBreak' }],
    [{ name: '' }],
    [{ name: 7 }],
    [{ name: 'a'.repeat(65) }],
  ])('is `Error` when the name of the class is no identifier: %j', (properties) => {
    expect(causeWith(properties)).toBe('Error');
  });

  it('is the name that the site gave to its own class', () => {
    class NoSuchTenant extends Error {
      override readonly name = 'NoSuchTenant';
    }
    expect(causeWith({}, new NoSuchTenant('planted message'))).toBe('NoSuchTenant');
  });

  it('is none where no error was thrown', () => {
    expect(causeOf(new SiteError('planted text'))).toBeUndefined();
    expect(causeOf(new RequestError('FORBIDDEN'))).toBeUndefined();
  });
});
