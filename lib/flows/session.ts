import { json } from '../answers';
import type { Deps } from '../deps';
import { publicView } from '../session/session';
import type { Visit } from '../types';
import { resolveSession, writable } from './renew';

/** `GET /auth/session`: who is signed in, for the site's browser code. Never a token, and it prolongs nothing. */
export async function session(visit: Visit, deps: Deps): Promise<Response> {
  // RFC 9110 §9.2.1: HEAD renews nothing
  const resolved = await resolveSession(visit, deps, { renews: visit.request.method !== 'HEAD' });
  return json(resolved.session ? publicView(resolved.session) : { user: null }, writable(visit, resolved));
}
