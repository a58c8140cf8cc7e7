/**
 * Everything that can go wrong, as one closed table.
 *
 * A class says who must act: the deployer, the sender of the request, the provider, or the store. A code says what
 * happened. Outward text comes from this table alone and is bland; what the log may add is in `reason`, which is
 * written by us and never holds a value that came from outside.
 */

/** What the problem page offers as the way forward. */
export type Recovery = 'sign-in' | 'retry' | 'home';

interface Problem {
  readonly status: number;
  readonly title: string;
  readonly sentence: string;
  readonly recovery: Recovery;
}

const problem = (status: number, title: string, recovery: Recovery, sentence: string): Problem => ({
  status,
  title,
  sentence,
  recovery,
});

export const PROBLEMS = {
  MISCONFIGURED: problem(
    503,
    'Not configured',
    'retry',
    'This site is not set up completely yet. Its operator has to finish the configuration.',
  ),
  BAD_PATH: problem(400, 'Bad address', 'home', 'This address cannot be read.'),
  BAD_REQUEST: problem(
    400,
    'Bad request',
    'home',
    'A parameter of this request is missing, doubled, too long or malformed.',
  ),
  NOT_FOUND: problem(404, 'Not found', 'home', 'There is no such page.'),
  METHOD_NOT_ALLOWED: problem(405, 'Method not allowed', 'home', 'This address does not answer to that method.'),
  BODY_TOO_LARGE: problem(413, 'Too much data', 'home', 'What was sent is larger than this site accepts.'),
  UNAUTHENTICATED: problem(401, 'Sign-in required', 'sign-in', 'Sign in to continue.'),
  FORBIDDEN: problem(403, 'No access', 'home', 'You are signed in, but your account may not open this page.'),
  CSRF_REJECTED: problem(
    403,
    'Request refused',
    'home',
    'This request did not come from this site, so nothing was changed.',
  ),
  HOST_MISMATCH: problem(
    421,
    'Wrong host name',
    'home',
    'This site was reached under another host name than the one it signs people in on. Its operator has to check the proxy in front of it.',
  ),
  LOGIN_REJECTED: problem(
    400,
    'Sign-in not finished',
    'sign-in',
    'This sign-in was started in another browser, took longer than ten minutes, or its cookie was not kept.',
  ),
  LOGIN_USED: problem(
    400,
    'Sign-in already used',
    'sign-in',
    'This sign-in link was used before. Each one works once.',
  ),
  SIGNED_OUT_MEANWHILE: problem(
    400,
    'Signed out meanwhile',
    'sign-in',
    'You signed out while this sign-in was under way, so it was not finished.',
  ),
  LOGIN_LOOP: problem(
    400,
    'Sign-in keeps repeating',
    'sign-in',
    'You signed in several times within a minute and still have no session. Your browser may be blocking cookies.',
  ),
  ISSUER_MISMATCH: problem(
    400,
    'Sign-in refused',
    'sign-in',
    'The answer came from another sign-in service than the one that was asked.',
  ),
  SIGN_IN_DENIED: problem(
    400,
    'Sign-in refused',
    'sign-in',
    'The sign-in service did not let this account in here, or the sign-in was cancelled.',
  ),
  SIGN_IN_INCOMPLETE: problem(
    400,
    'Sign-in needs you',
    'sign-in',
    'The sign-in service needs you to sign in or to agree first.',
  ),
  CODE_REJECTED: problem(
    400,
    'Sign-in expired',
    'sign-in',
    'The sign-in service no longer accepts this sign-in. It was used before, or too much time went by.',
  ),
  STEP_UP_REQUIRED: problem(
    401,
    'Stronger sign-in needed',
    'sign-in',
    'This needs a stronger or a more recent sign-in than yours.',
  ),
  RATE_LIMITED: problem(429, 'Too many requests', 'retry', 'That was too often in a short time. Wait a minute.'),
  STEP_UP_NOT_MET: problem(
    400,
    'Stronger sign-in needed',
    'sign-in',
    'This needs a stronger or a more recent sign-in than yours.',
  ),
  CLIENT_REJECTED: problem(
    502,
    'Sign-in not possible',
    'retry',
    'The sign-in service does not accept this site. Its operator has to check the client registration.',
  ),
  PROVIDER_ERROR: problem(502, 'Sign-in failed', 'sign-in', 'The sign-in service reported an error.'),
  PROVIDER_RESPONSE_INVALID: problem(
    502,
    'Sign-in failed',
    'sign-in',
    'The sign-in service gave an answer that cannot be used.',
  ),
  ID_TOKEN_INVALID: problem(
    502,
    'Sign-in failed',
    'sign-in',
    'The sign-in service gave a proof of identity that did not pass its checks.',
  ),
  PROVIDER_UNAVAILABLE: problem(
    503,
    'Sign-in unavailable',
    'retry',
    'The sign-in service cannot be reached right now. Nothing is lost; try again in a moment.',
  ),
  STORE_UNAVAILABLE: problem(
    503,
    'Temporarily unavailable',
    'retry',
    'Sessions cannot be reached right now. Nothing is lost; try again in a moment.',
  ),
  INTERNAL: problem(500, 'Something went wrong', 'retry', 'An unexpected error happened on this site.'),
} as const satisfies Record<string, Problem>;

