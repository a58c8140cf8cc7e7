import * as oauth from 'oauth4webapi';
import { ProviderError, RequestError } from '../errors.ts';
import { DEFAULT_TOKEN_SECONDS, MAX_TOKEN_SECONDS } from '../timing.ts';
import type { Flow } from '../types/login.ts';
import type { PrivateJwk, TokenSet } from '../types/record.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { requestedScope, type ValidatedCallback } from './authorization.ts';
import { clientAuthentication, clientOf, insecureFor } from './client-auth.ts';
import type { Metadata } from './discovery.ts';
import { createDpopKey, type ProofDeps, provesPossession, tokenTypeOf, withProof } from './dpop.ts';
import { oauthErrorOf, see, tokenEndpointFailure } from './failure.ts';
import { CLAIM_CURES, pastAuthTime, readClaims, type UnprovenClaims, withClaims } from './id-token.ts';
import { metadataFor } from './issuer.ts';
import { invalid } from './signature.ts';
import type { Fetch } from './transport.ts';

/** Far above any real token; what is longer would be stored, sealed and sent again and again. */
export const MAX_TOKEN_LENGTH = 65_536;

interface Deps extends ProofDeps {
  readonly client: ProviderSettings;
  readonly fetch: Fetch;
}

/** Tokens that a provider's answer holds, trusted or not: whatever is refused later must be revoked. */
export interface Granted {
  readonly accessToken?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** A token endpoint's answer that is no error, not yet validated. */
export interface TokenReply {
  /** Its members, without those that say nothing. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly granted: Granted;
  /** The key of the proof that the tokens were asked for with (RFC 9449 §5). */
  readonly key?: PrivateJwk | undefined;
}

/** ID-token claims of a code exchange as oauth4webapi validated them; the signature is still to be proven. */
export interface ReadTokens {
  readonly tokens: TokenSet;
  readonly claims: oauth.IDToken;
  readonly key?: PrivateJwk | undefined;
}

/**
 * Spends the code (OIDC Core §3.1.3.1), once: a provider burns it at the first presentation, even a failed one.
 *
 * @param timeoutMs for the whole answer
 * @throws {ProviderError} by the endpoint's answer, or when there is none
 */
export async function exchangeCode(
  callback: ValidatedCallback,
  flow: Flow,
  metadata: Metadata,
  deps: Deps,
  timeoutMs: number,
): Promise<TokenReply> {
  const key = provesPossession(deps.client, metadata) ? await createDpopKey() : undefined;
  const response = await withProof(key, timeoutMs, deps, async (fetch) =>
    oauth.authorizationCodeGrantRequest(
      metadata,
      clientOf(deps.client),
      await clientAuthentication(deps.client, metadata),
      callback,
      deps.client.redirectUri,
      flow.verifier,
      { [oauth.customFetch]: fetch, ...insecureFor(metadata) },
    ),
  );
  if (!response.ok) throw await tokenEndpointFailure(response, deps.now());
  const reply: TokenReply = { ...(await tokenReply(response)), key };
  const { accessToken, refreshToken } = reply.granted;
  // Some providers say an error with 200.
  if (!accessToken && !refreshToken && oauthErrorOf(reply.body))
    throw await tokenEndpointFailure(Response.json(reply.body), deps.now());
  return reply;
}

/**
 * Reads the answer to a code exchange: token types and, of the ID token, `iss`, `aud`, `exp`, `nbf`, `nonce`,
 * `auth_time` (OIDC Core §3.1.3.3, §3.1.3.7). What oauth4webapi leaves out is in `proveIdToken`.
 */
export async function readTokens(reply: TokenReply, flow: Flow, metadata: Metadata, deps: Deps): Promise<ReadTokens> {
  checkTokens(reply);
  const idToken = reply.body.id_token;
  if (typeof idToken !== 'string')
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: see('no ID token', 'SSO_SCOPE') });
  // Azure AD B2C gives none unless a scope asks for one.
  if (!reply.granted.accessToken)
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: see('no access token', 'SSO_SCOPE') });
  const now = Math.floor(deps.now() / 1000);
  const unproven = askedClaims(readClaims(idToken), flow, now + deps.client.clockToleranceSeconds);
  const body = { ...reply.body, id_token: withClaims(idToken, unproven) };
  const answer = await oauth
    .processAuthorizationCodeResponse(
      metadataFor(unproven, metadata, deps.client),
      clientOf(deps.client),
      Response.json(body),
      {
        expectedNonce: flow.nonce,
        requireIdToken: true,
        ...(flow.maxAge !== undefined && { maxAge: flow.maxAge }),
      },
    )
    .catch((cause: unknown) => {
      throw refusal(cause, unproven);
    });
  const claims = oauth.getValidatedIdTokenClaims(answer);
  if (!claims) throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'no ID token' });
  const tokenType = tokenTypeOf(answer.token_type, reply.key, deps.client);
  return {
    claims,
    key: reply.key,
    tokens: {
      accessToken: answer.access_token,
      ...(tokenType === 'DPoP' && { tokenType }),
      ...(answer.refresh_token !== undefined && { refreshToken: answer.refresh_token }),
      idToken,
      scope: answer.scope ?? requestedScope(deps.client, metadata), // RFC 6749 §5.1: absent means as asked for
      issuedAt: now,
      expiresAt: endOf(lifeOf(answer.expires_in, claims.exp, now), now),
    },
  };
}

