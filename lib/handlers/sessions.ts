import type { Deps } from '../context.ts';
import { asGateError, RequestError } from '../errors.ts';
import { requestKind } from '../next/request-kind.ts';
import { pathOnSite, returnTo } from '../policy/return-to.ts';
import { alwaysChecks, rulesOfRoute } from '../policy/rules.ts';
import type { TokenRequest } from '../renewal/current-tokens.ts';
import { json, seeOther } from '../responses.ts';
import { SESSIONS } from '../routes.ts';
import { deviceSessions } from '../session/public-session.ts';
import { personOf } from '../store/index-keys.ts';
import type { EndedSession } from '../types/ended.ts';
import type { RequestContext } from '../types/request.ts';
import type { DeviceSession, Session } from '../types/session.ts';
import { afterForm } from './ask-to-sign-in.ts';
import { type AskedEnding, askedEnding } from './asked-ending.ts';
import { resolveSession, writable } from './current-session.ts';
import { endSessions, revokeWithin, signedOutCookies } from './end-sessions.ts';
import { refuse } from './refuse-access.ts';
import { announceEnded } from './revoke-ended.ts';

/** A session that meets the rules of the route, and the `Set-Cookie` values that belong to it. */
interface Admitted {
  readonly session: Session;
  readonly cookies: readonly string[];
}

/** `GET /auth/sessions`: where the person is signed in. One call to Redis beyond what the session itself costs. */
export async function sessions(context: RequestContext, deps: Deps): Promise<Response> {
  const admitted = await admit(context, deps, { renews: context.request.method !== 'HEAD' });
  if (admitted instanceof Response) return admitted;
  const { session, cookies } = admitted;
  const list = await listed(session, deps).catch(carrying(cookies));
  // Redis knows better than this isolate: the session was ended elsewhere a moment ago.
  if (!list.some(({ current }) => current)) await admit(context, deps, { alwaysCheck: true, renews: false });
  return json({ sessions: list }, cookies);
}

/**
 * `POST /auth/sessions`: ends sessions of the person. Redis is asked first whether the one that asks still lives: what was
 * signed out a moment ago, on a stolen device perhaps, must not sign out the others.
 */
export async function endListed(context: RequestContext, deps: Deps): Promise<Response> {
  const admitted = await admit(context, deps, { alwaysCheck: true });
  if (admitted instanceof Response) return admitted;
  const { session } = admitted;
  const asked = await askedEnding(context.request);
  const ended = await endAsked(asked, session, deps).catch(carrying(admitted.cookies));
  if (ended.length > 0) announceEnded(ended, 'session_list', context, deps);
  const isOwn = asked === 'all' || ended.some(({ id }) => id === session.id);
  const cookies = isOwn ? await leave(session, context, deps) : admitted.cookies;
  if (requestKind(context.request) === 'form') return backToPage(isOwn, cookies, context, deps);
  return json({ sessions: asked === 'all' ? [] : await listed(session, deps).catch(carrying(cookies)) }, cookies);
}

/** @throws {RequestError} `UNAUTHENTICATED`, `FORBIDDEN`, `STEP_UP_REQUIRED` */
async function admit(context: RequestContext, deps: Deps, request: TokenRequest): Promise<Admitted | Response> {
  const { method } = context.request;
  const applicable = rulesOfRoute(deps.rules, SESSIONS, method);
  const resolved = await resolveSession(
    context,
    deps,
    alwaysChecks(applicable) ? { ...request, alwaysCheck: true } : request,
  );
  const { session } = resolved;
  const cookies = writable(context, resolved);
  // No page, so that a sign-in could not lead back to it.
  if (session === null && method !== 'POST') throw new RequestError('UNAUTHENTICATED').with({ cookies });
  const refusal = refuse(applicable, resolved, context, deps);
  if (refusal) return refusal;
  if (session === null) throw new RequestError('UNAUTHENTICATED').with({ cookies });
  return { session, cookies };
}

const listed = async (session: Session, { sessionIndex, settings }: Deps): Promise<readonly DeviceSession[]> =>
  deviceSessions(await sessionIndex.list(personOf(session, settings.provider)), session.id);

/** @throws {RequestError} `NO_SUCH_SESSION`, also for a session of another person, and then nothing has changed */
async function endAsked(
  asked: AskedEnding,
  session: Session,
  { sessionIndex, settings }: Deps,
): Promise<readonly EndedSession[]> {
  const person = personOf(session, settings.provider);
  if (typeof asked === 'string') return sessionIndex.endAll(person, asked === 'others' ? { except: session.id } : {});
  const ended = await sessionIndex.endOne(person, asked.id);
  if (ended === null) throw new RequestError('NO_SUCH_SESSION');
  return [ended];
}

/** The browser ended its own session: as a sign-out does it, sign-ins of it that are under way end too. */
async function leave(session: Session, context: RequestContext, deps: Deps): Promise<readonly string[]> {
  const cookieHeader = context.request.headers.get('cookie');
  const begun = await endSessions(session, cookieHeader, context, deps);
  context.waitUntil(revokeWithin(begun, context, deps));
  return signedOutCookies(cookieHeader, deps);
}

/** To the page with the form; without a session that page leads on to the provider. */
function backToPage(isOwn: boolean, cookies: readonly string[], context: RequestContext, deps: Deps): Response {
  const { request, basePath } = context;
  const { canonicalOrigin } = deps.settings.site;
  const referer = pathOnSite(request.headers.get('referer'), canonicalOrigin);
  const page = new URL(returnTo(referer, canonicalOrigin, basePath), canonicalOrigin);
  return isOwn ? afterForm(page, 'signedOutHere', cookies, context, deps) : seeOther(page, cookies);
}

/** A failure that carries the cookies: a renewed session is not lost by it, and an ended one not kept. */
const carrying =
  (cookies: readonly string[]) =>
  (error: unknown): never => {
    throw asGateError(error).with({ cookies });
  };
