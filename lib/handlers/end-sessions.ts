import type { Deps } from '../context.ts';
import { asGateError } from '../errors.ts';
import { type Revoked, revokeAndLog } from '../provider/revocation.ts';
import { clearCookie, cookieNames } from '../session/cookies.ts';
import { clearAllFlows, openFlows } from '../session/login-flow.ts';
import { clearLoopGuard } from '../session/loop-guard.ts';
import type { StoredSession } from '../store/records.ts';
import { withDeadline } from '../timers.ts';
import { REVOKE_WAIT_MS } from '../timing.ts';
import type { EndedSession } from '../types/ended.ts';
import type { RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';
import { revocableTokens } from './revoke-ended.ts';

/**
 * Ends the session that the browser brings, and what its sign-ins under way would become: also a session that was stored a
 * moment ago and whose cookie has not arrived yet.
 *
 * @returns those that had a record
 */
export async function endSessions(
  session: Session | null,
  cookieHeader: string | null,
  context: RequestContext,
  deps: Deps,
): Promise<readonly EndedSession[]> {
  if (session) deps.endedSessions.ended(session.id);
  const [own, begun] = await Promise.allSettled([
    session && deps.records.remove(session),
    endFlows(session, cookieHeader, deps),
  ]);
  const unread = begun.status === 'fulfilled' ? begun.value : [];
  const removals = await Promise.allSettled(unread.map((stored) => deps.records.removeStored(stored)));
  const failed = [own, begun, ...removals].find((result) => result.status === 'rejected');
  if (failed) {
    const { reason } = asGateError(failed.reason).details;
    deps.log({ event: 'record_not_removed', ref: context.ref, reason });
  }
  const ended = [own, ...removals].flatMap((result) =>
    result.status === 'fulfilled' && result.value ? [result.value] : [],
  );
  for (const { id } of ended) deps.endedSessions.ended(id);
  return ended;
}

/** `Set-Cookie` values after a sign-out: nothing of the gate is left in the browser. */
export const signedOutCookies = (cookieHeader: string | null, deps: Deps): readonly string[] => [
  clearCookie(deps.settings, cookieNames(deps.settings).session),
  clearLoopGuard(deps),
  ...clearAllFlows(cookieHeader, deps),
];

/** Those whose session has not reached the browser yet. */
async function endFlows(
  session: Session | null,
  cookieHeader: string | null,
  deps: Deps,
): Promise<readonly StoredSession[]> {
  const flows = await openFlows(cookieHeader, deps);
  const browser = session?.browser ?? flows[0]?.browser;
  return browser === undefined ? [] : deps.flows.end(browser, flows);
}

/**
 * The person waits for the provider two seconds at most; what is not done by then goes on after the response.
 *
 * @returns whether the provider is known to be unreachable
 */
export async function revokeWithin(
  ended: readonly EndedSession[],
  context: RequestContext,
  deps: Deps,
): Promise<boolean> {
  const revocation = Promise.all(
    Array.from(revocableTokens(ended), (refreshToken) =>
      revokeAndLog({ refreshToken }, 'signed_out', context.ref, deps),
    ),
  );
  context.waitUntil(revocation);
  // A provider that takes longer may be reachable.
  const outcomes = await withDeadline<readonly Revoked[]>(revocation, REVOKE_WAIT_MS, () => []);
  return outcomes.some((outcome) => outcome.kind === 'failed' && outcome.isUnreachable);
}
