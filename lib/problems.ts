/**
 * Everything that can go wrong, as one closed table. The words for it are those of a language; see `pages/texts.ts`.
 */

/** What the problem page offers as the way forward. */
export type Recovery = 'sign-in' | 'retry' | 'home';

interface Problem {
  readonly status: number;
  readonly recovery: Recovery;
}

const problem = (status: number, recovery: Recovery): Problem => ({ status, recovery });

export const PROBLEMS = {
  MISCONFIGURED: problem(503, 'retry'),
  BAD_PATH: problem(400, 'home'),
  BAD_REQUEST: problem(400, 'home'),
  NOT_FOUND: problem(404, 'home'),
  NO_SUCH_SESSION: problem(404, 'home'),
  METHOD_NOT_ALLOWED: problem(405, 'home'),
  BODY_TOO_LARGE: problem(413, 'home'),
  LENGTH_REQUIRED: problem(411, 'home'),
  UNAUTHENTICATED: problem(401, 'sign-in'),
  FORBIDDEN: problem(403, 'home'),
  CSRF_REJECTED: problem(403, 'home'),
  HOST_MISMATCH: problem(421, 'home'),
  LOGIN_REJECTED: problem(400, 'sign-in'),
  LOGIN_USED: problem(400, 'sign-in'),
  SIGNED_OUT_MEANWHILE: problem(400, 'sign-in'),
  LOGIN_LOOP: problem(400, 'sign-in'),
  ISSUER_MISMATCH: problem(400, 'sign-in'),
  SIGN_IN_DENIED: problem(400, 'sign-in'),
  SIGN_IN_INCOMPLETE: problem(400, 'sign-in'),
  CODE_REJECTED: problem(400, 'sign-in'),
  LOGOUT_TOKEN_INVALID: problem(400, 'home'),
  STEP_UP_REQUIRED: problem(401, 'sign-in'),
  RATE_LIMITED: problem(429, 'retry'),
  STEP_UP_NOT_MET: problem(400, 'sign-in'),
  CLIENT_REJECTED: problem(502, 'retry'),
  PROVIDER_ERROR: problem(502, 'sign-in'),
  PROVIDER_RESPONSE_INVALID: problem(502, 'sign-in'),
  ID_TOKEN_INVALID: problem(502, 'sign-in'),
  PROVIDER_UNAVAILABLE: problem(503, 'retry'),
  STORE_UNAVAILABLE: problem(503, 'retry'),
  UPSTREAM_UNAUTHORIZED: problem(401, 'home'),
  UPSTREAM_TOKEN_DENIED: problem(502, 'home'),
  UPSTREAM_UNREACHABLE: problem(502, 'retry'),
  UPSTREAM_RESPONSE_INVALID: problem(502, 'retry'),
  UPSTREAM_TIMEOUT: problem(504, 'retry'),
  INTERNAL: problem(500, 'retry'),
} as const satisfies Record<string, Problem>;

export type Code = keyof typeof PROBLEMS;

/** What more there may be to say of a problem; its words are among the phrases of a language. */
export type Note = 'claimsDropped' | 'ledHere';
