import { asGateError } from '../errors.ts';
import type { Metadata } from '../protocol/discovery.ts';
import {
  type Presented,
  presentRefreshToken,
  type RefreshDeps,
  type Renewed,
  readRefresh,
} from '../protocol/refresh.ts';
import type { Granted } from '../protocol/tokens.ts';
import { METADATA_BACKOFF_MS } from '../timing.ts';
import type { SessionRecord, Target } from '../types/record.ts';

/**
 * What came of a refresh token. `denied`: the provider gives no token for the target, and has not used the refresh token.
 * `refused`: the answer is about another person, or cannot be used; what it granted is revoked. The others are those of
 * {@link Presented}.
 */
export type Refreshed =
  | ({ readonly kind: 'renewed' } & Renewed)
  | { readonly kind: 'denied'; readonly reason: string; readonly error: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly granted: Granted }
  | Exclude<Presented, { readonly kind: 'granted' }>;

/**
 * Presents a refresh token once, and reads the answer. Never throws.
 *
 * @param target what a further access token is asked for (RFC 8707 §2.2, RFC 6749 §6)
 */
export async function refreshTokens(
  refreshToken: string,
  before: SessionRecord,
  metadata: () => Promise<Metadata>,
  deps: RefreshDeps,
  target?: Target,
): Promise<Refreshed> {
  let known: Metadata;
  try {
    known = await metadata();
  } catch (error) {
    return { kind: 'unused', reason: asGateError(error).code, backoffMs: METADATA_BACKOFF_MS, pauseMs: null };
  }
  // Signed in before `require` was set: its tokens are bound to no key, and a new sign-in binds them.
  if (deps.client.dpop === 'require' && !before.dpopKey) return { kind: 'refused', reason: UNBOUND, granted: {} };
  const presented = await presentRefreshToken(refreshToken, before, known, deps, target);
  if (target && presented.kind === 'ended') {
    const { error, reason } = presented;
    if (error !== undefined && error !== 'invalid_grant') return { kind: 'denied', reason, error };
  }
  if (presented.kind !== 'granted') return presented;
  try {
    return { kind: 'renewed', ...(await readRefresh(presented, before, known, deps, target)) };
  } catch (error) {
    const reason = asGateError(error).details.reason ?? 'unusable answer';
    return { kind: 'refused', reason, granted: presented.granted };
  }
}

const UNBOUND = 'signed in without DPoP; see SSO_DPOP';
