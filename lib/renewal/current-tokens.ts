import type { Deps } from '../context.ts';
import { randomText } from '../crypto/random.ts';
import { asGateError, StoreError } from '../errors.ts';
import { freshness } from '../policy/freshness.ts';
import type { Attempt } from '../store/records.ts';
import { LEASE_MS } from '../timing.ts';
import type { RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';
import { renew } from './attempt.ts';
import { renewExpired } from './renew-expired.ts';
import { withTokens } from './renewed-session.ts';

/**
 * What is known of a session's tokens. `current`: as the session names them. `renewed`: the session with newer ones.
 * `gone`: the session is over for every isolate. `withheld`: whether the provider has used the refresh token is unknown,
 * so that the session counts for no further request, but may still be in use elsewhere.
 */
export type Tokens =
  | { readonly kind: 'current' }
  | { readonly kind: 'renewed'; readonly session: Session }
  | { readonly kind: 'gone' }
  | { readonly kind: 'withheld' };

/** What a request needs of a session's tokens. */
export interface TokenRequest {
  /** Asks Redis in any case whether the session lives; without an answer the request is refused. */
  readonly alwaysCheck?: boolean;
  /** `false`: the tokens stay as they are, and the provider is not called. */
  readonly renews?: boolean;
}

const CURRENT: Tokens = { kind: 'current' };
const GONE: Tokens = { kind: 'gone' };

/**
 * The current tokens of a session, renewed when its access token is over. Cookies are not known here: a handler turns the
 * result into `Set-Cookie` and the request's cookie.
 *
 * A session is over when its idle or absolute end has come, its record was removed, or the provider does not renew it any
 * more. While Redis or the provider does not answer, the session lives on as long as its access token does.
 *
 * @throws {StoreError | ProviderError} 503, when the access token is over and a renewal is not possible now
 */
export async function currentTokens(
  session: Session,
  context: RequestContext,
  deps: Deps,
  request: TokenRequest = {},
): Promise<Tokens> {
  const known = knownTokens(session, context, deps, request);
  if (typeof known !== 'string') return known;
  const { alwaysCheck = false, renews = true } = request;
  if (known === 'fresh' || !renews) return checkEnded(session, context, deps, alwaysCheck);
  if (known === 'due') return renewBehind(session, context, deps, alwaysCheck);
  return renewExpired(session, context, deps);
}

/** What {@link currentTokens} tells from memory; otherwise what the session is worth. */
export function knownTokens(
  session: Session,
  { waitUntil }: Pick<RequestContext, 'waitUntil'>,
  { now, endedSessions }: Pick<Deps, 'now' | 'endedSessions'>,
  { alwaysCheck = false, renews = true }: TokenRequest = {},
): Tokens | 'fresh' | 'due' | 'expired' {
  const life = freshness(session, Math.floor(now() / 1000));
  if (life === 'ended' || endedSessions.hasEnded(session.id)) return GONE;
  const isEnough = life === 'fresh' || !renews;
  return isEnough && !alwaysCheck && endedSessions.isKnown(session, waitUntil) ? CURRENT : life;
}

async function checkEnded(
  session: Session,
  context: RequestContext,
  deps: Deps,
  alwaysCheck: boolean,
): Promise<Tokens> {
  const found = await deps.endedSessions.check(session, context.waitUntil, { alwaysCheck });
  if (deps.endedSessions.isFull()) deps.log({ event: 'ended_list_full', ref: context.ref });
  if (found === 'gone') return GONE;
  if (found === 'unknown') deps.log({ event: 'session_check_failed', ref: context.ref });
  if (found === 'unknown' && alwaysCheck) throw new StoreError('a rule with alwaysCheck needs an answer');
  // A session is accepted without an answer for as long as its access token lasts, whether it can be renewed or not.
  if (found === 'unknown' && !session.renewable && deps.now() >= session.tokensExpireAt * 1000)
    throw new StoreError('the session cannot be checked, and its tokens are over');
  return CURRENT;
}

/** Tokens that are only due: one call to Redis, and the renewal after the response. */
async function renewBehind(
  session: Session,
  context: RequestContext,
  deps: Deps,
  alwaysCheck: boolean,
): Promise<Tokens> {
  const attempt: Attempt = { id: randomText(128), session };
  if (!alwaysCheck && deps.endedSessions.isQuiet()) return CURRENT; // Redis is down: the page does not wait for it
  const answer = await deps.records.checkout(attempt, LEASE_MS, context.waitUntil).catch((error: unknown) => {
    deps.log({ event: 'session_check_failed', ref: context.ref, reason: asGateError(error).details.reason });
    if (alwaysCheck) throw error;
    deps.endedSessions.failed();
    return null;
  });
  if (answer?.kind === 'gone' || (answer && !deps.endedSessions.renewed(session.id))) return GONE;
  if (answer?.kind === 'fresh') {
    deps.recordMemory.keep(session.id, answer);
    const newer = withTokens(session, answer.generation, answer.record, deps);
    return freshness(newer, Math.floor(deps.now() / 1000)) === 'ended' ? GONE : { kind: 'renewed', session: newer };
  }
  if (answer?.kind === 'yours') context.waitUntil(renew(attempt, answer.record, context, deps));
  return CURRENT;
}
