import type { Deps } from '../deps';
import { freshness } from '../policy/freshness';
import { clearCookie, cookieNames, withoutCookie } from '../session/cookies';
import { openSession } from '../session/session';
import type { Session, Visit } from '../types';

/** Who sends a request, after everything that can end a session was looked at. */
export interface Resolved {
  readonly session: Session | null;
  /** `Set-Cookie` values that the answer should carry. */
  readonly cookies: readonly string[];
  /** The `Cookie` header for the site, when it must not see the one that was sent. */
  readonly requestCookie?: string;
}

type Needs = Pick<Deps, 'config' | 'sealer' | 'liveness' | 'now' | 'log'>;

/**
 * The session of a request, or null. A session is over when its cookie is not one of ours, its idle or absolute end has
 * come, its access token has expired, or its record was removed. While Redis does not answer, the session lives on as
 * long as its access token does (contract section 7).
 */
export async function resolveSession(visit: Visit, deps: Needs): Promise<Resolved> {
  const cookieHeader = visit.request.headers.get('cookie');
  const { session, stale } = await openSession(cookieHeader, deps);
  if (stale) return forget(cookieHeader, deps);
  if (session === null) return { session, cookies: [] };
  // The cookie of an expired session stays: logout and the next login still end its record by it.
  if (freshness(session, Math.floor(deps.now() / 1000)) !== 'fresh') return withhold(cookieHeader, deps);
  const liveness = await deps.liveness.check(session.sid);
  if (liveness === 'gone') return forget(cookieHeader, deps);
  if (liveness === 'unknown') deps.log({ event: 'session_check_failed', ref: visit.ref });
  return { session, cookies: [] };
}

const withhold = (cookieHeader: string | null, { config }: Pick<Deps, 'config'>): Resolved => ({
  session: null,
  cookies: [],
  requestCookie: withoutCookie(cookieHeader, cookieNames(config).session),
});

const forget = (cookieHeader: string | null, deps: Pick<Deps, 'config'>): Resolved => ({
  ...withhold(cookieHeader, deps),
  cookies: [clearCookie(deps.config, cookieNames(deps.config).session)],
});
