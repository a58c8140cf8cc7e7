import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { isSameOrigin } from '../policy/same-origin.ts';
import { json } from '../responses.ts';
import { publicSession } from '../session/public-session.ts';
import { openSession } from '../session/session-cookie.ts';
import type { RequestContext } from '../types.ts';
import { resolveSession, writable } from './current-session.ts';
import { limitRate } from './limit-rate.ts';

/** `POST /auth/refresh`: renews what is due or over, and says who is signed in; without a session 401. */
export async function refresh(context: RequestContext, deps: Deps): Promise<Response> {
  const { headers } = context.request;
  if (!isSameOrigin(headers, deps.config.canonicalOrigin)) throw new RequestError('CSRF_REJECTED');
  const { session: claimed } = await openSession(headers.get('cookie'), deps);
  await Promise.all([
    limitRate('/auth/refresh', context, deps),
    claimed && limitRate('/auth/refresh', context, deps, `session ${claimed.sid}`),
  ]);
  const resolved = await resolveSession(context, deps);
  const { session } = resolved;
  const cookies = writable(context, resolved);
  if (!session) throw new RequestError('UNAUTHENTICATED').with({ cookies });
  return json(publicSession(session), cookies);
}
