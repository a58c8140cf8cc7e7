import { type Answer, ok, toResponse } from './provider-answers';
import type { EndpointRequest, ProviderContext } from './provider-context';
import { personClaims } from './provider-id-token';
import { bearer } from './provider-ledger';
import { scopeOf } from './provider-token';

/** The userinfo endpoint (OIDC Core §5.3), after the lies about it. */
export async function userinfo({ headers }: EndpointRequest, context: ProviderContext): Promise<Answer | Response> {
  const { grants, lies, keys, settings } = context;
  const grant = grants.grantOf(bearer(headers));
  // RFC 6750 §3.1
  if (!grant)
    return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, outcome: 'invalid_token' };
  const honest = { sub: grant.person.sub, ...personClaims(grant, scopeOf(grant, context), context) };
  const said = lies.userinfo?.({ ...honest }) ?? honest;
  if (said instanceof Response) return said;
  if (settings.userinfoAs === 'json') return ok(said);
  const signed = await keys.sign(
    { iss: settings.issuer, aud: settings.clientId, ...said },
    'JWT',
    lies.userinfoSigning,
  );
  return toResponse({ status: 200, text: signed, headers: { 'content-type': 'application/jwt' }, outcome: 'ok' });
}
