import { type Answer, ok, toResponse } from './provider-answers.ts';
import type { EndpointRequest, ProviderContext } from './provider-context.ts';
import { challenge, refusedToken, withNonce } from './provider-dpop.ts';
import { personClaims } from './provider-id-token.ts';
import { bearer } from './provider-ledger.ts';
import { scopeOf } from './provider-token.ts';

/** The userinfo endpoint (OIDC Core §5.3), with the faults applied. */
export async function userinfo(request: EndpointRequest, context: ProviderContext): Promise<Answer | Response> {
  const { grants, faults, keys, settings } = context;
  const token = bearer(request.headers);
  const refused = await refusedToken(token, request, context);
  if (refused) return withNonce(refused, context);
  const grant = grants.grantOf(token);
  if (!grant) return challenge('Bearer', 'invalid_token');
  const regular = { sub: grant.person.sub, ...personClaims(grant, scopeOf(grant, context), context) };
  const said = faults.userinfo?.({ ...regular }) ?? regular;
  if (said instanceof Response) return said;
  if (settings.userinfoAs === 'json') return withNonce(ok(said), context);
  const signed = await keys.sign(
    { iss: settings.issuer, aud: settings.clientId, ...said },
    'JWT',
    faults.userinfoSigning,
  );
  return toResponse({ status: 200, text: signed, headers: { 'content-type': 'application/jwt' }, outcome: 'ok' });
}
