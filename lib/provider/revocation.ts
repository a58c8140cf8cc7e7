import { asGateError } from '../errors.ts';
import type { Log, RevokeReason } from '../events.ts';
import type { Metadata } from '../protocol/discovery.ts';
import { type Revocation, revoke, type SignOutDeps } from '../protocol/sign-out.ts';
import type { Granted } from '../protocol/tokens.ts';
import { NO_CONNECTION } from '../protocol/transport.ts';
import { sleep } from '../timers.ts';
import { REVOKE_PATIENCE_MS } from '../timing.ts';

/** What became of tokens that were to be revoked. `none`: there were none. */
export type Revoked =
  | { readonly kind: 'none' | 'revoked' | 'unsupported' }
  | { readonly kind: 'failed'; readonly reason: string | undefined; readonly isUnreachable: boolean };

/** The refresh token goes first: with it most providers end the access tokens too, and it is the one that lives for months. */
const revocables = ({ refreshToken, accessToken }: Granted) => [
  ...(refreshToken ? [{ hint: 'refresh_token', token: refreshToken }] : []),
  ...(accessToken ? [{ hint: 'access_token', token: accessToken }] : []),
];

/**
 * Revokes tokens, best effort. A failure is repeated once, at once; where the provider asks for a wait, after that, for a
 * minute in all. A provider counts requests by address, so the last of many sign-outs at a time would otherwise keep their
 * tokens.
 */
export async function revokeTokens(
  granted: Granted,
  metadata: () => Promise<Metadata>,
  deps: SignOutDeps,
): Promise<Revoked> {
  const patience = { leftMs: REVOKE_PATIENCE_MS };
  try {
    let kind: 'none' | 'revoked' | 'unsupported' = 'none';
    for (const token of revocables(granted)) {
      const outcome = await patiently(async () => revoke(token, await metadata(), deps), patience);
      if (kind !== 'revoked') kind = outcome;
    }
    return { kind };
  } catch (error) {
    const { reason } = asGateError(error).details;
    return { kind: 'failed', reason, isUnreachable: reason === NO_CONNECTION };
  }
}

/** @param patience what is left of the time that may be spent waiting */
async function patiently(once: () => Promise<Revocation>, patience: { leftMs: number }) {
  for (let pauseMs = 0; ; ) {
    const outcome = await once().catch(once);
    if (typeof outcome === 'string') return outcome;
    if (patience.leftMs <= 0) throw outcome.failure;
    pauseMs = Math.min(Math.max(outcome.waitMs, 2 * pauseMs), patience.leftMs);
    patience.leftMs -= pauseMs;
    // Later by up to a quarter, so that what was refused together does not come back together.
    const laterMs = pauseMs * (1 + Math.random() / 4);
    await sleep(laterMs);
  }
}

interface LoggingDeps {
  readonly provider: { revoke(granted: Granted): Promise<Revoked> };
  readonly log: Log;
}

/** Revokes behind an answer; what became of it goes to the log. */
export async function revokeAndLog(
  granted: Granted,
  why: RevokeReason,
  ref: string,
  { provider, log }: LoggingDeps,
): Promise<Revoked> {
  const revoked = await provider.revoke(granted);
  if (revoked.kind === 'failed') log({ event: 'revocation_failed', ref, why, reason: revoked.reason });
  else if (revoked.kind !== 'none') log({ event: 'tokens_revoked', ref, why, outcome: revoked.kind });
  return revoked;
}
