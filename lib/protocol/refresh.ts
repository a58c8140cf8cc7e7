import * as oauth from 'oauth4webapi';
import { asGateError, ProviderError } from '../errors.ts';
import { REFRESH_TIMEOUT_MS, RENEWAL_BACKOFF_MS } from '../timing.ts';
import type { SessionRecord, Target, TokenSet } from '../types/record.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { clientAuthentication, clientOf, insecureFor } from './client-auth.ts';
import type { Metadata } from './discovery.ts';
import { type ProofDeps, tokenTypeOf, withProof } from './dpop.ts';
import { errorReason, oauthErrorOf, see } from './failure.ts';
import { CLAIM_CURES, checkAudience, readClaims, sessionExpiryOf, type UnprovenClaims } from './id-token.ts';
import { metadataFor } from './issuer.ts';
import { isJoseError, type KeySet } from './jwks.ts';
import { failedRefresh, refusedRefresh } from './refresh-refusal.ts';
import { checkType, invalid, verifySignature } from './signature.ts';
import {
  checkTokens,
  endOf,
  type Granted,
  lifeOf,
  MAX_TOKEN_LENGTH,
  TEXTS,
  type TokenReply,
  tokenReply,
} from './tokens.ts';
import type { Fetch } from './transport.ts';

export interface RefreshDeps extends ProofDeps {
  readonly client: ProviderSettings;
  readonly fetch: Fetch;
  readonly keys: KeySet;
}

/**
 * What became of a refresh token that was presented.
 *
 * - `granted`: new tokens, not yet checked
 * - `ended`: the provider does not accept it any more; `error`: its OAuth error, if it named one
 * - `unused`: the answer proves that it was not used; again after `backoffMs`
 * - `broken`: a 500 or 502, which proves nothing but is worth one more try
 * - `unknown`: it may have been used; `granted` is what could be read all the same
 *
 * `pauseMs`: for how long all of the deployment has to wait; null when the provider did not answer. `isClient`: the
 * provider refuses the client, whatever the token.
 */
export type Presented =
  | ({ readonly kind: 'granted' } & TokenReply)
  | { readonly kind: 'ended'; readonly reason: string; readonly error?: string }
  | ({ readonly reason: string; readonly pauseMs: number | null } & (
      | { readonly kind: 'unused' | 'broken'; readonly backoffMs: number; readonly isClient?: boolean }
      | { readonly kind: 'unknown'; readonly granted: Granted }
    ));

/**
 * Presents a refresh token once (RFC 6749 §6), with a proof where its session has a key (RFC 9449 §5). Never throws: what
 * cannot be classed is `unknown`.
 */
export async function presentRefreshToken(
  refreshToken: string,
  { tokens: { expiresAt }, dpopKey }: Pick<SessionRecord, 'tokens' | 'dpopKey'>,
  metadata: Metadata,
  deps: RefreshDeps,
  target?: Target,
): Promise<Presented> {
  const unsent = (reason: string) =>
    ({ kind: 'unused', reason, backoffMs: RENEWAL_BACKOFF_MS, pauseMs: null }) as const;
  let authentication: oauth.ClientAuth;
  try {
    authentication = await clientAuthentication(deps.client, metadata);
  } catch {
    return unsent(see('no client authentication', 'SSO_CLIENT_SECRET, SSO_CLIENT_AUTH_METHOD'));
  }
  let response: Response;
  try {
    response = await withProof(dpopKey, REFRESH_TIMEOUT_MS, deps, (fetch) =>
      oauth.refreshTokenGrantRequest(metadata, clientOf(deps.client), authentication, refreshToken, {
        [oauth.customFetch]: fetch,
        ...(target && { additionalParameters: { ...target } }),
        ...insecureFor(metadata),
      }),
    );
  } catch (error) {
    if (neverConnected(error)) return unsent('no connection');
    const reason = error instanceof ProviderError ? error.details.reason : undefined;
    return { kind: 'unknown', reason: reason ?? 'no readable answer', pauseMs: null, granted: {} };
  }
  const now = deps.now();
  if (response.status >= 300) return failedRefresh(response, expiresAt * 1000 - now, now);
  const reply = await tokenReply(response);
  // For want of a target's token a refresh token that has rotated is not lost.
  if (reply.granted.accessToken || (target && reply.granted.refreshToken)) return { kind: 'granted', ...reply };
  // Some providers say an error with 200.
  const error = oauthErrorOf(reply.body);
  if (error && !reply.granted.refreshToken)
    return refusedRefresh(200, error, errorReason('the provider answered 200', error), 0);
  // Without an access token it cannot be read: the refresh token may well have been rotated by it. One that came back as
  // it was sent is the session's own.
  const granted = reply.granted.refreshToken === refreshToken ? {} : reply.granted;
  return { kind: 'unknown', reason: 'a 200 that cannot be read', pauseMs: 0, granted };
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
  /** Why there is no token for the target: `record` is as it was, but for the refresh token. */
  readonly unusable?: string;
}

/**
 * Reads the answer to a refresh (OIDC Core §12.2). Without a new refresh token the old one stays; without an ID token
 * the claims stay. What can be read is used: a session does not end for a member that is missing or odd, nor for a token for a
 * target that cannot be used.
 *
 * @throws {ProviderError} when the answer is about another person, issuer or client, or cannot be used
 */