export type Code = keyof typeof PROBLEMS;

export interface ErrorDetails {
  /** For the log: which check failed. A fixed string of ours, never a value from outside. */
  readonly reason?: string;
  /** The provider's `error_ref` / `request_id`, shown to the person as the support reference. */
  readonly supportRef?: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** `error` of an OAuth answer (RFC 6749 §5.2), to decide by. Never shown or logged. */
  readonly oauthError?: string;
  /** What more there is to say to the person. A fixed text of ours. */
  readonly note?: string;
  /** For `HOST_MISMATCH`: the host that was seen, and the one that was expected. Shown. */
  readonly hosts?: { readonly seen: string; readonly expected: string };
  /** For 405: the value of `Allow` (RFC 9110 §15.5.6). */
  readonly allow?: string;
  /** For 401: the value of `WWW-Authenticate` (RFC 9110 §11.6.1). */
  readonly challenge?: string;
  readonly cause?: unknown;
}

/** Base of all failures that the gate answers. */
export abstract class GateError extends Error {
  /** `Set-Cookie` values that must ride on the answer. */
  readonly cookies: string[] = [];
  /** Where signing in leads back to what the person wanted. */
  loginUrl: string | undefined;
  /** What to open for another try, where the same address cannot succeed any more. */
  retryUrl: string | undefined;
  constructor(
    readonly code: Code,
    readonly details: ErrorDetails = {},
  ) {
    super(code, { cause: details.cause });
  }
  abstract readonly actor: 'deployer' | 'sender' | 'provider' | 'store' | 'site' | 'us';

  /** The same failure, with more to send along. */
  with({
    cookies = [],
    loginUrl = this.loginUrl,
    retryUrl = this.retryUrl,
  }: {
    cookies?: readonly string[];
    loginUrl?: string | undefined;
    retryUrl?: string | undefined;
  }): this {
    this.cookies.push(...cookies);
    this.loginUrl = loginUrl;
    this.retryUrl = retryUrl;
    return this;
  }
}

/** The deployer must act. `variables` names the faulty environment variables, never their values. */
export class ConfigError extends GateError {
  readonly actor = 'deployer';
  constructor(readonly variables: Readonly<Record<string, string>>) {
    super('MISCONFIGURED', { retryAfterSeconds: 60 });
  }
}

/** The sender of the request (browser or person) must act. */
export class RequestError extends GateError {
  readonly actor = 'sender';
}

/** The provider lied, failed or is out of reach. */
export class ProviderError extends GateError {
  readonly actor = 'provider';
}

/** Redis cannot be reached or answered nonsense. */
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

/** The site's own middleware failed: the cause goes to the log by name only. */
export class SiteError extends GateError {
  readonly actor = 'site';
  constructor(cause: unknown) {
    super('INTERNAL', { reason: 'the middleware of the site failed', cause });
  }
}

/** A defect of ours: the cause goes to the log by name only. */
export class InternalError extends GateError {
  readonly actor = 'us';
  constructor(cause: unknown) {
    super('INTERNAL', { cause });
  }
}

/** Anything thrown, as a {@link GateError}. */
export const asGateError = (thrown: unknown): GateError =>
  thrown instanceof GateError ? thrown : new InternalError(thrown);
