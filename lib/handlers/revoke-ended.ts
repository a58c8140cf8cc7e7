import type { Deps } from '../context.ts';
import type { EndingCause } from '../events.ts';
import { revokeAndLog } from '../provider/revocation.ts';
import type { EndedSession } from '../types/ended.ts';
import type { RequestContext } from '../types/request.ts';

/**
 * What follows when sessions were ended from outside: the log has it, this isolate knows of it at once, and their refresh
 * tokens are revoked behind the answer.
 */
export function announceEnded(
  ended: readonly EndedSession[],
  cause: EndingCause,
  { ref, waitUntil }: Pick<RequestContext, 'ref' | 'waitUntil'>,
  deps: Pick<Deps, 'endedSessions' | 'provider' | 'log'>,
): void {
  deps.log({ event: 'sessions_ended', ref, cause, sessions: ended.length });
  for (const { id } of ended) deps.endedSessions.ended(id);
  for (const refreshToken of revocableTokens(ended))
    waitUntil(revokeAndLog({ refreshToken }, 'ended_elsewhere', ref, deps));
}

/** The refresh tokens of ended sessions, each once, without those whose grant another living session may hang on. */
export const revocableTokens = (ended: readonly EndedSession[]): ReadonlySet<string> =>
  new Set(ended.flatMap(({ record, sharesGrant }) => (sharesGrant ? [] : (record?.tokens.refreshToken ?? []))));
