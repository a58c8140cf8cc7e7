import * as oauth from 'oauth4webapi';
import { sha256 } from '../crypto/random.ts';
import { ProviderError, RequestError } from '../errors.ts';
import { PAR_TIMEOUT_MS } from '../timing.ts';
import type { Flow, LoginExtras } from '../types/login.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { clientAuthentication, clientOf, insecureFor } from './client-auth.ts';
import type { Metadata } from './discovery.ts';
import { errorReason, see, supportRef, tokenEndpointFailure } from './failure.ts';
import { isIssuer } from './issuer.ts';
import { type Fetch, within } from './transport.ts';

interface Deps {
  readonly client: ProviderSettings;
  readonly fetch: Fetch;
  readonly now: () => number;
}

/** Where the browser goes to sign in (OIDC Core §3.1.2.1, RFC 7636 §4.3), by way of PAR when the provider or `SSO_PAR` wants it. */
export async function authorizationUrl(flow: Flow, extras: LoginExtras, metadata: Metadata, deps: Deps): Promise<URL> {
  const { client } = deps;
  const parameters = new URLSearchParams({
    ...client.authorizationParams,
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: requestedScope(client, metadata),
    state: flow.state,
    nonce: flow.nonce,
    code_challenge: await sha256(flow.verifier),
    code_challenge_method: 'S256',
    ...(client.responseMode === 'form_post' && { response_mode: 'form_post' }),
    ...extras, // what a request asks wins over what the configuration asks of all
  });
  const sent = isPushed(client, metadata) ? await push(parameters, metadata, deps) : parameters;
  const url = new URL(metadata.authorization_endpoint); // its own query stays (RFC 6749 §3.1)
  for (const [name, value] of sent) url.searchParams.set(name, value);
  return url;
}

/** Whether the request goes by way of PAR (RFC 9126 §5). */
export const isPushed = ({ par }: Pick<ProviderSettings, 'par'>, metadata: Metadata): boolean =>
  metadata.require_pushed_authorization_requests === true ||
  par === 'require' ||
  (par === 'always' && metadata.pushed_authorization_request_endpoint !== undefined);

/** The scope that is asked for: of the default what the provider has (OIDC Discovery §3, `scopes_supported`). */
export function requestedScope(
  { scope, isDefaultScope }: Pick<ProviderSettings, 'scope' | 'isDefaultScope'>,
  { scopes_supported: supported }: Metadata,
): string {
  const isList = Array.isArray(supported) && supported.every((name) => typeof name === 'string');
  if (!isDefaultScope || !isList) return scope;
  const isKnown = (name: string) => name === 'openid' || supported.includes(name);
  return scope.split(' ').filter(isKnown).join(' ');
}

/** RFC 9126 §2: the parameters travel on the back channel, the browser carries a reference. */
async function push(parameters: URLSearchParams, metadata: Metadata, deps: Deps): Promise<URLSearchParams> {
  const client = clientOf(deps.client);
  if (!metadata.pushed_authorization_request_endpoint)
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', {
      reason: see('PAR is required without an endpoint', deps.client.par === 'require' ? 'SSO_PROFILE' : undefined),
    });
  const response = await oauth.pushedAuthorizationRequest(
    metadata,
    client,
    await clientAuthentication(deps.client, metadata),
    parameters,
    { [oauth.customFetch]: within(deps.fetch, PAR_TIMEOUT_MS, 'par'), ...insecureFor(metadata) },
  );
  if (response.status !== 201) {
    const failure = await tokenEndpointFailure(response, deps.now());
    // No code was sent, so none can have been refused.
    throw failure.code === 'CODE_REJECTED' ? new ProviderError('PROVIDER_ERROR', failure.details) : failure;
  }
  try {
    const { request_uri } = await oauth.processPushedAuthorizationResponse(metadata, client, response);
    return new URLSearchParams({ client_id: deps.client.clientId, request_uri });
  } catch (cause) {
    throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: 'the PAR answer cannot be used', cause });
  }
}

