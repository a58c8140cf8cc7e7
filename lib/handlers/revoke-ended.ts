import type { Deps } from '../context.ts';
import type { EndingCause } from '../events.ts';
import { revokeAndLog } from '../provider/revocation.ts';
import type { EndedSession } from '../types/ended.ts';
import type { RequestContext } from '../types/request.ts';

/**
 * What follows when sessions were ended from outside: the log has it, this isolate knows of it at once, and their refresh
 * tokens are revoked behind the answer, each once. A token whose grant another living session may hang on is kept.
 */
export function announceEnded(
  ended: readonly EndedSession[],
  cause: EndingCause,
  { ref, waitUntil }: Pick<RequestContext, 'ref' | 'waitUntil'>,
  deps: Pick<Deps, 'endedSessions' | 'provider' | 'log'>,
): void {
  deps.log({ event: 'sessions_ended', ref, cause, sessions: ended.length });
  for (const { id } of ended) deps.endedSessions.ended(id);
  const revocable = ended.flatMap(({ record, sharesGrant }) =>
    sharesGrant ? [] : (record?.tokens.refreshToken ?? []),
  );
  for (const refreshToken of new Set(revocable))
    waitUntil(revokeAndLog({ refreshToken }, 'ended_elsewhere', ref, deps));
}
