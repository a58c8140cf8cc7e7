import type { Deps } from '../context.ts';
import { GateError, RequestError } from '../errors.ts';
import { isPrefetch } from '../next/request-kind.ts';
import { prolongedIdleEnd } from '../policy/freshness.ts';
import { alwaysChecks, openness, rulesFor } from '../policy/rules.ts';
import { upstreamReadings } from '../policy/upstream-path.ts';
import { upstreamFor } from '../policy/upstreams.ts';
import { sealSession } from '../session/session-cookie.ts';
import { retry } from '../store/retry.ts';
import { BEST_EFFORT_MS } from '../timing.ts';
import type { Answer, RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';
import { given, type Resolved, rememberedSession, resolveSession, writable } from './current-session.ts';
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
  const applicable = rulesFor(deps.rules, judged, context.request.method);
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
  // In place of the cookie of a renewal, if there was one.
  const moved = given(await sealSession(prolonged, seconds(deps), deps), context, deps);
  // An idle end that no cookie carries to the browser has not moved. Best effort: the next renewal moves the record's end too.
  if (writable(context, moved).length > 0)
    context.waitUntil(retry(() => deps.records.prolong(prolonged), BEST_EFFORT_MS, deps.now));
  return letThrough(moved, VARIED);
}

const seconds = ({ now }: Pick<Deps, 'now'>) => Math.floor(now() / 1000);

/** The session with the idle end that this activity moves, when it moves it far enough; a prefetch is no activity. */
function prolongedSession({ session }: Resolved, { request }: RequestContext, deps: Deps): Session | null {
  const idleEndsAt = session && prolongedIdleEnd(session, deps.settings.session, seconds(deps));
  return idleEndsAt && !isPrefetch(request.headers) ? { ...session, idleEndsAt } : null;
}