/** A callback's parameters, each at most once (RFC 6749 §3.1), and as long as the server's request line lets through. */
export function callbackParameters(url: URL): URLSearchParams {
  const seen = new Set<string>();
  for (const name of url.searchParams.keys()) {
    if (seen.has(name)) throw new RequestError('BAD_REQUEST', { reason: 'doubled parameter' });
    seen.add(name);
  }
  return url.searchParams;
}

/** A callback's parameters after every check that comes before the code; `exchangeCode` accepts nothing else. */
export type ValidatedCallback = URLSearchParams & { readonly __validated: unique symbol };

/**
 * Checks `iss` (RFC 9207 §2.4), then `error` (OIDC Core §3.1.2.6), then that there is a code. By its `state` the flow was
 * found; it is compared once more at the end.
 */
export function validateCallback(
  parameters: URLSearchParams,
  state: string,
  metadata: Metadata,
  client: Pick<ProviderSettings, 'clientId' | 'clockToleranceSeconds' | 'tenants' | 'par' | 'profile'>,
): ValidatedCallback {
  const iss = parameters.get('iss');
  const announced = metadata.authorization_response_iss_parameter_supported === true;
  const error = parameters.get('error');
  // An error grants nothing, and some providers that announce `iss` leave it out there. FAPI 2.0 Security Profile §5.3.3.2
  // wants it in each.
  const isRequired = client.profile === 'fapi2' || (announced && error === null);
  if (iss === null ? isRequired : !isIssuer(iss, metadata.issuer, client))
    throw new RequestError('ISSUER_MISMATCH', {
      reason: iss === null ? 'iss is missing' : see('iss is another issuer', 'SSO_ISSUER, SSO_TENANTS'),
    });
  if (error !== null) throw authorizationError(error, parameters, cureOf(error, metadata, client));
  if (!parameters.get('code')) throw new RequestError('BAD_REQUEST', { reason: 'code is missing' });
  try {
    const as = iss === null ? metadata : { ...metadata, issuer: iss }; // which may be that of a tenant
    return oauth.validateAuthResponse(as, clientOf(client), parameters, state) as ValidatedCallback;
  } catch (cause) {
    throw new RequestError('BAD_REQUEST', { reason: 'not an authorization code response', cause });
  }
}

/** Keycloak's `error_description` of a sign-in page that was left open too long. */
export const EXPIRED_THERE = 'authentication_expired';

const NEEDS_PERSON = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

function authorizationError(error: string, parameters: URLSearchParams, cure: string | undefined) {
  const ref = supportRef(parameters.get('error_ref'), parameters.get('request_id'));
  const details = {
    reason: see(errorReason('authorization error', error), cure),
    ...(ref && { supportRef: ref }),
  };
  if (error === 'access_denied') return new RequestError('SIGN_IN_DENIED', details);
  // OpenID Connect Unmet Authentication Requirements 1.0 §2: the provider has no such acr for this person
  if (error === 'unmet_authentication_requirements') return new RequestError('STEP_UP_NOT_MET', details);
  if (NEEDS_PERSON.includes(error)) return new RequestError('SIGN_IN_INCOMPLETE', details);
  if (parameters.get('error_description') === EXPIRED_THERE) return new RequestError('SIGN_IN_INCOMPLETE', details);
  if (error === 'temporarily_unavailable')
    return new ProviderError('PROVIDER_UNAVAILABLE', { ...details, retryAfterSeconds: 5 });
  if (error === 'unauthorized_client') return new ProviderError('CLIENT_REJECTED', details);
  return new ProviderError('PROVIDER_ERROR', details);
}

/** What a provider may want of the request, by the errors that it has no better word for. */
function cureOf(error: string, metadata: Metadata, client: Pick<ProviderSettings, 'par'>): string | undefined {
  if (error !== 'invalid_request') return undefined;
  const mayWantPar = metadata.pushed_authorization_request_endpoint && !isPushed(client, metadata);
  return `SSO_AUTHORIZATION_PARAMS, SSO_RESPONSE_MODE${mayWantPar ? ', SSO_PAR' : ''}`;
}
