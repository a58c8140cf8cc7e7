import { jwtVerify } from 'jose';
import { type Answer, oauthError } from './provider-answers';
import { type Arrival, type Desk, endpointBase } from './provider-desk';
import type { AuthMethod } from './provider-settings';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface Credentials {
  readonly method: AuthMethod;
  readonly clientId: string;
  readonly proof: string;
}

/** Whether the registered client is speaking (OIDC Core §9, RFC 6749 §2.3); null when it is. */
export async function refuseClient(arrival: Arrival, desk: Desk): Promise<Answer | null> {
  const presented = credentials(arrival);
  const [only, second] = presented;
  // RFC 6749 §2.3: a client must not use more than one method in a request
  if (second || !only) return oauthError('invalid_request', 'one client authentication, please');
  const { clientId, client, authMethods } = desk.settings;
  const accepted = authMethods === 'unannounced' ? ['client_secret_basic', 'none'] : authMethods;
  const registered = { secret: /^client_secret_/, private_key_jwt: /^private_key_jwt$/, public: /^none$/ }[client];
  if (only.clientId !== clientId || !registered.test(only.method) || !accepted.includes(only.method))
    return oauthError('invalid_client', 'unknown client or method');
  return (await proven(only, desk)) ? null : oauthError('invalid_client', 'client authentication failed');
}

function credentials({ headers, form }: Arrival): Credentials[] {
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

async function proven({ method, proof }: Credentials, desk: Desk): Promise<boolean> {
  const { clientSecret, clientId, issuer, now } = desk.settings;
  if (method === 'none') return true;
  if (method !== 'private_key_jwt') return proof === clientSecret;
  if (!desk.clientKey || desk.secrets.has(proof)) return false; // RFC 7523 §3: an assertion is good once
  desk.secrets.add(proof);
  const verified = await jwtVerify(proof, desk.clientKey, {
    issuer: clientId,
    subject: clientId,
    audience: [issuer, `${endpointBase(desk.settings)}/token`],
    requiredClaims: ['exp', 'jti'],
    currentDate: new Date(now()),
  }).catch(() => null);
  return verified !== null;
}
