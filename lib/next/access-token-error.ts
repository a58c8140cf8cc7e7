/** What a site can do about it; see {@link AccessTokenError}. */
export type AccessTokenErrorCode = 'SESSION_ENDED' | 'STEP_UP' | 'DENIED' | 'UNAVAILABLE';

interface Details {
  readonly error?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** What Next makes of an error with such a digest: the page or the answer of `unauthorized()`, or of `forbidden()`. */
const DIGESTS: Readonly<Record<AccessTokenErrorCode, string | undefined>> = {
  SESSION_ENDED: 'NEXT_HTTP_ERROR_FALLBACK;401',
  STEP_UP: 'NEXT_HTTP_ERROR_FALLBACK;401',
  DENIED: 'NEXT_HTTP_ERROR_FALLBACK;403',
  UNAVAILABLE: undefined,
};

/**
 * Why there is no access token. `code`:
 *
 * - `SESSION_ENDED`: there is no session, or it has ended elsewhere
 * - `STEP_UP`: the session lives, and only a new sign-in brings the token: the access token is over and there is no refresh token, or
 *   the provider wants the person to interact (`error` is its word, such as `interaction_required` or `consent_required`)
 * - `DENIED`: the provider gives no token for this `resource` or `scope`; `error` is its word, such as `invalid_target`
 * - `UNAVAILABLE`: Redis or the provider does not answer; again after `retryAfterSeconds`
 *
 * One that is not caught does what is right for the code: for the first two that is the 401 of `requireSession()`
 * (`app/unauthorized.tsx` in a page and after an action, an answer without a body in a route handler), for `DENIED` the 403
 * (`app/forbidden.tsx`), and for `UNAVAILABLE` the site's `error.tsx`, or a 500.
 *
 * @example if (error instanceof AccessTokenError && error.code === 'STEP_UP') redirect('/auth/login?returnTo=/orders');
 */
export class AccessTokenError extends Error {
  override readonly name = 'AccessTokenError';
  /** The OAuth error of the provider, where it named one. */
  readonly error: string | undefined;
  /** Seconds. */
  readonly retryAfterSeconds: number | undefined;
  /** For Next. */
  declare readonly digest?: string;

  constructor(
    readonly code: AccessTokenErrorCode,
    { error, retryAfterSeconds, cause }: Details = {},
  ) {
    super(`No access token: ${code}`, cause === undefined ? undefined : { cause });
    this.error = error;
    this.retryAfterSeconds = retryAfterSeconds;
    const digest = DIGESTS[code];
    if (digest) this.digest = digest;
  }
}
