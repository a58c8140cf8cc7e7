import * as oauth from 'oauth4webapi';
import { ProviderError } from '../errors';
import type { Config, SessionRecord, TokenSet } from '../types';
import { clientAuthentication, clientOf, insecureFor } from './client';
import type { Metadata } from './discovery';
import { tokenEndpointFailure } from './failure';
import { checkAudience, verifySignature } from './id-token';
import type { KeySet } from './key-set';
import { endOf, type Granted, grantedTokens } from './tokens';
import { type Fetch, within } from './transport';

/** Above what the slowest provider takes, below the ten seconds in which an expired session gets its answer. */
export const REFRESH_MS = 8_500;
const BACKOFF_MS = 5_000;

interface Deps {
  readonly config: Config;
  readonly fetch: Fetch;
  readonly keys: KeySet;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * What became of a refresh token that was presented (contract 6.2 and 6.5).
 *
 * - `granted`: new tokens, not yet checked
 * - `ended`: the provider does not accept it any more
 * - `unused`: the answer proves that it was not used; again after `backoffMs`, and nobody of this deployment before
 *   `pauseMs`
 * - `broken`: a 500 or 502, which proves nothing but is worth one more try
 * - `unknown`: it may have been used
 */
export type Presented =
  | { readonly kind: 'granted'; readonly response: Response; readonly granted: Granted }
  | { readonly kind: 'ended'; readonly reason: string }
  | { readonly kind: 'unused'; readonly reason: string; readonly backoffMs: number; readonly pauseMs: number }
  | { readonly kind: 'broken'; readonly reason: string; readonly backoffMs: number }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Presents a refresh token once (RFC 6749 §6). Never throws: what cannot be classed is `unknown`. */
export async function presentRefreshToken(refreshToken: string, metadata: Metadata, deps: Deps): Promise<Presented> {
  let authentication: oauth.ClientAuth;
  try {
    authentication = await clientAuthentication(deps.config, metadata);
  } catch {
    return { kind: 'unused', reason: 'no client authentication', backoffMs: BACKOFF_MS, pauseMs: 0 }; // nothing was sent
  }
  let response: Response;
  try {
    response = await oauth.refreshTokenGrantRequest(metadata, clientOf(deps.config), authentication, refreshToken, {
      [oauth.customFetch]: within(deps.fetch, REFRESH_MS),
      ...insecureFor(metadata),
    });
  } catch (error) {
    if (neverConnected(error)) return { kind: 'unused', reason: 'no connection', backoffMs: BACKOFF_MS, pauseMs: 0 };
    const reason = error instanceof ProviderError ? error.details.reason : undefined;
    return { kind: 'unknown', reason: reason ?? 'no readable answer' };
  }
  if (response.status !== 200) return failed(response, deps.now());
  const granted = await grantedTokens(response.clone());
  // A 200 without an access token cannot be read: the token may well have been rotated by it.
  if (!granted.accessToken) return { kind: 'unknown', reason: 'a 200 that cannot be read' };
  return { kind: 'granted', response, granted };
}

async function failed(response: Response, nowMs: number): Promise<Presented> {
  const { status, headers } = response;
  const error = await tokenEndpointFailure(response, nowMs);
  const reason = error.details.reason ?? '';
  const { retryAfterSeconds: seconds = 0 } = error.details;
  if (error.code === 'CODE_REJECTED') return { kind: 'ended', reason };
  if (status === 429 || status === 503) {
    const asked = status === 429 || headers.has('retry-after');
    return { kind: 'unused', reason, backoffMs: seconds * 1000, pauseMs: asked ? seconds * 1000 : 0 };
  }
  if (status === 500 || status === 502) return { kind: 'broken', reason, backoffMs: BACKOFF_MS };
  // Another OAuth error is an answer of the token endpoint's own code, which refused before it redeemed anything. Without
  // one it may come from whatever stands in front, after the endpoint has done its work.
  if (status >= 400 && status < 500 && error.details.oauthError)
    return { kind: 'unused', reason, backoffMs: BACKOFF_MS, pauseMs: 0 };
  return { kind: 'unknown', reason };
}

/** What Node's `fetch` says when no connection was made. Where the platform does not say, the outcome is unknown. */
const NEVER_CONNECTED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

function neverConnected(error: unknown): boolean {
  const fetchError = error instanceof ProviderError ? error.details.cause : undefined;
  const cause = fetchError instanceof Error ? (fetchError.cause as { code?: unknown } | undefined) : undefined;
  return NEVER_CONNECTED.includes(String(cause?.code));
}

/** A renewed record, and whether the provider gave another refresh token for the one that was presented. */
export interface Renewed {
  readonly record: SessionRecord;
  /** The ID token's claims, when the answer held one that was proven. */
  readonly claims: oauth.IDToken | undefined;
  readonly rotates: boolean;
}

/**
 * Reads the answer to a refresh (OIDC Core §12.2). Without a new refresh token the old one stays; without an ID token
 * the claims stay.
 *
 * @throws {ProviderError} when the answer is about another person, issuer or client, or cannot be used
 */
export async function readRefresh(
  { response }: { readonly response: Response },
  before: SessionRecord,
  metadata: Metadata,
  deps: Deps,
): Promise<Renewed> {
  const answer = await oauth
    .processRefreshTokenResponse(metadata, clientOf(deps.config), response)
    .catch((cause: unknown) => {
      throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the refresh answer cannot be used', cause });
    });
  const claims = await provenClaims(answer, before, metadata, deps);
  const now = Math.floor(deps.now() / 1000);
  const rotates = answer.refresh_token !== undefined && answer.refresh_token !== before.tokens.refreshToken;
  const refreshToken = answer.refresh_token ?? before.tokens.refreshToken;
  const life = answer.expires_in ?? before.tokens.expiresAt - before.tokens.issuedAt;
  const tokens: TokenSet = {
    accessToken: answer.access_token,
    ...(refreshToken !== undefined && { refreshToken }),
    idToken: (claims && answer.id_token) || before.tokens.idToken,
    scope: answer.scope ?? before.tokens.scope, // RFC 6749 §6: absent means unchanged
    issuedAt: now,
    expiresAt: endOf(life, now),
  };
  return { record: { ...before, tokens }, claims, rotates };
}

/** OIDC Core §12.2: `iss`, `sub` and `aud` as in the original; the issuer was checked by oauth4webapi. */
async function provenClaims(
  answer: oauth.TokenEndpointResponse,
  before: SessionRecord,
  metadata: Metadata,
  deps: Deps,
): Promise<oauth.IDToken | undefined> {
  const claims = oauth.getValidatedIdTokenClaims(answer);
  if (!claims || !answer.id_token) return undefined;
  if (claims.sub !== before.sub) throw new ProviderError('ID_TOKEN_INVALID', { reason: 'sub of somebody else' });
  checkAudience(claims, deps.config.clientId);
  try {
    await verifySignature(answer.id_token, metadata, deps.keys);
  } catch (error) {
    // Keys out of reach, or a maintenance page in their place: the tokens are good, TLS vouches for them; only this ID
    // token is not believed.
    if (error instanceof ProviderError && error.code !== 'ID_TOKEN_INVALID') return undefined;
    throw error;
  }
  return claims;
}
