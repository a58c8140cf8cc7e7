import * as oauth from 'oauth4webapi';
import { ProviderError } from '../errors.ts';
import { REVOKE_TIMEOUT_MS } from '../timing.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { clientOf, insecureFor, revocationAuthentication } from './client-auth.ts';
import type { Metadata } from './discovery.ts';
import { errorReason, readRefusal, retryAfterSeconds } from './failure.ts';
import { type Fetch, within } from './transport.ts';

export interface SignOutDeps {
  readonly client: ProviderSettings;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Longer ones are cut or refused by browsers, proxies and providers: ID tokens with many groups make them so. */
const MAX_URL_LENGTH = 2_000;

/** What goes with the browser on its way to the end-session endpoint. */
export interface EndSession {
  readonly idTokenHint?: string | undefined;
  readonly state: string;
}

/**
 * Where the browser ends its session at the provider (OpenID Connect RP-Initiated Logout §2); null when the provider
 * has no such endpoint.
 */
export function endSessionUrl(
  metadata: Metadata,
  client: Pick<ProviderSettings, 'clientId' | 'postLogoutUri' | 'endSessionParams'>,
  { idTokenHint, state }: EndSession,
): URL | null {
  if (!metadata.end_session_endpoint) return null;
  const url = new URL(metadata.end_session_endpoint);
  for (const [name, value] of Object.entries(client.endSessionParams))
    url.searchParams.set(
      name,
      value.replaceAll('{post_logout_uri}', () => client.postLogoutUri),
    );
  url.searchParams.set('client_id', client.clientId);
  url.searchParams.set('post_logout_redirect_uri', client.postLogoutUri);
  url.searchParams.set('state', state);
  if (!idTokenHint) return url;
  const hinted = new URL(url);
  hinted.searchParams.set('id_token_hint', idTokenHint);
  return hinted.href.length > MAX_URL_LENGTH ? url : hinted;
}

/** What the provider made of a token; with `waitMs` it asks for a wait before it takes it (RFC 7009 §2.2.1). */
export type Revocation = 'revoked' | 'unsupported' | { readonly failure: ProviderError; readonly waitMs: number };

/** A token, and its kind (RFC 7009 §2.1, `token_type_hint`). */
interface Revocable {
  readonly hint: string;
  readonly token: string;
}

/**
 * Revokes a token (RFC 7009 §2.1).
 *
 * @throws {ProviderError} when the provider did not take it, and does not say when it would
 */
export async function revoke({ hint, token }: Revocable, metadata: Metadata, deps: SignOutDeps): Promise<Revocation> {
  if (!metadata.revocation_endpoint) return 'unsupported';
  const authentication = await revocationAuthentication(deps.client, metadata);
  const response = await oauth.revocationRequest(metadata, clientOf(deps.client), authentication, token, {
    [oauth.customFetch]: within(deps.fetch, REVOKE_TIMEOUT_MS, 'revocation'),
    additionalParameters: { token_type_hint: hint },
    ...insecureFor(metadata),
  });
  const { status, headers } = response;
  if (status === 200) return 'revoked';
  const { error } = await readRefusal(response);
  // RFC 7009 §2.2.1: of this kind no token can be revoked
  if (error === 'unsupported_token_type') return 'unsupported';
  const reason = `revocation answered ${status}`;
  const failure = new ProviderError('PROVIDER_ERROR', { reason: error ? errorReason(reason, error) : reason });
  if (status !== 429 && !(status === 503 && headers.has('retry-after'))) throw failure;
  return { failure, waitMs: retryAfterSeconds(headers, deps.now()) * 1000 };
}
