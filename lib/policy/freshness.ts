import { RENEWAL_GAP_SECONDS } from '../timing.ts';
import type { Session } from '../types/session.ts';
import type { SessionSettings } from '../types/settings.ts';

/**
 * What a session is worth now. `ended`: past its idle or absolute end. `expired`: its access token is over. `due`: it
 * soon will be. `fresh`: none of these, or renewed a moment ago. Without a refresh token it is `fresh` to its end: who the
 * person is does not depend on an access token that cannot be renewed.
 *
 * @param now seconds since the epoch
 */
export function freshness(session: Session, now: number): 'fresh' | 'due' | 'expired' | 'ended' {
  if (now >= session.idleEndsAt || now >= session.absoluteEndsAt) return 'ended';
  if (!session.renewable || now < session.tokensIssuedAt + RENEWAL_GAP_SECONDS) return 'fresh';
  if (now >= session.tokensExpireAt) return 'expired';
  return isDue(session.tokensIssuedAt, session.tokensExpireAt, now) ? 'due' : 'fresh';
}

/** Whether a token is in the last fifth of its life, at least the last 60 seconds and never more than the last half of it. */
export function isDue(issuedAt: number, expiresAt: number, now: number): boolean {
  const life = expiresAt - issuedAt;
  return now >= expiresAt - Math.min(Math.max(life / 5, 60), life / 2);
}

type Lives = Pick<SessionSettings, 'idleSeconds' | 'absoluteSeconds'>;

/**
 * When a session ends in any case: after the configured time, or when the provider says so.
 *
 * @param sessionExpiry the claim `session_expiry`, which never prolongs a session
 */
export const absoluteEnd = (createdAt: number, sessionExpiry: number, { absoluteSeconds }: Lives): number =>
  Math.min(createdAt + absoluteSeconds, sessionExpiry);

/**
 * The idle end after activity now, or null while it is not worth a cookie: it moves once a quarter of the idle time
 * has gone by, so that a busy visitor gets a handful of cookies a week and not one per request. It may lie after an end that
 * the provider sets, which a newer ID token may move.
 */
export function prolongedIdleEnd(session: Session, lives: Lives, now: number): number | null {
  const next = latestIdleEnd(session, lives, now);
  return next - session.idleEndsAt >= lives.idleSeconds / 4 ? next : null;
}

/** The idle end of a session that is used now. */
export function latestIdleEnd({ createdAt, absoluteEndsAt }: Session, lives: Lives, now: number): number {
  return Math.min(now + lives.idleSeconds, Math.max(absoluteEndsAt, createdAt + lives.absoluteSeconds));
}
