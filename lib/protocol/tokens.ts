import * as oauth from 'oauth4webapi';
import { ProviderError, RequestError } from '../errors.ts';
import { DEFAULT_TOKEN_SECONDS, MAX_TOKEN_SECONDS } from '../timing.ts';
import type { Flow } from '../types/login.ts';
import type { TokenSet } from '../types/record.ts';
import type { ProviderSettings } from '../types/settings.ts';
import type { ValidatedCallback } from './authorization.ts';
import { clientAuthentication, clientOf, insecureFor } from './client-auth.ts';
import type { Metadata } from './discovery.ts';
import { oauthErrorOf, tokenEndpointFailure } from './failure.ts';
import { type Fetch, within } from './transport.ts';

/** Far above any real token; what is longer would be stored, sealed and sent again and again. */
const MAX_TOKEN_LENGTH = 65_536;

interface Deps {
  readonly client: ProviderSettings;
  readonly fetch: Fetch;
  readonly now: () => number;
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
}

/** ID-token claims of a code exchange as oauth4webapi validated them; the signature is still to be proven. */
export interface ReadTokens {
  readonly tokens: TokenSet;
  readonly claims: oauth.IDToken;
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
  const response = await oauth.authorizationCodeGrantRequest(
    metadata,
    clientOf(deps.client),
    await clientAuthentication(deps.client, metadata),
    callback,
    deps.client.redirectUri,
    flow.verifier,
    { [oauth.customFetch]: within(deps.fetch, timeoutMs), ...insecureFor(metadata) },
  );
  if (!response.ok) throw await tokenEndpointFailure(response, deps.now());
  const reply = await tokenReply(response);
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
  checkLengths(reply);
  const answer = await oauth
    .processAuthorizationCodeResponse(metadata, clientOf(deps.client), Response.json(reply.body), {
      expectedNonce: flow.nonce,
      requireIdToken: true,
      ...(flow.maxAge !== undefined && { maxAge: flow.maxAge }),
    })
    .catch((cause: unknown) => {
      throw refusal(cause);
    });
  const claims = oauth.getValidatedIdTokenClaims(answer);
  if (!claims || !answer.id_token) throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'no ID token' });
  if (answer.token_type !== 'bearer')
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'not a bearer token' });
  const now = Math.floor(deps.now() / 1000);
  return {
    claims,
    tokens: {
      accessToken: answer.access_token,
      ...(answer.refresh_token !== undefined && { refreshToken: answer.refresh_token }),
      idToken: answer.id_token,
      scope: answer.scope ?? deps.client.scope, // RFC 6749 §5.1: absent means as asked for
      issuedAt: now,
      expiresAt: endOf(lifeOf(answer.expires_in, claims.exp, now), now),
    },
  };
}

/** When an access token ends. No provider means more than a year; a number beyond all calendars would break the cookie. */
export const endOf = (lifeSeconds: number, now: number): number =>
  now + Math.floor(Math.min(Math.max(lifeSeconds, 0), MAX_TOKEN_SECONDS));

/** oauth4webapi names the claim that failed; everything else about the answer is the answer's fault. */
function refusal(thrown: unknown): ProviderError | RequestError {
  const { code, claim } = failedClaim(thrown);
  if (claim === 'auth_time' && code === oauth.JWT_TIMESTAMP_CHECK)
    return new RequestError('STEP_UP_NOT_MET', { reason: 'auth_time is older than max_age', cause: thrown });
  if (claim !== undefined || code === oauth.JWT_CLAIM_COMPARISON || code === oauth.JWT_TIMESTAMP_CHECK)
    return new ProviderError('ID_TOKEN_INVALID', { reason: `claim ${claim ?? 'of the ID token'}`, cause: thrown });
  return new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the token answer cannot be used', cause: thrown });
}

function failedClaim(thrown: unknown): { code?: unknown; claim?: string } {
  if (!(thrown instanceof oauth.OperationProcessingError)) return {};
  const cause = thrown.cause as { claim?: unknown; claims?: unknown } | undefined;
  const claim = typeof cause?.claim === 'string' ? cause.claim : cause?.claims !== undefined ? 'set' : undefined;
  return { code: thrown.code, ...(claim !== undefined && { claim }) };
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

/** Providers say "none" in many ways: `null`, an empty text, a list where a text belongs, a life that is no number. */
function present(json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const scope = Array.isArray(json.scope) ? json.scope.join(' ') : json.scope;
  const says = ([name, value]: [string, unknown]) => {
    if (name === 'expires_in') return Number.isFinite(Number.parseFloat(String(value)));
    return !TEXTS.includes(name) || !(value === null || value === '' || Array.isArray(value));
  };
  return Object.fromEntries(Object.entries({ ...json, scope }).filter(says));
}

/** @throws {ProviderError} when a token is longer than any real one */
export function checkLengths({ body }: TokenReply): void {
  const tooLong = (name: string) => typeof body[name] === 'string' && body[name].length > MAX_TOKEN_LENGTH;
  if (tooLong('id_token')) throw new ProviderError('ID_TOKEN_INVALID', { reason: 'longer than 64 KB' });
  if (tooLong('access_token') || tooLong('refresh_token'))
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'a token is longer than 64 KB' });
}

/**
 * How long an access token lives, in seconds. RFC 6749 §5.1 only recommends `expires_in`, and some providers send 0 for "I
 * do not say". The ID token's own end is their nearest word on it.
 */
export const lifeOf = (expiresIn: number | undefined, idTokenEndsAt: number | undefined, now: number): number =>
  [expiresIn ?? 0, (idTokenEndsAt ?? 0) - now].find((life) => life > 0) ?? DEFAULT_TOKEN_SECONDS;
