import { jwtVerify } from 'jose';
import { type Answer, oauthError } from './provider-answers.ts';
import { type EndpointRequest, endpointBase, type ProviderContext } from './provider-context.ts';
import type { AuthMethod } from './provider-settings.ts';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface Credentials {
  readonly method: AuthMethod;
  readonly clientId: string;
  readonly proof: string;
}

/** Whether the registered client is speaking (OIDC Core §9, RFC 6749 §2.3); null when it is. */
export async function refuseClient(request: EndpointRequest, context: ProviderContext): Promise<Answer | null> {
  const presented = credentials(request);
  const [only, second] = presented;
  // RFC 6749 §2.3: a client must not use more than one method in a request
  if (second || !only) return oauthError('invalid_request', 'one client authentication, please');
  const { clientId, client, authMethods } = context.settings;
  const accepted = authMethods === 'unannounced' ? ['client_secret_basic', 'none'] : authMethods;
  const registered = { secret: /^client_secret_/, private_key_jwt: /^private_key_jwt$/, public: /^none$/ }[client];
  if (only.clientId !== clientId || !registered.test(only.method) || !accepted.includes(only.method))
    return oauthError('invalid_client', 'unknown client or method');
  return (await proven(only, context)) ? null : oauthError('invalid_client', 'client authentication failed');
}

function credentials({ headers, form }: EndpointRequest): Credentials[] {
  const found: Credentials[] = [];
  const authorization = headers.get('authorization');
  const clientId = form.get('client_id') ?? '';
  const secret = form.get('client_secret');
  const assertion = form.get('client_assertion');
  if (authorization !== null) found.push(basic(authorization));
  if (secret !== null) found.push({ method: 'client_secret_post', clientId, proof: secret });
  if (assertion !== null && form.get('client_assertion_type') === ASSERTION)
    found.push({ method: 'private_key_jwt', clientId, proof: assertion });
  if (found.length === 0 && clientId) found.push({ method: 'none', clientId, proof: '' });
  return found;
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined by a colon. */
function basic(authorization: string): Credentials {
  const [clientId = '', proof = ''] = atob(authorization.replace(/^basic /i, ''))
    .split(':')
    .map((part) => new URLSearchParams(`value=${part}`).get('value') ?? '');
  return { method: 'client_secret_basic', clientId, proof };
}

async function proven({ method, proof }: Credentials, context: ProviderContext): Promise<boolean> {
  const { clientSecret, clientId, issuer, now } = context.settings;
  if (method === 'none') return true;
  if (method !== 'private_key_jwt') return proof === clientSecret;
  if (!context.clientKey || context.secrets.has(proof)) return false; // RFC 7523 §3: an assertion is good once
  context.secrets.add(proof);
  const verified = await jwtVerify(proof, context.clientKey, {
    issuer: clientId,
    subject: clientId,
    audience: [issuer, `${endpointBase(context.settings)}/token`],
    requiredClaims: ['exp', 'jti'],
    algorithms: [context.settings.clientAlg],
    currentDate: new Date(now()),
  }).catch(() => null);
  return verified !== null;
}
