import type { Deps } from '../context.ts';
import { absoluteEnd } from '../policy/freshness.ts';
import type { SessionRecord } from '../types/record.ts';
import type { Session } from '../types/session.ts';

type Settings = Pick<Deps, 'settings'>;

/** The session with the token set of a record. What has room in its cookie is computed anew: the record has all claims. */
export const withTokens = (session: Session, generation: number, record: SessionRecord, deps: Settings): Session => {
  const { dropped: _, ...ending } = withEnd(session, record, deps);
  const { claims, tokens } = record;
  return {
    ...ending,
    claims,
    scope: tokens.scope,
    generation,
    tokensIssuedAt: tokens.issuedAt,
    tokensExpireAt: tokens.expiresAt,
    renewable: tokens.refreshToken !== undefined,
  };
};

/** The session with the end that the provider sets, where it sets one. */
export const withEnd = (session: Session, { sessionExpiry }: SessionRecord, { settings }: Settings): Session =>
  sessionExpiry === undefined
    ? session
    : { ...session, absoluteEndsAt: absoluteEnd(session.createdAt, sessionExpiry, settings.session) };
