import type { Deps } from '../context.ts';
import { openSession } from '../session/session-cookie.ts';
import type { RequestContext } from '../types/request.ts';
import { goOnFrom, stayHere } from './after-logout.ts';
import { endSessions, revokeWithin, signedOutCookies } from './end-sessions.ts';
import { limitRate } from './limit-rate.ts';

/**
 * `POST /auth/logout`: the record first, so that nothing running elsewhere can use or bring back the session; then the
 * refresh token at the provider, the cookies, and the way to the provider's own logout. Whatever of that fails, the
 * person is signed out here.
 */
export async function logout(context: RequestContext, deps: Deps): Promise<Response> {
  const cookieHeader = context.request.headers.get('cookie');
  const { session } = await openSession(cookieHeader, deps);
  if (!session) await limitRate('/auth/logout', context, deps); // a sign-out that has something to end is never refused
  const ended = await endSessions(session, cookieHeader, context, deps);
  const isUnreachable = await revokeWithin(ended, context, deps);
  deps.log({ event: 'signed_out', ref: context.ref, hadRecord: ended.length > 0 });
  const cookies = signedOutCookies(cookieHeader, deps);
  // The browser would only meet an error there.
  if (isUnreachable) return stayHere(context, deps, cookies);
  return goOnFrom(ended[0]?.record?.tokens.idToken, context, deps, cookies);
}
