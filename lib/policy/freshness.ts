import type { Session } from '../types';

/**
 * What a session is worth now. `ended`: past its idle or absolute end. `expired`: its access token is over.
 * `fresh`: neither.
 *
 * @param now seconds since the epoch
 */
export function freshness(session: Session, now: number): 'fresh' | 'expired' | 'ended' {
  if (now >= session.idleEndsAt || now >= session.absoluteEndsAt) return 'ended';
  return now >= session.tokensExpireAt ? 'expired' : 'fresh';
}

/**
 * The idle end after activity now, or null while it is not worth a cookie: it moves once a quarter of the idle time
 * has gone by, so that a busy visitor gets a handful of cookies a week and not one per request.
 */
export function prolongedIdleEnd(session: Session, idleSeconds: number, now: number): number | null {
  const next = Math.min(now + idleSeconds, session.absoluteEndsAt);
  return next - session.idleEndsAt >= idleSeconds / 4 ? next : null;
}
