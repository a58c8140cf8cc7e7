import { base64url } from 'jose';
import { type Answer, oauthError, ok } from './provider-answers.ts';
import { refuseClient } from './provider-client-auth.ts';
import type { EndpointRequest, ProviderContext } from './provider-context.ts';
import { proofIn, withNonce } from './provider-dpop.ts';
import type { Grant } from './provider-grants.ts';
import { idToken } from './provider-id-token.ts';
import { adopt } from './signed-grant.ts';

/** The token endpoint (RFC 6749 §3.2). */
export async function token(request: EndpointRequest, context: ProviderContext): Promise<Answer> {
  const { form } = request;
  for (const name of form.keys())
    if (form.getAll(name).length > 1) return oauthError('invalid_request', `${name} comes twice`);
  // An assertion is used up by it, though the proof is refused after it.
  const refused = await refuseClient(request, context);
  const proof = await proofIn(request, context);
  if (proof.refused) return withNonce(oauthError(proof.refused, 'the proof'), context);
  const { jkt } = proof;
  if (form.get('grant_type') === 'authorization_code')
    return withNonce(await exchange(request, refused, jkt, context), context);
  if (form.get('grant_type') === 'refresh_token')
    return withNonce(refused ?? (await refresh(request, jkt, context)), context);
  return oauthError('unsupported_grant_type', 'not offered');
}

/** The code is taken before the client is looked at: a request that fails here or there has burned it. */
async function exchange(
  { form }: EndpointRequest,
  refused: Answer | null,
  jkt: string | null,
  context: ProviderContext,
): Promise<Answer> {
  const verifier = form.get('code_verifier') ?? '';
  if (verifier) context.secrets.add(verifier);
  const grant = context.grants.takeCode(form.get('code') ?? '');
  if (refused) return refused;
  if (!grant || form.get('redirect_uri') !== grant.redirectUri || (await s256(verifier)) !== grant.challenge)
    return oauthError('invalid_grant', 'the code is used, expired, or not yours');
  const isOffline = context.settings.refreshTokens === 'always' || grant.scope.includes('offline_access');
  const refreshToken = isOffline ? context.grants.issueRefresh(grant, jkt) : undefined;
  return answer(grant, context, { nonce: grant.nonce, refreshToken, jkt, withIdToken: true });
}

async function refresh({ form }: EndpointRequest, jkt: string | null, context: ProviderContext): Promise<Answer> {
  const { rotation, refreshIdToken } = context.settings;
  const token = form.get('refresh_token') ?? '';
  await adopt(token, context);
  const bound = context.grants.boundTo(token);
  if (bound !== null && bound !== jkt) return oauthError('invalid_grant', 'the refresh token is of another key');
  const denied = refuseTarget(form, context.grants.grantBehind(token), context);
  if (denied && (context.settings.looksAtResource === 'first' || denied.outcome !== 'invalid_target')) return denied;
  const grant = context.grants.takeRefresh(token);
  if (!grant) return oauthError('invalid_grant', 'the refresh token is used, expired, or not yours');
  if (scopeOf(grant, context).length === 0) return oauthError('invalid_scope', 'nothing is left of the scope');
  const refreshToken = rotation ? context.grants.issueRefresh(grant, jkt) : undefined;
  if (denied) return denied;
  return answer(grant, context, { refreshToken, jkt, withIdToken: refreshIdToken, scope: form.get('scope') });
}

/** What a refresh may not ask for (RFC 8707 §2.2, RFC 6749 §6): refused before the refresh token is used. */
function refuseTarget(form: URLSearchParams, grant: Grant | null, { settings }: ProviderContext): Answer | null {
  const resource = form.get('resource');
  if (resource !== null && !settings.resources.includes(resource))
    return oauthError('invalid_target', 'an unknown resource');
  const allowed = [...settings.furtherScopes, ...(grant?.scope ?? [])];
  const asked = form.get('scope')?.split(' ') ?? [];
  return grant && asked.some((name) => !allowed.includes(name))
    ? oauthError('invalid_scope', 'more than was granted')
    : null;
}

interface Parts {
  readonly nonce?: string;
  readonly refreshToken: string | undefined;
  readonly jkt: string | null;
  readonly withIdToken: boolean;
  /** What the request asked for. */
  readonly scope?: string | null;
}

async function answer(
  grant: Grant,
  context: ProviderContext,
  { nonce, refreshToken, jkt, withIdToken, scope: asked }: Parts,
): Promise<Answer> {
  const scope = scopeOf(grant, context);
  const accessToken = context.grants.issueAccess(grant, jkt);
  return ok({
    access_token: accessToken,
    token_type: jkt === null ? 'Bearer' : 'DPoP',
    expires_in: context.settings.tokenSeconds,
    scope: asked ?? scope.join(' '),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(withIdToken && { id_token: await idToken({ grant, scope, accessToken, nonce }, context) }),
  });
}

export const scopeOf = (grant: Grant, { withdrawnScopes }: ProviderContext) =>
  grant.scope.filter((name) => !withdrawnScopes.has(name));

/** RFC 7636 §4.6 */
async function s256(verifier: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}
