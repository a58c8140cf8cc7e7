export { SessionCountdown, type SessionCountdownProps } from './client/countdown.tsx';
export type { Status } from './client/known.ts';
export { SignIn, type SignInProps, SignOut, type SignOutProps } from './client/links.tsx';
export { type SessionState, useSession } from './client/use-session.ts';
export type { PublicSession as Session, User } from './types/session.ts';
