import * as oauth from 'oauth4webapi';
import { asGateError, ProviderError } from '../errors.ts';
import type { Log, RevokeReason } from '../events.ts';
import { sleep } from '../timers.ts';
import type { ProviderSettings, Settings } from '../types/settings.ts';
import { clientAuthentication, clientOf, insecureFor } from './client-auth.ts';
import type { Metadata } from './discovery.ts';
import { retryAfterSeconds } from './failure.ts';
import type { Granted } from './tokens.ts';
import { type Fetch, NO_CONNECTION, within } from './transport.ts';

const REVOKE_TIMEOUT_MS = 2_000;
const PATIENCE_MS = 60_000;

interface Deps {
  readonly settings: Pick<Settings, 'provider'>;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Where the browser ends its session at the provider (OpenID Connect RP-Initiated Logout §2); null when the provider
 * has no such endpoint.
 */
export function endSessionUrl(
  metadata: Metadata,
  client: Pick<ProviderSettings, 'clientId' | 'postLogoutUri'>,
  { idTokenHint, state }: { readonly idTokenHint?: string | undefined; readonly state: string },
): URL | null {
  if (!metadata.end_session_endpoint) return null;
  const url = new URL(metadata.end_session_endpoint);
  if (idTokenHint) url.searchParams.set('id_token_hint', idTokenHint);
  url.searchParams.set('client_id', client.clientId);
  url.searchParams.set('post_logout_redirect_uri', client.postLogoutUri);
  url.searchParams.set('state', state);
  return url;
}

/** What the provider made of a token; `again`: it asks for a wait before it takes it (RFC 7009 §2.2.1). */
type Revocation = 'revoked' | 'unsupported' | { readonly again: ProviderError; readonly waitMs: number };

/**
 * Revokes a token (RFC 7009 §2.1).
 *
 * @throws {ProviderError} when the provider did not take it, and does not say when it would
 */
async function revoke({ hint, token }: Revocable, metadata: Metadata, deps: Deps): Promise<Revocation> {
  if (!metadata.revocation_endpoint) return 'unsupported';
  const authentication = await clientAuthentication(deps.settings.provider, metadata);
  const { status, headers } = await oauth.revocationRequest(
    metadata,
    clientOf(deps.settings.provider),
    authentication,
    token,
    {
      [oauth.customFetch]: within(deps.fetch, REVOKE_TIMEOUT_MS),
      additionalParameters: { token_type_hint: hint },
      ...insecureFor(metadata),
    },
  );
  if (status === 200) return 'revoked';
  const again = new ProviderError('PROVIDER_ERROR', { reason: `revocation answered ${status}` });
  if (status !== 429 && !(status === 503 && headers.has('retry-after'))) throw again;
  return { again, waitMs: retryAfterSeconds(headers, deps.now()) * 1000 };
}

interface Revocable {
  readonly hint: string;
  readonly token: string;
}

/** The refresh token goes first: with it most providers end the access tokens too, and it is the one that lives for months. */
const revocables = ({ refreshToken, accessToken }: Granted): readonly Revocable[] => [
  ...(refreshToken ? [{ hint: 'refresh_token', token: refreshToken }] : []),
  ...(accessToken ? [{ hint: 'access_token', token: accessToken }] : []),
];

interface QuietDeps extends Deps {
  readonly metadata: () => Promise<Metadata>;
  readonly log: Log;
}

/**
 * Revokes behind an answer, best effort: a failure goes to the log. It is repeated once, at once; where the provider asks
 * for a wait, after that, for a minute in all. A provider counts requests by address, so the last of many sign-outs at a
 * time would otherwise keep their tokens.
 *
 * @returns `unreachable` when no connection to the provider was made
 */
export async function revokeQuietly(
  granted: Granted,
  why: RevokeReason,
  ref: string,
  deps: QuietDeps,
): Promise<'reached' | 'unreachable'> {
  const tokens = revocables(granted);
  if (tokens.length === 0) return 'reached';
  const patience = { leftMs: PATIENCE_MS };
  try {
    let outcome: 'revoked' | 'unsupported' = 'revoked';
    for (const token of tokens)
      outcome = await patiently(async () => revoke(token, await deps.metadata(), deps), patience);
    deps.log({ event: 'tokens_revoked', ref, why, outcome });
    return 'reached';
  } catch (error) {
    const { reason } = asGateError(error).details;
    deps.log({ event: 'revocation_failed', ref, why, reason });
    return reason === NO_CONNECTION ? 'unreachable' : 'reached';
  }
}

/** @param patience what is left of the time that may be spent waiting */
async function patiently(once: () => Promise<Revocation>, patience: { leftMs: number }) {
  for (let pauseMs = 0; ; ) {
    const outcome = await once().catch(once);
    if (typeof outcome === 'string') return outcome;
    if (patience.leftMs <= 0) throw outcome.again;
    pauseMs = Math.min(Math.max(outcome.waitMs, 2 * pauseMs), patience.leftMs);
    patience.leftMs -= pauseMs;
    // Later by up to a quarter, so that what was refused together does not come back together.
    const laterMs = pauseMs * (1 + Math.random() / 4);
    await sleep(laterMs);
  }
}
