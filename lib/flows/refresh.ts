import { json } from '../answers';
import type { Deps } from '../deps';
import { RequestError } from '../errors';
import { isSameOrigin } from '../policy/same-origin';
import { openSession, publicView } from '../session/session';
import type { Visit } from '../types';
import { limitRate } from './limit';
import { resolveSession, writable } from './renew';

/** `POST /auth/refresh`: renews what is due or over, and says who is signed in; without a session 401. */
export async function refresh(visit: Visit, deps: Deps): Promise<Response> {
  const { headers } = visit.request;
  if (!isSameOrigin(headers, deps.config.canonicalOrigin)) throw new RequestError('CSRF_REJECTED');
  const { session: claimed } = await openSession(headers.get('cookie'), deps);
  await Promise.all([
    limitRate('/auth/refresh', visit, deps),
    claimed && limitRate('/auth/refresh', visit, deps, `session ${claimed.sid}`),
  ]);
  const resolved = await resolveSession(visit, deps);
  const { session } = resolved;
  const cookies = writable(visit, resolved);
  if (!session) throw new RequestError('UNAUTHENTICATED').with({ cookies });
  return json(publicView(session), cookies);
}
