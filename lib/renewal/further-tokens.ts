import { MAX_TARGETS, targetKey, wordsOf } from '../policy/target.ts';
import { RENEWAL_GAP_SECONDS } from '../timing.ts';
import type { FurtherToken, SessionRecord, Target } from '../types/record.ts';

/**
 * The target that a session needs a further token for; undefined where the token of the sign-in is the one that is wanted: for
 * an empty target, and for a scope alone that is all that the session was granted. A part of the granted scope is a target of
 * its own: the API that is called with such a token can do no more than that with it (least privilege).
 */
export function furtherTarget(target: Target | undefined, { tokens }: SessionRecord): Target | undefined {
  if (!target || targetKey(target) === targetKey({})) return undefined;
  return !target.resource && wordsOf(target.scope) === wordsOf(tokens.scope) ? undefined : target;
}

export const furtherToken = ({ further = [] }: SessionRecord, target: Target): FurtherToken | undefined =>
  further.find((token) => targetKey(token.target) === targetKey(target));

/**
 * How many seconds a new target has to wait for a place: none of the tokens that are kept is younger than ten seconds when it goes,
 * or more targets in turn than there are places would make each request ask the provider.
 */
export function waitForPlace({ further = [] }: SessionRecord, target: Target, now: number): number {
  const others = further.filter((token) => token.expiresAt > now && targetKey(token.target) !== targetKey(target));
  const [oldest] = others;
  return oldest && others.length >= MAX_TARGETS ? Math.max(oldest.issuedAt + RENEWAL_GAP_SECONDS - now, 0) : 0;
}

/** The record after a plain renewal: further tokens live on as they are, and those that are over go. */
export function withLiving(record: SessionRecord, now: number): SessionRecord {
  const { further = [], ...rest } = record;
  const living = further.filter(({ expiresAt }) => expiresAt > now);
  return living.length > 0 ? { ...rest, further: living } : rest;
}

/**
 * The record with a token for a target. Of the answer it takes this token and the refresh token; those of the sign-in stay.
 *
 * @param answered the record as a plain renewal would leave it
 */
export function withFurther(
  { tokens, further = [] }: SessionRecord,
  answered: SessionRecord,
  target: Target,
  now: number,
): SessionRecord {
  const { accessToken, tokenType, refreshToken, scope, issuedAt, expiresAt } = answered.tokens;
  const others = further.filter((token) => targetKey(token.target) !== targetKey(target));
  const { further: living = [], ...rest } = withLiving({ ...answered, further: others }, now);
  const added = { target, accessToken, ...(tokenType && { tokenType }), scope, issuedAt, expiresAt };
  return {
    ...rest,
    tokens: { ...tokens, ...(refreshToken !== undefined && { refreshToken }) },
    further: [...living, added].slice(-MAX_TARGETS),
  };
}
