import type { Deps } from '../context.ts';
import { confirmLogoutPage } from '../pages/confirm-logout.ts';
import { viewOf } from '../pages/look.ts';
import { page } from '../responses.ts';
import { openSession } from '../session/session-cookie.ts';
import type { RequestContext } from '../types/request.ts';
import { CONTINUE, resumeLogout } from './after-logout.ts';

/** `GET /auth/logout`: a page with a button, because a prefetch or an `<img>` must not end a session. */
export async function confirmLogout(context: RequestContext, deps: Deps): Promise<Response> {
  const reference = context.url.searchParams.get(CONTINUE);
  if (reference !== null && context.request.method !== 'HEAD') return resumeLogout(reference, context, deps);
  const { session } = await openSession(context.request.headers.get('cookie'), deps);
  const name = session?.claims.name;
  return page(viewOf(context, deps.look), (frame) =>
    confirmLogoutPage({ ...frame, ...(typeof name === 'string' && { name }) }),
  );
}
