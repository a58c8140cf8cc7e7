import type { Deps } from '../context.ts';
import { randomText } from '../crypto/random.ts';
import { ProviderError, StoreError } from '../errors.ts';
import { freshness, isDue } from '../policy/freshness.ts';
import { targetKey } from '../policy/target.ts';
import { LEASE_MS, MAX_PAUSE_SECONDS } from '../timing.ts';
import type { Session } from '../types/session.ts';
import { renew } from './attempt.ts';
import type { Denial } from './denied-targets.ts';
import { furtherTarget, furtherToken } from './further-tokens.ts';
import type { Held } from './record-memory.ts';
import { type RenewalContext, renewedRecord } from './renewed-record.ts';
import { withTokens } from './renewed-session.ts';
import { type AccessToken, isGood, isYoung, type TokenDemand, tokenOf } from './wanted-token.ts';

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
  if (held && isGood(current, demand, now)) {
    if (demand.renewsDue !== false) renewDue(held, demand, session, context, deps);
    return accessBy(held, demand, session, deps);
  }
  const { target, refused } = demand;
  const isRefused = current && current.expiresAt > now && current.accessToken === refused;
  if (held && isRefused && deps.refusalGaps.keeps(session.id, target, current, now))
    return accessBy(held, demand, session, deps);
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
  if (renewal.kind === 'held') {
    const token = tokenOf(renewal.record, demand);
    if (token && isRefused && token.accessToken !== refused)
      deps.refusalGaps.replaced(session.id, target, current, token);
    return accessBy(renewal, demand, session, deps);
  }
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

/**
 * A further token that is only due: no request waits for the provider (stale-while-revalidate). One request of this isolate asks
 * for the lease; what comes of it is found by later ones. The token of the sign-in is the business of {@link currentTokens}.
 */
function renewDue(held: Held, demand: TokenDemand, session: Session, context: RenewalContext, deps: Deps): void {
  const { generation, record } = held;
  const target = furtherTarget(demand.target, record);
  const token = target && furtherToken(record, target);
  const now = seconds(deps);
  if (!token || isYoung(token, now) || !isDue(token.issuedAt, token.expiresAt, now)) return;
  const { id } = session;
  if (!record.tokens.refreshToken || deps.deniedTargets.get(id, target)) return;
  if (!deps.singleFlight.mayAsk(`${id} ${targetKey(target)}`, LEASE_MS)) return;
  const attempt = {
    id: randomText(128),
    session: generation > session.generation ? newer(session, held, deps) : session,
  };
  // Gathered, because the answer may be over by the time that there is more to keep the isolate alive for.
  const rest: Promise<unknown>[] = [];
  const behind = { ref: context.ref, waitUntil: (work: Promise<unknown>) => void rest.push(work) };
  const ask = async () => {
    const askedAt = deps.now();
    const answer = await deps.records.checkout(attempt, LEASE_MS, behind.waitUntil);
    if (answer.kind === 'fresh') deps.recordMemory.keep(id, answer, askedAt);
    if (answer.kind === 'yours') await renew(attempt, answer.record, behind, deps, target);
  };
  // The token lives, and a request that needs another one reports what is wrong.
  const asked = ask().catch(() => {});
  context.waitUntil(asked.then(() => Promise.all(rest)));
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
  if (demand.target) deps.deniedTargets.granted(demand.target);
  if (token.expiresAt > now || isGood(token, demand, now)) return { kind: 'token', token, session: latest };
  return { kind: 'over' };
}

const newer = (session: Session, { generation, record }: Held, deps: Deps): Session =>
  withTokens(session, generation, record, deps);

const seconds = ({ now }: Pick<Deps, 'now'>) => Math.floor(now() / 1000);
