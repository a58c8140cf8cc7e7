import * as oauth from 'oauth4webapi';
import { ProviderError } from '../errors.ts';
import { MAX_PAUSE_MS, MAX_PAUSE_SECONDS, REFRESH_TIMEOUT_MS, RENEWAL_BACKOFF_MS } from '../timing.ts';
import type { SessionRecord, TokenSet } from '../types/record.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { clientAuthentication, clientOf, insecureFor } from './client-auth.ts';
import type { Metadata } from './discovery.ts';
import { errorReason, oauthErrorOf, readRefusal, retryAfterSeconds } from './failure.ts';
import { checkAudience, checkType, verifySignature } from './id-token.ts';
import type { KeySet } from './jwks.ts';
import { checkLengths, endOf, type Granted, lifeOf, TEXTS, type TokenReply, tokenReply } from './tokens.ts';
import { type Fetch, within } from './transport.ts';

export interface RefreshDeps {
  readonly client: ProviderSettings;
  readonly fetch: Fetch;
  readonly keys: KeySet;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * What became of a refresh token that was presented.
 *
 * - `granted`: new tokens, not yet checked
 * - `ended`: the provider does not accept it any more
 * - `unused`: the answer proves that it was not used; again after `backoffMs`
 * - `broken`: a 500 or 502, which proves nothing but is worth one more try
 * - `unknown`: it may have been used; `granted` is what could be read all the same
 *
 * `pauseMs`: for how long all of the deployment has to wait; null when the provider did not answer. `isClient`: the
 * provider refuses the client, whatever the token.
 */
export type Presented =
  | ({ readonly kind: 'granted' } & TokenReply)
  | { readonly kind: 'ended'; readonly reason: string }
  | ({ readonly reason: string; readonly pauseMs: number | null } & (
      | { readonly kind: 'unused' | 'broken'; readonly backoffMs: number; readonly isClient?: boolean }
      | { readonly kind: 'unknown'; readonly granted: Granted }
    ));

/**
 * Presents a refresh token once (RFC 6749 §6). Never throws: what cannot be classed is `unknown`.
 *
 * @param endsAt when the access token ends, in seconds
 */
export async function presentRefreshToken(
  refreshToken: string,
  endsAt: number,
  metadata: Metadata,
  deps: RefreshDeps,
): Promise<Presented> {
  const unsent = (reason: string) =>
    ({ kind: 'unused', reason, backoffMs: RENEWAL_BACKOFF_MS, pauseMs: null }) as const;
  let authentication: oauth.ClientAuth;
  try {
    authentication = await clientAuthentication(deps.client, metadata);
  } catch {
    return unsent('no client authentication');
  }
  let response: Response;
  try {
    response = await oauth.refreshTokenGrantRequest(metadata, clientOf(deps.client), authentication, refreshToken, {
      [oauth.customFetch]: within(deps.fetch, REFRESH_TIMEOUT_MS),
      ...insecureFor(metadata),
    });
  } catch (error) {
    if (neverConnected(error)) return unsent('no connection');
    const reason = error instanceof ProviderError ? error.details.reason : undefined;
    return { kind: 'unknown', reason: reason ?? 'no readable answer', pauseMs: null, granted: {} };
  }
  const now = deps.now();
  if (response.status >= 300) return failed(response, endsAt * 1000 - now, now);
  const reply = await tokenReply(response);
  if (reply.granted.accessToken) return { kind: 'granted', ...reply };
  // Some providers say an error with 200.
  const error = oauthErrorOf(reply.body);
  if (error && !reply.granted.refreshToken)
    return refused(200, error, errorReason('the provider answered 200', error), 0);
  // Without an access token it cannot be read: the refresh token may well have been rotated by it. One that came back as
  // it was sent is the session's own.
  const granted = reply.granted.refreshToken === refreshToken ? {} : reply.granted;
  return { kind: 'unknown', reason: 'a 200 that cannot be read', pauseMs: 0, granted };
}

/** A status says more than a word with it: what a server in trouble says of a grant is not believed. */
async function failed(response: Response, leftMs: number, nowMs: number): Promise<Presented> {
  const { status, headers } = response;
  const { error, reason } = await readRefusal(response);
  const waitMs = Math.min(retryAfterSeconds(headers, nowMs), MAX_PAUSE_SECONDS) * 1000;
  if (status === 429 || status === 503) {
    const asked = status === 429 || headers.has('retry-after');
    return { kind: 'unused', reason, backoffMs: waitMs, pauseMs: asked ? waitMs : 0 };
  }
  if (status === 500 || status === 502) return { kind: 'broken', reason, backoffMs: RENEWAL_BACKOFF_MS, pauseMs: 0 };
  if (status > 500) return { kind: 'unknown', reason, pauseMs: 0, granted: {} };
  if (error) return refused(status, error, reason, waitMs);
  // Without a word it may come from what stands in front, after the endpoint has done its work, but for the two that
  // token endpoints answer so themselves. A firewall does too: while the access token lives, nothing is lost by waiting.
  if (status !== 400 && status !== 403) return { kind: 'unknown', reason, pauseMs: 0, granted: {} };
  if (leftMs <= 0) return { kind: 'ended', reason };
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
const PASSING = ['temporarily_unavailable', 'server_error', 'slow_down'];

/**
 * What an OAuth error means for a grant: it is an answer of the token endpoint's own code, which refused before it redeemed
 * anything. A word of the provider's own, with a status that refuses, ends the grant as well: a session that can never be
 * renewed would answer 503 to its end.
 */
function refused(status: number, error: string, reason: string, waitMs: number): Presented {
  // One try a minute of the whole deployment: no other token would be taken either.
  if (CLIENT.includes(error))
    return { kind: 'unused', reason, backoffMs: MAX_PAUSE_MS, pauseMs: MAX_PAUSE_MS, isClient: true };
  const isPassing = PASSING.includes(error);
  if (!isPassing && (GONE.includes(error) || [400, 401, 403].includes(status))) return { kind: 'ended', reason };
  if (!isPassing && status < 400) return { kind: 'unknown', reason, pauseMs: 0, granted: {} };
  return { kind: 'unused', reason, backoffMs: Math.max(waitMs, RENEWAL_BACKOFF_MS), pauseMs: 0 };
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
 * the claims stay. What can be read is used: a session does not end for a member that is missing or odd.
 *
 * @throws {ProviderError} when the answer is about another person, issuer or client, or cannot be used
 */
export async function readRefresh(
  reply: TokenReply,
  before: SessionRecord,
  metadata: Metadata,
  deps: RefreshDeps,
): Promise<Renewed> {
  checkLengths(reply);
  // An access token, and a `sub` that fits where there is an ID token, are enough.
  const usable = Object.entries(reply.body).filter(
    ([name, value]) => !TEXTS.includes(name) || typeof value === 'string',
  );
  const { token_type = 'Bearer', expires_in, ...body }: Record<string, unknown> = Object.fromEntries(usable);
  const lenient = { ...body, token_type, ...(Number.parseFloat(String(expires_in)) > 0 && { expires_in }) };
  const answer = await oauth
    .processRefreshTokenResponse(metadata, clientOf(deps.client), Response.json(lenient))
    .catch((cause: unknown) => {
      throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the refresh answer cannot be used', cause });
    });
  const claims = await provenClaims(answer, before, metadata, deps);
  const now = Math.floor(deps.now() / 1000);
  const rotates = answer.refresh_token !== undefined && answer.refresh_token !== before.tokens.refreshToken;
  const refreshToken = answer.refresh_token ?? before.tokens.refreshToken;
  const tokens: TokenSet = {
    accessToken: answer.access_token,
    ...(refreshToken !== undefined && { refreshToken }),
    idToken: (claims && answer.id_token) || before.tokens.idToken,
    scope: answer.scope ?? before.tokens.scope, // RFC 6749 §6: absent means unchanged
    issuedAt: now,
    expiresAt: endOf(lifeOf(answer.expires_in, claims?.exp, now), now),
  };
  return { record: { ...before, tokens }, claims, rotates };
}

/** OIDC Core §12.2: `iss`, `sub` and `aud` as in the original; the issuer was checked by oauth4webapi. */
async function provenClaims(
  answer: oauth.TokenEndpointResponse,
  before: SessionRecord,
  metadata: Metadata,
  deps: RefreshDeps,
): Promise<oauth.IDToken | undefined> {
  const claims = oauth.getValidatedIdTokenClaims(answer);
  if (!claims || !answer.id_token) return undefined;
  if (claims.sub !== before.sub) throw new ProviderError('ID_TOKEN_INVALID', { reason: 'sub of another person' });
  checkAudience(claims, deps.client.clientId);
  checkType(answer.id_token);
  try {
    await verifySignature(answer.id_token, metadata, deps.keys);
  } catch (error) {
    // Keys out of reach, or a maintenance page in their place: the tokens are good, TLS vouches for them; only this ID
    // token is not trusted.
    if (error instanceof ProviderError && error.code !== 'ID_TOKEN_INVALID') return undefined;
    throw error;
  }
  return claims;
}
