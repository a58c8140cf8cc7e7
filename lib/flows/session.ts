import { json } from '../answers';
import type { Deps } from '../deps';
import type { Session, Visit } from '../types';
import { resolveSession } from './renew';

/** `GET /auth/session`: who is signed in, for the site's browser code. Never a token, and it prolongs nothing. */
export async function session(visit: Visit, deps: Deps): Promise<Response> {
  const resolved = await resolveSession(visit, deps);
  return json(resolved.session ? publicView(resolved.session) : { user: null }, resolved.cookies);
}

/** Until tokens are renewed, a session ends when its access token does. */
const publicView = ({ sub, claims, tokensExpireAt, absoluteEndsAt, idleEndsAt }: Session) => ({
  user: { ...claims, sub },
  expiresAt: isoTime(Math.min(tokensExpireAt, absoluteEndsAt)),
  idleExpiresAt: isoTime(idleEndsAt),
});

const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString();
