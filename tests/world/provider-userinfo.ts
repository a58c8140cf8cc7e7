import { type Answer, ok, toResponse } from './provider-answers';
import type { EndpointRequest, ProviderContext } from './provider-context';
import { challenge, refusedToken, withNonce } from './provider-dpop';
import { personClaims } from './provider-id-token';
import { bearer } from './provider-ledger';
import { scopeOf } from './provider-token';

/** The userinfo endpoint (OIDC Core §5.3), after the lies about it. */
export async function userinfo(request: EndpointRequest, context: ProviderContext): Promise<Answer | Response> {
  const { grants, lies, keys, settings } = context;
  const token = bearer(request.headers);
  const refused = await refusedToken(token, request, context);
  if (refused) return withNonce(refused, context);
  const grant = grants.grantOf(token);
  if (!grant) return challenge('Bearer', 'invalid_token');
  const honest = { sub: grant.person.sub, ...personClaims(grant, scopeOf(grant, context), context) };
  const said = lies.userinfo?.({ ...honest }) ?? honest;
  if (said instanceof Response) return said;
  if (settings.userinfoAs === 'json') return withNonce(ok(said), context);
  const signed = await keys.sign(
    { iss: settings.issuer, aud: settings.clientId, ...said },
    'JWT',
    lies.userinfoSigning,
  );
  return toResponse({ status: 200, text: signed, headers: { 'content-type': 'application/jwt' }, outcome: 'ok' });
}
