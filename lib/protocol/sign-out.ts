import * as oauth from 'oauth4webapi';
import { asGateError, ProviderError } from '../errors';
import type { Log, RevokeReason } from '../events';
import type { Config } from '../types';
import { clientAuthentication, clientOf, insecureFor } from './client';
import type { Metadata } from './discovery';
import type { Granted } from './tokens';
import { type Fetch, within } from './transport';

const REVOKE_TIMEOUT_MS = 2_000;

interface Deps {
  readonly config: Config;
  readonly fetch: Fetch;
}

/**
 * Where the browser ends its session at the provider (OpenID Connect RP-Initiated Logout §2); null when the provider
 * has no such endpoint.
 */
export function endSessionUrl(
  metadata: Metadata,
  config: Config,
  { idTokenHint, state }: { readonly idTokenHint?: string | undefined; readonly state: string },
): URL | null {
  if (!metadata.end_session_endpoint) return null;
  const url = new URL(metadata.end_session_endpoint);
  if (idTokenHint) url.searchParams.set('id_token_hint', idTokenHint);
  url.searchParams.set('client_id', config.clientId);
  url.searchParams.set('post_logout_redirect_uri', config.postLogoutUri);
  url.searchParams.set('state', state);
  return url;
}

/**
 * Revokes what was granted (RFC 7009 §2.1). The refresh token goes first: with it most providers end the access tokens
 * too, and it is the one that lives for months.
 *
 * @returns `unsupported` when the provider has no revocation endpoint
 * @throws {ProviderError} when the provider did not take it
 */
export async function revoke(granted: Granted, metadata: Metadata, deps: Deps): Promise<'revoked' | 'unsupported'> {
  if (!metadata.revocation_endpoint) return 'unsupported';
  const authentication = await clientAuthentication(deps.config, metadata);
  const tokens = { refresh_token: granted.refreshToken, access_token: granted.accessToken };
  for (const [token_type_hint, token] of Object.entries(tokens)) {
    if (!token) continue;
    const response = await oauth.revocationRequest(metadata, clientOf(deps.config), authentication, token, {
      [oauth.customFetch]: within(deps.fetch, REVOKE_TIMEOUT_MS),
      additionalParameters: { token_type_hint },
      ...insecureFor(metadata),
    });
    if (response.status !== 200)
      throw new ProviderError('PROVIDER_ERROR', { reason: `revocation answered ${response.status}` });
  }
  return 'revoked';
}

interface QuietDeps extends Deps {
  readonly metadata: () => Promise<Metadata>;
  readonly log: Log;
}

/**
 * Revokes for nobody who waits: tries twice, and tells the log instead of the person when the provider will not have it.
 */
export async function revokeQuietly(granted: Granted, why: RevokeReason, ref: string, deps: QuietDeps): Promise<void> {
  if (!granted.refreshToken && !granted.accessToken) return;
  const attempt = async () => revoke(granted, await deps.metadata(), deps);
  try {
    const outcome = await attempt().catch(attempt);
    deps.log({ event: 'tokens_revoked', ref, why, outcome });
  } catch (error) {
    deps.log({ event: 'revocation_failed', ref, why, reason: asGateError(error).details.reason });
  }
}
