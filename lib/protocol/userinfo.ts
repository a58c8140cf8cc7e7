import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { ProviderError } from '../errors.ts';
import { isObject } from '../objects.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { clientOf, insecureFor } from './client-auth.ts';
import type { Metadata } from './discovery.ts';
import { answering, type PresentableToken, type ProofDeps, tokenHeaders, wantsNonce } from './dpop.ts';
import { see } from './failure.ts';
import type { KeySet } from './jwks.ts';
import { checkType, verifySignature } from './signature.ts';
import { type Fetch, withHeaders, within } from './transport.ts';

export interface UserinfoDeps extends ProofDeps {
  readonly client: ProviderSettings;
  readonly fetch: Fetch;
  readonly keys: KeySet;
}

type Said = Readonly<Record<string, unknown>>;

/** What is about the token or the sign-in: the ID token alone says it (OIDC Core §2). */
export const OF_THE_TOKEN = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'azp', 'nonce', 'at_hash', 'c_hash'],
  ...['acr', 'amr', 'auth_time', 'sid', 'session_expiry', 'tid'],
];

/**
 * Asks the userinfo endpoint about the person of a proven ID token (OIDC Core §5.3).
 *
 * @throws {ProviderError} `PROVIDER_UNAVAILABLE` when it does not answer now, another one when its answer cannot be used
 */
export async function requestUserinfo(
  token: PresentableToken,
  idToken: string,
  metadata: Metadata,
  deps: UserinfoDeps,
  timeoutMs: number,
): Promise<Said> {
  const fetch = within(deps.fetch, timeoutMs, 'userinfo');
  const once = (own: ProofDeps) =>
    oauth.userInfoRequest(metadata, clientOf(deps.client), token.accessToken, {
      async [oauth.customFetch](url, init) {
        return withHeaders(fetch, await tokenHeaders(token, { method: 'GET', url }, own))(url, init);
      },
      ...insecureFor(metadata),
    });
  let response = await once(deps);
  if (wantsNonce(response)) response = await once(answering(response, deps));
  const { status } = response;
  if (status !== 200) {
    const isPassing = status === 429 || status >= 500;
    const code = isPassing ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_RESPONSE_INVALID';
    throw new ProviderError(code, {
      reason: see(`userinfo answered ${status}`, isPassing ? undefined : 'SSO_USERINFO'),
    });
  }
  const person = decodeJwt(idToken);
  const isSigned = /^application\/jwt\b/i.test(response.headers.get('content-type') ?? '');
  const said = isSigned ? await signed((await response.text()).trim(), person, metadata, deps) : await json(response);
  // OIDC Core §5.3.2: what is said of another person must not be used
  if (said.sub !== person.sub)
    throw invalid(said.sub === undefined ? 'userinfo without sub' : 'userinfo of another sub');
  return Object.fromEntries(Object.entries(said).filter(([name]) => !OF_THE_TOKEN.includes(name)));
}

async function json(response: Response): Promise<Said> {
  const body: unknown = await response.json().catch(() => null);
  if (!isObject(body)) throw invalid('userinfo is no JSON object');
  return body;
}

/** OIDC Core §5.3.2: signed by the keys that sign ID tokens; `iss` and `aud` fit where they are there. */
async function signed(jwt: string, person: Said, metadata: Metadata, deps: UserinfoDeps): Promise<Said> {
  if (jwt.split('.').length !== 3) throw invalid(see('userinfo is encrypted, or no JWT', 'SSO_USERINFO'));
  let said: Said;
  try {
    checkType(jwt);
    await verifySignature(jwt, metadata, deps.keys);
    said = decodeJwt(jwt);
  } catch (cause) {
    if (cause instanceof ProviderError && cause.code !== 'ID_TOKEN_INVALID') throw cause; // keys that are out of reach
    throw invalid('userinfo has no valid signature', cause);
  }
  const { iss = person.iss, aud = deps.client.clientId, exp } = said;
  if (iss !== person.iss) throw invalid('userinfo of another iss');
  if (![aud].flat().includes(deps.client.clientId)) throw invalid('userinfo for another aud');
  const now = Math.floor(deps.now() / 1000);
  if (exp !== undefined && !(Number(exp) > now - deps.client.clockToleranceSeconds)) throw invalid('userinfo is over');
  return said;
}

const invalid = (reason: string, cause?: unknown) => new ProviderError('PROVIDER_RESPONSE_INVALID', { reason, cause });
