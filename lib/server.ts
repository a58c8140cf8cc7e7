export {
  createServerHelpers,
  getSession,
  type RequestLike,
  requireSession,
  type ServerHelpers,
} from './next/server-session.ts';
export type { Requirements } from './policy/rule.ts';
export type { PublicSession as Session, User } from './types/session.ts';
