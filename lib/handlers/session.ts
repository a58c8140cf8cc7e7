import type { Deps } from '../context.ts';
import { json } from '../responses.ts';
import { publicSession } from '../session/public-session.ts';
import type { RequestContext } from '../types/request.ts';
import { resolveSession, writable } from './current-session.ts';

/** `GET /auth/session`: who is signed in, for the site's browser code. Never a token, and it prolongs nothing. */
export async function session(context: RequestContext, deps: Deps): Promise<Response> {
  // RFC 9110 §9.2.1: HEAD renews nothing
  const resolved = await resolveSession(context, deps, { renews: context.request.method !== 'HEAD' });
  return json(resolved.session ? publicSession(resolved.session) : { user: null }, writable(context, resolved));
}
