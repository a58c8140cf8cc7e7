import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { json } from '../responses.ts';
import { publicSession } from '../session/public-session.ts';
import { openSession } from '../session/session-cookie.ts';
import type { RequestContext } from '../types/request.ts';
import { resolveSession, writable } from './current-session.ts';
import { limitRate } from './limit-rate.ts';

/** `POST /auth/refresh`: renews what is due or over, and says who is signed in; without a session 401. */
export async function refresh(context: RequestContext, deps: Deps): Promise<Response> {
  const { session: claimed } = await openSession(context.request.headers.get('cookie'), deps);
  if (claimed) await limitRate('/auth/refresh', context, deps, `session ${claimed.sid}`);
  const resolved = await resolveSession(context, deps);
  const { session } = resolved;
  const cookies = writable(context, resolved);
  if (!session) throw new RequestError('UNAUTHENTICATED').with({ cookies });
  return json(publicSession(session), cookies);
}