/** The claims of a sign-in: `auth_time` as it came where it was asked for, elsewhere only if it is one. */
function askedClaims(claims: UnprovenClaims, { maxAge }: Flow, latest: number): UnprovenClaims {
  if (claims.nonce === undefined) throw invalid('no nonce (refused on purpose)');
  if (claims.sub !== undefined && typeof claims.sub !== 'string') throw invalid('sub is no text (refused on purpose)');
  return maxAge === undefined ? { ...claims, auth_time: pastAuthTime(claims, latest) } : claims;
}

/** When an access token ends. No provider means more than a year; a number beyond all calendars would break the cookie. */
export const endOf = (lifeSeconds: number, now: number): number =>
  now + Math.floor(Math.min(Math.max(lifeSeconds, 0), MAX_TOKEN_SECONDS));

/** What of an ID token may be missing, or of another type. */
const CHECKED = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'auth_time'];

/** oauth4webapi names a claim with a wrong value, and no other; everything else about the answer is the answer's fault. */
function refusal(thrown: unknown, claims: UnprovenClaims): ProviderError | RequestError {
  const { code, cause } = thrown instanceof oauth.OperationProcessingError ? thrown : {};
  const about = cause as { readonly claim?: unknown; readonly claims?: unknown; readonly header?: unknown } | undefined;
  if (about?.claim === 'auth_time' && code === oauth.JWT_TIMESTAMP_CHECK)
    return new RequestError('STEP_UP_NOT_MET', { reason: 'auth_time is older than max_age', cause: thrown });
  if (about?.header !== undefined) return invalid('alg', thrown);
  if (about?.claims === undefined)
    return new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the token answer cannot be used', cause: thrown });
  const claim = typeof about.claim === 'string' ? about.claim : CHECKED.find((name) => isOdd(name, claims[name]));
  return invalid(see(`claim ${claim}`, CLAIM_CURES[claim ?? '']), thrown);
}

function isOdd(name: string, value: unknown): boolean {
  if (name === 'nbf') return value !== undefined && typeof value !== 'number';
  if (name === 'aud') return typeof value !== 'string' && !Array.isArray(value);
  return typeof value !== (name === 'iss' || name === 'sub' ? 'string' : 'number');
}

/**
 * Reads an answer that is no error: whatever of it is refused later, the tokens in it are known by then and are revoked.
 * An answer that is no JSON object has no members.
 */
export async function tokenReply(response: Response): Promise<TokenReply> {
  const json: unknown = await response.json().catch(() => null);
  const body = typeof json === 'object' && json !== null ? present(json as Record<string, unknown>) : {};
  const { access_token, refresh_token } = body;
  return {
    body,
    granted: {
      ...(typeof access_token === 'string' && { accessToken: access_token }),
      ...(typeof refresh_token === 'string' && { refreshToken: refresh_token }),
    },
  };
}

/** Members that are texts; of an answer to a refresh those that are none are left out (`readRefresh`). */
export const TEXTS = ['access_token', 'refresh_token', 'id_token', 'token_type', 'scope'];

/** Providers say "none" in many ways: `null`, an empty text, a list where a text belongs, a life that is no time to come. */
function present(json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const scope = Array.isArray(json.scope) ? json.scope.join(' ') : json.scope;
  const token_type = /^bearer\b/i.test(String(json.token_type)) ? 'Bearer' : json.token_type;
  const expires_in = Number(String(json.expires_in));
  const says = ([name, value]: [string, unknown]) => {
    if (name === 'expires_in') return expires_in > 0 && Number.isFinite(expires_in);
    return !TEXTS.includes(name) || !(value === null || value === '' || Array.isArray(value));
  };
  return Object.fromEntries(Object.entries({ ...json, scope, token_type, expires_in }).filter(says));
}

/** @throws {ProviderError} when a token is longer than any real one, or no header can have it (RFC 6749 §A.12, without the space) */
export function checkTokens({ body }: TokenReply): void {
  const tooLong = (name: string) => typeof body[name] === 'string' && body[name].length > MAX_TOKEN_LENGTH;
  if (tooLong('id_token')) throw new ProviderError('ID_TOKEN_INVALID', { reason: 'longer than 64 KB' });
  if (tooLong('access_token') || tooLong('refresh_token'))
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'a token is longer than 64 KB' });
  if (/[^\x21-\x7e]/.test(String(body.access_token)))
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', {
      reason: 'the access token has other characters than ASCII',
    });
}

/**
 * How long an access token lives, in seconds. RFC 6749 §5.1 only recommends `expires_in`, and some providers send 0 for "I
 * do not say". The ID token's own end is their nearest word on it.
 */
export const lifeOf = (expiresIn: number | undefined, idTokenEndsAt: number | undefined, now: number): number =>
  [expiresIn ?? 0, (idTokenEndsAt ?? 0) - now].find((life) => life > 0) ?? DEFAULT_TOKEN_SECONDS;
