import * as oauth from 'oauth4webapi';
import { ProviderError, RequestError } from '../errors';
import type { Config, Flow, TokenSet } from '../types';
import type { ValidatedCallback } from './authorization';
import { clientAuthentication, clientOf, insecureFor } from './client';
import type { Metadata } from './discovery';
import { tokenEndpointFailure } from './failure';
import { type Fetch, within } from './transport';

const MAX_LIFE_SECONDS = 31_536_000;

interface Deps {
  readonly config: Config;
  readonly fetch: Fetch;
  readonly now: () => number;
}

/** Tokens that a provider's answer holds, believed or not: whatever is refused later must be revoked. */
export interface Granted {
  readonly accessToken?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** A token endpoint's answer with status 200, not yet validated. */
export interface TokenReply {
  readonly response: Response;
  readonly granted: Granted;
  /** The ID token in it, as it came. */
  readonly idToken: unknown;
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
    clientOf(deps.config),
    await clientAuthentication(deps.config, metadata),
    callback,
    deps.config.redirectUri,
    flow.verifier,
    { [oauth.customFetch]: within(deps.fetch, timeoutMs), ...insecureFor(metadata) },
  );
  if (response.status !== 200) throw await tokenEndpointFailure(response, deps.now());
  const { id_token: idToken } = ((await response
    .clone()
    .json()
    .catch(() => null)) ?? {}) as { id_token?: unknown };
  return { response, granted: await grantedTokens(response.clone()), idToken };
}

/**
 * Reads the answer to a code exchange: token types and, of the ID token, `iss`, `aud`, `exp`, `nbf`, `nonce`,
 * `auth_time` (OIDC Core §3.1.3.3, §3.1.3.7). What oauth4webapi leaves out is in `proveIdToken`.
 */
export async function readTokens(
  { response }: TokenReply,
  flow: Flow,
  metadata: Metadata,
  deps: Deps,
): Promise<ReadTokens> {
  const answer = await oauth
    .processAuthorizationCodeResponse(metadata, clientOf(deps.config), response, {
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
      scope: answer.scope ?? deps.config.scope, // RFC 6749 §5.1: absent means as asked for
      issuedAt: now,
      // RFC 6749 §5.1 only recommends `expires_in`. The ID token's own end is the provider's nearest word on it.
      expiresAt: endOf(answer.expires_in ?? claims.exp - now, now),
    },
  };
}

/** When an access token ends. No provider means more than a year; a number beyond all calendars would break the cookie. */
export const endOf = (lifeSeconds: number, now: number): number =>
  now + Math.floor(Math.min(Math.max(lifeSeconds, 0), MAX_LIFE_SECONDS));

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

/** The tokens in an answer's body, whatever else is wrong with it. */
export async function grantedTokens(response: Response): Promise<Granted> {
  const body: unknown = await response.json().catch(() => null);
  const { access_token, refresh_token } = (body ?? {}) as { access_token?: unknown; refresh_token?: unknown };
  return {
    ...(typeof access_token === 'string' && access_token && { accessToken: access_token }),
    ...(typeof refresh_token === 'string' && refresh_token && { refreshToken: refresh_token }),
  };
}
