export { AccessTokenError, type AccessTokenErrorCode } from './next/access-token-error.ts';
export {
  createServerHelpers,
  endSession,
  endSessionsOf,
  fetchAsUser,
  getAccessToken,
  getProblem,
  getSession,
  listSessions,
  type RequestLike,
  requireSession,
  type ServerHelpers,
} from './next/server-session.ts';
export type { SessionHelpers } from './next/server-sessions.ts';
export type { AccessTokenOptions, TokenHelpers } from './next/server-tokens.ts';
export type { ShownProblem as Problem } from './pages/own-page.ts';
export type { Way } from './pages/problem.ts';
export type { Requirements } from './policy/rule.ts';
export type { DeviceSession, PublicSession as Session, User } from './types/session.ts';
