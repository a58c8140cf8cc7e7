/**
 * Everything that can go wrong, as one closed table. Outward text comes from it alone and is bland.
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
  NO_SUCH_SESSION: problem(
    404,
    'No such session',
    'home',
    'This session has ended already, or it is not one of yours.',
  ),
  METHOD_NOT_ALLOWED: problem(405, 'Method not allowed', 'home', 'This address does not answer to that method.'),
  BODY_TOO_LARGE: problem(413, 'Too much data', 'home', 'What was sent is larger than this site accepts.'),
  LENGTH_REQUIRED: problem(
    411,
    'Length required',
    'home',
    'What was sent does not say how long it is, and this address needs to know.',
  ),
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
    'This came from another sign-in service than the one that this site uses.',
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
  LOGOUT_TOKEN_INVALID: problem(
    400,
    'Logout refused',
    'home',
    'This logout token did not pass its checks, so nothing was changed.',
  ),
  STEP_UP_REQUIRED: problem(
    401,
    'Stronger sign-in needed',
    'sign-in',
    'This needs a stronger or a more recent sign-in than yours.',
  ),
  RATE_LIMITED: problem(
    429,
    'Too many requests',
    'retry',
    'There were too many requests in a short time. Wait a minute.',
  ),
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
  UPSTREAM_UNAUTHORIZED: problem(
    401,
    'Not accepted',
    'home',
    'The service behind this address did not accept your sign-in.',
  ),
  UPSTREAM_TOKEN_DENIED: problem(
    502,
    'Service not available',
    'home',
    'The sign-in service does not let this site call the service behind this address. Its operator has to check the configuration.',
  ),
  UPSTREAM_UNREACHABLE: problem(
    502,
    'Service not available',
    'retry',
    'The service behind this address cannot be reached right now.',
  ),
  UPSTREAM_RESPONSE_INVALID: problem(
    502,
    'Service failed',
    'retry',
    'The service behind this address gave an answer that cannot be used.',
  ),
  UPSTREAM_TIMEOUT: problem(
    504,
    'Service too slow',
    'retry',
    'The service behind this address did not answer in time. Whether it did what was asked is not known.',
  ),
  INTERNAL: problem(500, 'Something went wrong', 'retry', 'An unexpected error happened on this site.'),
} as const satisfies Record<string, Problem>;

export type Code = keyof typeof PROBLEMS;