export async function readRefresh(
  reply: TokenReply,
  before: SessionRecord,
  metadata: Metadata,
  deps: RefreshDeps,
  target?: Target,
): Promise<Renewed> {
  const claims = target ? atHand(String(reply.body.id_token)) : {};
  if (claims.sub !== undefined) checkOwner(claims, before, metadata, deps);
  const renewed = await readTokenSet(reply, before, metadata, deps, target).catch((error: unknown): Renewed => {
    const refreshToken = reply.granted.refreshToken ?? before.tokens.refreshToken;
    if (!target || !refreshToken || refreshToken.length > MAX_TOKEN_LENGTH) throw error;
    const record = { ...before, tokens: { ...before.tokens, refreshToken } };
    const unusable = asGateError(error).details.reason ?? 'unusable answer';
    return { record, claims: undefined, rotates: refreshToken !== before.tokens.refreshToken, unusable };
  });
  if ((renewed.record.sessionExpiry ?? Infinity) * 1000 <= deps.now()) throw invalid('session_expiry is over');
  return renewed;
}

async function readTokenSet(
  reply: TokenReply,
  before: SessionRecord,
  metadata: Metadata,
  deps: RefreshDeps,
  target?: Target,
): Promise<Renewed> {
  checkTokens(reply);
  // An access token, and a `sub` that fits where there is an ID token, are enough.
  const usable = Object.entries(reply.body).filter(
    ([name, value]) => !TEXTS.includes(name) || typeof value === 'string',
  );
  const { id_token, ...body }: Record<string, unknown> = {
    token_type: before.tokens.tokenType ?? 'Bearer',
    ...Object.fromEntries(usable),
  };
  const answer = await oauth
    .processRefreshTokenResponse(metadata, clientOf(deps.client), Response.json(body))
    .catch((cause: unknown) => {
      throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the refresh answer cannot be used', cause });
    });
  const tokenType = tokenTypeOf(answer.token_type, before.dpopKey, deps.client);
  const idToken = typeof id_token === 'string' ? id_token : undefined;
  const claims = idToken === undefined ? undefined : await provenClaims(idToken, before, metadata, deps);
  const now = Math.floor(deps.now() / 1000);
  const rotates = answer.refresh_token !== undefined && answer.refresh_token !== before.tokens.refreshToken;
  const refreshToken = answer.refresh_token ?? before.tokens.refreshToken;
  const tokens: TokenSet = {
    accessToken: answer.access_token,
    ...(tokenType === 'DPoP' && { tokenType }),
    ...(refreshToken !== undefined && { refreshToken }),
    idToken: (claims && idToken) ?? before.tokens.idToken,
    scope: answer.scope ?? target?.scope ?? before.tokens.scope, // RFC 6749 §6: absent means as asked for, or unchanged
    issuedAt: now,
    expiresAt: endOf(lifeOf(answer.expires_in, claims?.exp, now), now),
  };
  const sessionExpiry = (claims && sessionExpiryOf(claims)) ?? before.sessionExpiry;
  return { record: { ...before, ...(sessionExpiry && { sessionExpiry }), tokens }, claims, rotates };
}

/**
 * OIDC Core §12.2: `iss`, `sub` and `aud` as in the original. Some providers repeat the ID token of the sign-in: one that is
 * over, or older than the one at hand, says nothing new and is left aside.
 */
async function provenClaims(
  idToken: string,
  before: SessionRecord,
  metadata: Metadata,
  deps: RefreshDeps,
): Promise<oauth.IDToken | undefined> {
  if (idToken === before.tokens.idToken) return undefined;
  const claims = readClaims(idToken);
  checkOwner(claims, before, metadata, deps);
  checkType(idToken);
  const { iat } = atHand(before.tokens.idToken);
  if (!isNew(claims, Number(iat) || 0, Math.floor(deps.now() / 1000), deps.client.clockToleranceSeconds))
    return undefined;
  try {
    await verifySignature(idToken, metadata, deps.keys);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // Keys out of reach, a maintenance page in their place, or a cache in front of them that does not have a new one yet: the
    // tokens are good, TLS vouches for them; only this ID token is not trusted.
    const isUnpublished = isJoseError(error.details.cause, 'ERR_JWKS_NO_MATCHING_KEY');
    if (error.code !== 'ID_TOKEN_INVALID' || isUnpublished) return undefined;
    throw error;
  }
  return claims as oauth.IDToken;
}

/** @throws {ProviderError} for claims of another person, issuer or client than the session's */
function checkOwner(
  claims: UnprovenClaims,
  { sub, tokens }: SessionRecord,
  metadata: Metadata,
  { client }: RefreshDeps,
) {
  if (claims.sub !== sub) throw invalid('sub of another person');
  const { iss } = atHand(tokens.idToken);
  // With `{tenantid}` in the issuer there are many: a session keeps the one that it began with.
  if (claims.iss !== metadataFor(claims, metadata, client).issuer || (iss !== undefined && claims.iss !== iss))
    throw invalid(see('claim iss', CLAIM_CURES.iss));
  checkAudience(claims, client);
}

/** Whether it counts now, and was not issued before the one at hand. Without its times it never counts. */
function isNew({ exp, iat, nbf = 0 }: UnprovenClaims, latest: number, now: number, tolerance: number): boolean {
  if (typeof exp !== 'number' || typeof iat !== 'number' || typeof nbf !== 'number') return false;
  return exp > now - tolerance && Math.max(iat, nbf) <= now + tolerance && iat >= latest;
}

function atHand(idToken: string): UnprovenClaims {
  try {
    return readClaims(idToken);
  } catch {
    return {};
  }
}
