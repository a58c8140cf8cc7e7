import type { Code, Note } from './problems.ts';

/**
 * The failures that the gate answers. A class says who must act: the deployer, the sender of the request, the provider, the
 * store, an upstream, the site, or us. A code says what happened; see `PROBLEMS`. What the log may add is in `reason`, which is a text
 * of ours and never holds a value that came from outside.
 */

export interface ErrorDetails {
  /** For the log: which check failed. A fixed string of ours, never a value from outside. */
  readonly reason?: string;
  /** The provider's `error_ref` / `request_id`, shown to the person as the support reference. */
  readonly supportRef?: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** What more there is to say to the person. */
  readonly note?: Note;
  /** For `HOST_MISMATCH`: the host that was seen, and the one that was expected. Shown. */
  readonly hosts?: { readonly seen: string; readonly expected: string };
  /** For 405: the value of `Allow` (RFC 9110 §15.5.6). */
  readonly allow?: string;
  /** For 401: the value of `WWW-Authenticate` (RFC 9110 §11.6.1). */
  readonly challenge?: string;
  readonly cause?: unknown;
}

/** What the answer to one request has beside the failure. */
export interface Attached {
  /** `Set-Cookie` values that the answer has to carry. */
  readonly cookies: readonly string[];
  /** Where signing in leads back to what the person wanted. */
  readonly loginUrl?: string | undefined;
  /** What to open for another try, where the same address cannot succeed any more. */
  readonly retryUrl?: string | undefined;
}

/** Base of all failures that the gate answers. Nothing changes an error: several requests may be answered with one. */
export abstract class GateError extends Error {
  readonly attached: Attached = { cookies: [] };
  constructor(
    readonly code: Code,
    readonly details: ErrorDetails = {},
  ) {
    super(code, { cause: details.cause });
  }
  abstract readonly actor: 'deployer' | 'sender' | 'provider' | 'store' | 'upstream' | 'site' | 'us';

  /** A copy with more to send along: cookies are added, URLs replaced. */
  with({ cookies = [], ...urls }: Partial<Attached>): this {
    const value: Attached = { ...this.attached, ...urls, cookies: [...this.attached.cookies, ...cookies] };
    const fields = Object.getOwnPropertyDescriptors(this);
    return Object.create(Object.getPrototypeOf(this), { ...fields, attached: { ...fields.attached, value } });
  }
}

/** The deployer must act. `variables` names the faulty environment variables, never their values. */
export class ConfigError extends GateError {
  readonly actor = 'deployer';
  constructor(readonly variables: Readonly<Record<string, string>>) {
    const faults = Object.entries(variables).map(([name, what]) => `${name} ${what}`);
    super('MISCONFIGURED', { retryAfterSeconds: 60, reason: faults.join('; ') });
  }
}

/** The sender of the request (browser or person) must act. */
export class RequestError extends GateError {
  readonly actor = 'sender';
}

/** The answer of the provider is not valid or is an error, or the provider is out of reach. */
export class ProviderError extends GateError {
  readonly actor = 'provider';
}

/** Redis cannot be reached, or its reply cannot be used. */
export class StoreError extends GateError {
  readonly actor = 'store';
  /** @param refused Redis has said no, so that it is certain that nothing was done */
  constructor(
    reason: string,
    readonly refused = false,
  ) {
    super('STORE_UNAVAILABLE', { reason, retryAfterSeconds: 5 });
  }
}

/** An upstream does not answer, or gives an answer that cannot be used. */
export class UpstreamError extends GateError {
  readonly actor = 'upstream';
}

/** The site's own middleware failed: the log has of the cause what {@link causeOf} says. */
export class SiteError extends GateError {
  readonly actor = 'site';
  constructor(cause: unknown) {
    super('INTERNAL', { reason: 'the middleware of the site failed', cause });
  }
}

/** A defect of ours: the log has of the cause what {@link causeOf} says. */
export class InternalError extends GateError {
  readonly actor = 'us';
  constructor(cause: unknown) {
    super('INTERNAL', { cause });
  }
}

/** Anything thrown, as a {@link GateError}. */
export const asGateError = (thrown: unknown): GateError =>
  thrown instanceof GateError ? thrown : new InternalError(thrown);

/** A code as Node and most libraries have them (`ECONNRESET`, `ERR_INVALID_URL`). */
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
/** The name of a class. */
const CLASS_NAME = /^[A-Za-z_$][\w$]{0,63}$/;

/**
 * What the log has of the error behind a failure: its code, else the name of its class. The code comes first, because a
 * minifier shortens the names of classes and leaves codes alone. Both are writable properties, and the error may be the
 * site's or a library's: a value that is no identifier is left out, because it may hold a secret or a line break.
 */
export function causeOf({ details: { cause } }: GateError): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code, name }: Error & { readonly code?: unknown } = cause;
  if (typeof code === 'string' && CODE.test(code)) return code;
  return typeof name === 'string' && CLASS_NAME.test(name) ? name : 'Error';
}
