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
import type { SessionRecord } from '../types/record.ts';

/**
 * What came of a refresh token. `refused`: the answer is about another person, or cannot be used; what it granted is
 * revoked. The others are those of {@link Presented}.
 */
export type Refreshed =
  | ({ readonly kind: 'renewed' } & Renewed)
  | { readonly kind: 'refused'; readonly reason: string; readonly granted: Granted }
  | Exclude<Presented, { readonly kind: 'granted' }>;

/** Presents a refresh token once, and reads the answer. Never throws. */
export async function refreshTokens(
  refreshToken: string,
  before: SessionRecord,
  metadata: () => Promise<Metadata>,
  deps: RefreshDeps,
): Promise<Refreshed> {
  let known: Metadata;
  try {
    known = await metadata();
  } catch (error) {
    return { kind: 'unused', reason: asGateError(error).code, backoffMs: METADATA_BACKOFF_MS, pauseMs: null };
  }
  // Signed in before `require` was set: its tokens are bound to no key, and a new sign-in binds them.
  if (deps.client.dpop === 'require' && !before.dpopKey) return { kind: 'refused', reason: UNBOUND, granted: {} };
  const presented = await presentRefreshToken(refreshToken, before, known, deps);
  if (presented.kind !== 'granted') return presented;
  try {
    return { kind: 'renewed', ...(await readRefresh(presented, before, known, deps)) };
  } catch (error) {
    const reason = asGateError(error).details.reason ?? 'unusable answer';
    return { kind: 'refused', reason, granted: presented.granted };
  }
}

const UNBOUND = 'signed in without DPoP; see SSO_DPOP';
