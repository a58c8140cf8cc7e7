import type { ListedSession } from '../types/ended.ts';
import type { DeviceSession, PublicSession, Session } from '../types/session.ts';

/** What the site's own code may know of a session, in the browser and on the server. Never a token. */
export const publicSession = ({ sub, claims, absoluteEndsAt, idleEndsAt }: Session): PublicSession => ({
  user: { ...claims, sub },
  expiresAt: isoTime(absoluteEndsAt),
  idleExpiresAt: isoTime(Math.min(idleEndsAt, absoluteEndsAt)),
});

/** The list of a person's sessions, for that person: the one that asks comes first, the others in their order. */
export function deviceSessions(listed: readonly ListedSession[], currentId: string): readonly DeviceSession[] {
  const shown = listed.map(({ id, createdAt, lastSeenAt, device: { browser, platform } }) => ({
    id,
    current: id === currentId,
    createdAt: isoTime(createdAt),
    lastSeenAt: isoTime(lastSeenAt),
    browser,
    platform,
  }));
  return shown.sort((one, other) => Number(other.current) - Number(one.current));
}

const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString();
