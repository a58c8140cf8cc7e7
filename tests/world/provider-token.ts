import { base64url } from 'jose';
import { type Answer, oauthError, ok } from './provider-answers';
import { refuseClient } from './provider-client-auth';
import type { Arrival, Desk } from './provider-desk';
import type { Grant } from './provider-grants';
import { idToken } from './provider-id-token';

/** The token endpoint (RFC 6749 §3.2). */
export async function token(arrival: Arrival, desk: Desk): Promise<Answer> {
  const { form } = arrival;
  for (const name of form.keys())
    if (form.getAll(name).length > 1) return oauthError('invalid_request', `${name} comes twice`);
  if (form.get('grant_type') === 'authorization_code') return exchange(arrival, desk);
  if (form.get('grant_type') === 'refresh_token') return refresh(arrival, desk);
  return oauthError('unsupported_grant_type', 'not offered');
}

/** The code is taken before the client is looked at: a request that fails here or there has burned it. */
async function exchange(arrival: Arrival, desk: Desk): Promise<Answer> {
  const { form } = arrival;
  const verifier = form.get('code_verifier') ?? '';
  if (verifier) desk.secrets.add(verifier);
  const grant = desk.grants.takeCode(form.get('code') ?? '');
  const refused = await refuseClient(arrival, desk);
  if (refused) return refused;
  if (!grant || form.get('redirect_uri') !== grant.redirectUri || (await s256(verifier)) !== grant.challenge)
    return oauthError('invalid_grant', 'the code is used, expired, or not yours');
  const refreshToken = grant.scope.includes('offline_access') ? desk.grants.issueRefresh(grant) : undefined;
  return answer(grant, desk, { nonce: grant.nonce, refreshToken, withIdToken: true });
}

async function refresh(arrival: Arrival, desk: Desk): Promise<Answer> {
  const refused = await refuseClient(arrival, desk);
  if (refused) return refused;
  const { rotation, refreshIdToken } = desk.settings;
  const grant = desk.grants.takeRefresh(arrival.form.get('refresh_token') ?? '');
  if (!grant) return oauthError('invalid_grant', 'the refresh token is used, expired, or not yours');
  if (scopeOf(grant, desk).length === 0) return oauthError('invalid_scope', 'nothing is left of the scope');
  const refreshToken = rotation ? desk.grants.issueRefresh(grant) : undefined;
  return answer(grant, desk, { refreshToken, withIdToken: refreshIdToken });
}

interface Parts {
  readonly nonce?: string;
  readonly refreshToken: string | undefined;
  readonly withIdToken: boolean;
}

async function answer(grant: Grant, desk: Desk, { nonce, refreshToken, withIdToken }: Parts): Promise<Answer> {
  const scope = scopeOf(grant, desk);
  const accessToken = desk.grants.issueAccess(grant);
  return ok({
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: desk.settings.tokenSeconds,
    scope: scope.join(' '),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(withIdToken && { id_token: await idToken({ grant, scope, accessToken, nonce }, desk) }),
  });
}

const scopeOf = (grant: Grant, { withdrawnScopes }: Desk) => grant.scope.filter((name) => !withdrawnScopes.has(name));

/** RFC 7636 §4.6 */
async function s256(verifier: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}
