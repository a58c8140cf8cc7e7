import type { Deps } from '../context.ts';
import { GateError, RequestError } from '../errors.ts';
import { isPrefetch } from '../next/request-kind.ts';
import { prolongedIdleEnd } from '../policy/freshness.ts';
import { alwaysChecks, openness, rulesFor } from '../policy/rules.ts';
import { upstreamReadings } from '../policy/upstream-path.ts';
import { upstreamFor } from '../policy/upstreams.ts';
import type { Answer, RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';
import { prolong, type Resolved, rememberedSession, resolveSession } from './current-session.ts';
import { anonymous, type Headers, passed, VARIED, withHiddenCookies } from './pass-on.ts';
import { proxy } from './proxy.ts';
import { refuse } from './refuse-access.ts';

/**
 * Everything that is not below `/auth/`: lets a request through to the site, or answers in the way that its kind
 * understands.
 *
 * @param readings the canonical readings of the path
 */
export async function protect(context: RequestContext, readings: readonly string[], deps: Deps): Promise<Answer> {
  const upstream = deps.upstreams.length > 0 ? upstreamFor(deps.upstreams, readings) : undefined;
  if (upstream === 'unreadable') throw new RequestError('BAD_PATH');
  const judged = upstream ? upstreamReadings(readings) : readings;
  const applicable = rulesFor(deps.rules, judged, context.request.method, deps.locales);
  const open = openness(applicable);
  // What is the same for all needs no cookie of the gate, and may be a rewrite to another origin.
  const hidden = open === 'public' || applicable.some(({ cookies }) => cookies === 'hidden');
  const letThrough = (resolved: Resolved, headers: Headers) =>
    upstream
      ? proxy(upstream, resolved, headers, context, deps)
      : passed(context, hidden ? withHiddenCookies(resolved, context, deps) : resolved, headers);
  if (open === 'public') return letThrough(anonymous(context, deps), []);
  const request = { alwaysCheck: open === 'closed' && alwaysChecks(applicable) };
  const resolved =
    rememberedSession(context, deps, request) ??
    (await resolveSession(context, deps, request).catch((error: unknown) => {
      if (open === 'optional' && error instanceof GateError) return anonymous(context, deps);
      throw error;
    }));
  const refusal = open === 'closed' ? refuse(applicable, resolved, context, deps) : null;
  if (refusal) return refusal;
  const prolonged = prolongedSession(resolved, context, deps);
  if (prolonged === null) return letThrough(resolved, VARIED);
  return letThrough(await prolong(prolonged, context, deps), VARIED);
}

/** The session with the idle end that this activity moves, when it moves it far enough; a prefetch is no activity. */
function prolongedSession({ session }: Resolved, { request }: RequestContext, deps: Deps): Session | null {
  const idleEndsAt = session && prolongedIdleEnd(session, deps.settings.session, Math.floor(deps.now() / 1000));
  return idleEndsAt && !isPrefetch(request.headers) ? { ...session, idleEndsAt } : null;
}
