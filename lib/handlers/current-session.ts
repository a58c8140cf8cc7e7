import type { Deps } from '../context.ts';
import { isByScript, isPrefetch, isSubresource } from '../next/request-kind.ts';
import { isBuildPath } from '../next/served-paths.ts';
import { callsAction } from '../next/server-action.ts';
import { currentTokens, knownTokens, type TokenRequest } from '../renewal/current-tokens.ts';
import { clearCookie, cookieNames, withoutCookie } from '../session/cookies.ts';
import { findSession, openSession, type SealedSession, sealSession } from '../session/session-cookie.ts';
import { retry } from '../store/retry.ts';
import { BEST_EFFORT_MS } from '../timing.ts';
import type { RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';

/** The session of a request, after everything that can end or renew it was looked at. */
export interface Resolved {
  readonly session: Session | null;
  /** `Set-Cookie` values that the answer should carry. */
  readonly cookies: readonly string[];
  /** The `Cookie` header for the site, when it must not see the one that was sent. */
  readonly requestCookie?: string;
}

/**
 * The session of a request, or null: the adapter between the tokens of a session and its cookie.
 *
 * @throws {StoreError | ProviderError} 503; see {@link currentTokens}
 */
export async function resolveSession(
  context: RequestContext,
  deps: Deps,
  request: TokenRequest = {},
): Promise<Resolved> {
  const { session, stale } = await openSession(context.request.headers.get('cookie'), deps);
  if (stale) return forget(context, deps);
  if (session === null) return { session, cookies: [] };
  const tokens = await currentTokens(session, context, deps, request);
  if (tokens.kind === 'current') return { session, cookies: [] };
  if (tokens.kind === 'withheld') return withhold(context, deps);
  if (tokens.kind === 'gone') return forget(context, deps);
  return adopt(tokens.session, context, deps);
}

/**
 * What {@link resolveSession} tells of a session that is remembered and with which nothing is to be done; otherwise null. Nearly
 * every request is decided by this, and Next keeps so much asynchronous storage that the promises of the other way cost more
 * than all that is done on it.
 */
export function rememberedSession(context: RequestContext, deps: Deps, tokens: TokenRequest): Resolved | null {
  const found = findSession(context.request.headers.get('cookie'), deps);
  if (typeof found === 'string' || found.session === null) return null;
  const { session } = found;
  const known = knownTokens(session, context, deps, tokens);
  return typeof known !== 'string' && known.kind === 'current' ? { session, cookies: [] } : null;
}

/**
 * The cookies that an answer may carry: none on a prefetch, which is speculative; none on what a page is made
 * of (images, styles, scripts); and none below `/_next/`, where Next's image optimizer writes a `Cache-Control` of its own
 * over ours and a cache would hand them out. A cookie that is over is not deleted by the answer to a script: Next hides
 * whether that is its own prefetch, it may come after the cookie of a new session, and the next document does it.
 */
export function writable({ request, pathname }: RequestContext, { session, cookies }: Resolved): readonly string[] {
  if (cookies.length === 0) return cookies; // as nearly always, and headers are slow to read on the Edge
  const { headers } = request;
  const byScript = isByScript(headers);
  if (isPrefetch(headers) || isBuildPath(pathname) || (isSubresource(headers) && !byScript)) return [];
  if (session === null && byScript && !callsAction(headers)) return [];
  return cookies;
}

/**
 * Takes over a renewed session. The site sees it in this very request: Next shows it the cookies that came, and those are
 * over.
 */
export async function adopt(renewed: Session, context: RequestContext, deps: Deps): Promise<Resolved> {
  if (!deps.endedSessions.renewed(renewed.id)) return forget(context, deps); // signed out while this answer was on its way
  const waitedMs = deps.now() - context.startedAt;
  const sealed = await sealSession(renewed, Math.floor(deps.now() / 1000), deps);
  const { generation } = renewed;
  deps.log({ event: 'renewal_adopted', ref: context.ref, generation, waitedMs, droppedClaims: sealed.dropped });
  return given(sealed, context, deps);
}

/**
 * A session whose idle end has moved: its cookie, in place of that of a renewal, and behind the answer the end of its record. Best
 * effort: the next renewal moves the record's end too. An idle end that no cookie carries to the browser has not moved.
 */
export async function prolong(prolonged: Session, context: RequestContext, deps: Deps): Promise<Resolved> {
  const moved = given(await sealSession(prolonged, Math.floor(deps.now() / 1000), deps), context, deps);
  if (writable(context, moved).length > 0)
    context.waitUntil(retry(() => deps.records.prolong(prolonged), BEST_EFFORT_MS, deps.now));
  return moved;
}

/** A session in a new cookie: for the browser, and for the site in this very request. */
export function given(
  { session, setCookie }: SealedSession,
  context: RequestContext,
  { settings }: Pick<Deps, 'settings'>,
): Resolved {
  const [pair = ''] = setCookie.split(';');
  const others = withoutCookie(context.request.headers.get('cookie'), cookieNames(settings).session);
  return { session, cookies: [setCookie], requestCookie: others ? `${others}; ${pair}` : pair };
}

export const withhold = (context: RequestContext, { settings }: Pick<Deps, 'settings'>): Resolved => ({
  session: null,
  cookies: [],
  requestCookie: withoutCookie(context.request.headers.get('cookie'), cookieNames(settings).session),
});

export const forget = (context: RequestContext, deps: Pick<Deps, 'settings'>): Resolved => ({
  ...withhold(context, deps),
  cookies: [clearCookie(deps.settings, cookieNames(deps.settings).session)],
});
