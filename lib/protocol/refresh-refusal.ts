import { MAX_PAUSE_MS, MAX_PAUSE_SECONDS, RENEWAL_BACKOFF_MS } from '../timing.ts';
import { readRefusal, retryAfterSeconds } from './failure.ts';
import type { Presented } from './refresh.ts';

/** A status says more than a word with it: what a server in trouble says of a grant is not believed. */
export async function failedRefresh(response: Response, leftMs: number, nowMs: number): Promise<Presented> {
  const { status, headers } = response;
  const { error, reason } = await readRefusal(response);
  const waitMs = Math.min(retryAfterSeconds(headers, nowMs), MAX_PAUSE_SECONDS) * 1000;
  if (status === 429 || status === 503) {
    const asked = status === 429 || headers.has('retry-after');
    return { kind: 'unused', reason, backoffMs: waitMs, pauseMs: asked ? waitMs : 0 };
  }
  if (status === 500 || status === 502) return { kind: 'broken', reason, backoffMs: RENEWAL_BACKOFF_MS, pauseMs: 0 };
  if (status > 500) return { kind: 'unknown', reason, pauseMs: 0, granted: {} };
  const isProof = error === 'invalid_dpop_proof';
  if (error && !isProof) return refusedRefresh(status, error, reason, waitMs);
  // Without a word it may come from what stands in front, after the endpoint has done its work, but for the two that
  // token endpoints answer so themselves. A firewall does too: while the access token lives, nothing is lost by waiting. Nor
  // where a proof is refused: a clock may be set right, but of a key that is refused for good a new sign-in makes another.
  if (!isProof && status !== 400 && status !== 403) return { kind: 'unknown', reason, pauseMs: 0, granted: {} };
  if (leftMs <= 0) return { kind: 'ended', reason, ...(isProof && { error }) };
  return {
    kind: 'unused',
    reason,
    backoffMs: Math.min(Math.max(leftMs, RENEWAL_BACKOFF_MS), MAX_PAUSE_MS),
    pauseMs: 0,
  };
}

/** OAuth errors that say that the grant is gone, whatever the status. Of a token that it has forgotten, a provider may say any. */
const GONE = [
  'invalid_grant',
  'invalid_scope',
  'invalid_request',
  'unauthorized_client',
  'access_denied',
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
];
const CLIENT = ['invalid_client', 'unsupported_grant_type'];
const PASSING = ['temporarily_unavailable', 'server_error', 'slow_down', 'use_dpop_nonce', 'invalid_dpop_proof'];

/**
 * What an OAuth error means for a grant: it is an answer of the token endpoint's own code, which refused before it redeemed
 * anything. A word of the provider's own, with a status that refuses, ends the grant as well: a session that can never be
 * renewed would answer 503 to its end.
 */
export function refusedRefresh(status: number, error: string, reason: string, waitMs: number): Presented {
  // One try a minute of the whole deployment: no other token would be taken either.
  if (CLIENT.includes(error))
    return { kind: 'unused', reason, backoffMs: MAX_PAUSE_MS, pauseMs: MAX_PAUSE_MS, isClient: true };
  const isPassing = PASSING.includes(error);
  if (!isPassing && (GONE.includes(error) || [400, 401, 403].includes(status))) return { kind: 'ended', reason, error };
  if (!isPassing && status < 400) return { kind: 'unknown', reason, pauseMs: 0, granted: {} };
  return { kind: 'unused', reason, backoffMs: Math.max(waitMs, RENEWAL_BACKOFF_MS), pauseMs: 0 };
}
