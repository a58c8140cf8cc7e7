export {
  createServerHelpers,
  endSession,
  endSessionsOf,
  getSession,
  listSessions,
  type RequestLike,
  requireSession,
  type ServerHelpers,
} from './next/server-session.ts';
export type { SessionHelpers } from './next/server-sessions.ts';
export type { Requirements } from './policy/rule.ts';
export type { DeviceSession, PublicSession as Session, User } from './types/session.ts';
