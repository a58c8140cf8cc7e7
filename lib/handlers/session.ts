import type { Deps } from '../context.ts';
import { latestIdleEnd } from '../policy/freshness.ts';
import { json } from '../responses.ts';
import { publicSession } from '../session/public-session.ts';
import type { RequestContext } from '../types/request.ts';
import { prolong, type Resolved, resolveSession, writable } from './current-session.ts';

/** `GET /auth/session`: who is signed in, for the site's browser code. Never a token, and it prolongs nothing. */
export async function session(context: RequestContext, deps: Deps): Promise<Response> {
  // RFC 9110 §9.2.1: HEAD renews nothing
  return shown(await resolveSession(context, deps, { renews: context.request.method !== 'HEAD' }), context);
}

/** `POST /auth/session`: the session stays signed in for the whole idle time from now. A visit moves the idle end more rarely. */
export async function staySignedIn(context: RequestContext, deps: Deps): Promise<Response> {
  const resolved = await resolveSession(context, deps);
  const current = resolved.session;
  const idleEndsAt = current && latestIdleEnd(current, deps.settings.session, Math.floor(deps.now() / 1000));
  if (!idleEndsAt || idleEndsAt <= current.idleEndsAt) return shown(resolved, context);
  return shown(await prolong({ ...current, idleEndsAt }, context, deps), context);
}

const shown = (resolved: Resolved, context: RequestContext) =>
  json(resolved.session ? publicSession(resolved.session) : { user: null }, writable(context, resolved));
