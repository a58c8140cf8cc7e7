import type { Deps } from '../context.ts';
import { ProviderError, StoreError } from '../errors.ts';
import { freshness } from '../policy/freshness.ts';
import { MAX_PAUSE_SECONDS } from '../timing.ts';
import type { Session } from '../types/session.ts';
import type { Denial } from './denied-targets.ts';
import type { Held } from './record-memory.ts';
import { type RenewalContext, renewedRecord } from './renewed-record.ts';
import { withTokens } from './renewed-session.ts';
import { type AccessToken, isGood, type TokenDemand, tokenOf } from './wanted-token.ts';

export type { AccessToken, TokenDemand } from './wanted-token.ts';

/**
 * An access token of a session, or why there is none. `gone`: the session is over. `withheld`: as in `Tokens`. `over`: the
 * access token is over and cannot be renewed, so that only a new sign-in brings another. `denied`: the provider gives none for
 * this target. With a token comes the session, newer than it was if its tokens were renewed.
 */
export type Access =
  | { readonly kind: 'token'; readonly token: AccessToken; readonly session: Session }
  | { readonly kind: 'gone' | 'withheld' | 'over' }
  | Denial;

/**
 * A valid access token of a session; one call to Redis, and none where this isolate has seen the token. A token that is over,
 * refused or missing is asked of the provider, once for all requests of all isolates. While a token lives that is less than what
 * is asked for, it is the answer to every failure to get a better one.
 *
 * @param session as {@link currentTokens} left it
 * @throws {StoreError | ProviderError} 503, when a token is needed and cannot be had now
 */
export async function accessToken(
  session: Session,
  demand: TokenDemand,
  context: RenewalContext,
  deps: Deps,
): Promise<Access> {
  const held = await heldRecord(session, demand, deps);
  if (held === null) return { kind: 'gone' };
  const now = seconds(deps);
  const current = held && tokenOf(held.record, demand);
  if (held && isGood(current, demand, now)) return accessBy(held, demand, session, deps);
  if (held && !held.record.tokens.refreshToken) return accessBy(held, demand, session, deps);
  const fallback = held && current && current.expiresAt > now ? accessBy(held, demand, session, deps) : undefined;
  // An upstream that refuses a token may have taken its time for it.
  const { ref, startedAt, waitUntil } = context;
  const since = { ref, waitUntil, startedAt: demand.refused === undefined ? startedAt : deps.now() };
  const from = held && held.generation > session.generation ? newer(session, held, deps) : session;
  const renewal = await renewedRecord(from, demand, since, deps).catch((error: unknown) => {
    if (fallback) return fallback;
    throw error;
  });
  if (renewal.kind === 'held') return accessBy(renewal, demand, session, deps);
  if (renewal.kind === 'token' || renewal.kind === 'gone') return renewal;
  if (fallback || renewal.kind === 'denied') return fallback ?? renewal;
  const leftSeconds = (held?.record.tokens.expiresAt ?? 0) - now;
  if (leftSeconds <= 0) return { kind: 'withheld' };
  // The session lives as long as the token of its sign-in does, and has no other by then.
  const retryAfterSeconds = Math.min(leftSeconds, MAX_PAUSE_SECONDS);
  throw new ProviderError('PROVIDER_UNAVAILABLE', { reason: 'an earlier renewal was lost', retryAfterSeconds });
}

/**
 * What is remembered or stored of a session; null when it is over, undefined where only a renewal can help.
 *
 * @throws {StoreError}
 */
export async function heldRecord(
  session: Session,
  { target, since = 0 }: TokenDemand,
  deps: Deps,
): Promise<Held | null | undefined> {
  const { endedSessions, recordMemory, records, now } = deps;
  const { id, generation } = session;
  if (endedSessions.hasEnded(id)) return null;
  const known = recordMemory.get(id, since);
  if (known && known.generation >= generation) return known;
  if (!target && freshness(session, seconds(deps)) === 'expired') return undefined; // the renewal asks Redis too
  if (endedSessions.isQuiet()) throw new StoreError('no access token while Redis is down');
  const askedAt = now();
  const held = await records.peek(session).catch((error: unknown) => {
    endedSessions.failed();
    throw error;
  });
  if (!held || !endedSessions.renewed(id)) {
    recordMemory.forget(id);
    return null;
  }
  recordMemory.keep(id, held, askedAt);
  return held;
}

/** What a record has for a demand, where nothing better is to be had. */
function accessBy(held: Held, demand: TokenDemand, session: Session, deps: Deps): Access {
  const { generation, record } = held;
  const now = seconds(deps);
  const isChanged = generation > session.generation && record.tokens.issuedAt !== session.tokensIssuedAt;
  const latest = isChanged ? newer(session, held, deps) : session;
  if (freshness(latest, now) === 'ended') return { kind: 'gone' };
  const token = tokenOf(record, demand);
  // A new sign-in would bring a session without a refresh token again.
  if (!token) return { kind: 'denied', reason: 'the session has no refresh token; see SSO_SCOPE' };
  if (token.expiresAt > now || isGood(token, demand, now)) return { kind: 'token', token, session: latest };
  return { kind: 'over' };
}

const newer = (session: Session, { generation, record }: Held, deps: Deps): Session =>
  withTokens(session, generation, record, deps);

const seconds = ({ now }: Pick<Deps, 'now'>) => Math.floor(now() / 1000);
