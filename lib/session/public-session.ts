import type { PublicSession, Session } from '../types/session.ts';

/** What the site's own code may know of a session, in the browser and on the server. Never a token. */
export const publicSession = ({ sub, claims, absoluteEndsAt, idleEndsAt }: Session): PublicSession => ({
  user: { ...claims, sub },
  expiresAt: isoTime(absoluteEndsAt),
  idleExpiresAt: isoTime(Math.min(idleEndsAt, absoluteEndsAt)),
});

const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString();
