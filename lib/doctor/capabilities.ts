import { isPushed, requestedScope } from '../protocol/authorization.ts';
import type { Metadata } from '../protocol/discovery.ts';
import { provesPossession } from '../protocol/dpop.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { type Finding, findingsOf, shown } from './finding.ts';

export const CAPABILITIES = findingsOf(
  'discovery',
  {
    'code-flow-missing': {
      severity: 'fault',
      what: 'The provider does not announce `response_type=code`.',
      why: 'The gate signs in by the authorization code flow alone.',
      mend: 'Enable the authorization code flow at the provider.',
    },
    'auth-method-missing': {
      severity: 'fault',
      what: 'The provider does not announce the client authentication method that the gate would use.',
      why: 'The token endpoint answers `invalid_client` to a method that it does not take: no sign-in succeeds.',
      mend: 'Set SSO_CLIENT_AUTH_METHOD to one that the provider announces.',
    },
    'response-mode-missing': {
      severity: 'warning',
      what: 'The provider does not announce the response mode of SSO_RESPONSE_MODE.',
      why: 'It may refuse the authorization request.',
      mend: 'Remove SSO_RESPONSE_MODE (then it is `query`).',
    },
    'pkce-not-announced': {
      severity: 'note',
      what: 'The provider does not announce PKCE.',
      why: 'The gate sends it in any case; a provider that knows it protects the code by it.',
      mend: 'Nothing is to be done.',
    },
    'scope-unknown': {
      severity: 'warning',
      what: 'SSO_SCOPE has scopes that the provider does not list.',
      why: 'A provider may refuse the request with `invalid_scope`, or leave the scope out; claims of it are then missing.',
      mend: 'Remove the scope from SSO_SCOPE, or create it at the provider.',
    },
    'no-renewal': {
      severity: 'note',
      what: 'The sign-in asks for no refresh token.',
      why: 'Sessions live as configured, but an API behind the gate gets no access token after the first one is over.',
      mend: 'Add `offline_access` to SSO_SCOPE; some providers want a parameter instead (Google: SSO_AUTHORIZATION_PARAMS=access_type=offline&prompt=consent).',
    },
    'par-missing': {
      severity: 'warning',
      what: 'SSO_PAR=always, and the provider has no endpoint for pushed requests.',
      why: 'The parameters travel in the address of the browser, as without SSO_PAR.',
      mend: 'Remove SSO_PAR, or enable PAR (RFC 9126) at the provider.',
    },
    'dpop-not-announced': {
      severity: 'warning',
      what: 'SSO_DPOP=require, and the provider does not announce ES256 for DPoP.',
      why: 'A token that is not bound to a key is refused: no sign-in succeeds at a provider without DPoP.',
      mend: 'Set SSO_DPOP=auto, or enable DPoP (RFC 9449) at the provider.',
    },
    'end-session-missing': {
      severity: 'note',
      what: 'The provider has no `end_session_endpoint`.',
      why: 'A sign-out ends the session here; at the provider the person stays signed in, and the next sign-in asks for no password.',
      mend: 'Nothing is to be done here, unless the provider has a setting for it (RP-Initiated Logout).',
    },
    'revocation-missing': {
      severity: 'note',
      what: 'The provider has no `revocation_endpoint`.',
      why: 'After a sign-out the refresh token is forgotten here, and lives on at the provider until it ends by itself.',
      mend: 'Nothing is to be done here.',
    },
    'backchannel-missing': {
      severity: 'note',
      what: 'The provider does not announce back-channel logout.',
      why: 'A sign-out at the provider, or in another of its sites, does not end the session here before the next renewal.',
      mend: 'Nothing is to be done here; with back-channel logout register /auth/backchannel-logout at the provider.',
    },
    'backchannel-sid-missing': {
      severity: 'note',
      what: 'The logout tokens of the provider name no session (`sid`).',
      why: 'A back-channel logout then ends all sessions of the person.',
      mend: 'Set SSO_BACKCHANNEL_SCOPE=sub, which says the same in the configuration.',
    },
    'frontchannel-missing': {
      severity: 'note',
      what: 'SSO_FRONTCHANNEL=on, and the provider does not announce front-channel logout.',
      why: 'The address /auth/frontchannel-logout is open, and is never called.',
      mend: 'Remove SSO_FRONTCHANNEL.',
    },
    'userinfo-missing': {
      severity: 'fault',
      what: 'SSO_USERINFO=always, and the provider has no userinfo endpoint.',
      why: 'Every sign-in ends with an error.',
      mend: 'Set SSO_USERINFO=auto.',
    },
  },
  { 'capabilities-suffice': 'The provider supports what the configuration needs.' },
);

const listed = (list: unknown): readonly string[] | undefined =>
  Array.isArray(list) ? list.filter((one) => typeof one === 'string') : undefined;

/** What the provider announces against what the configuration needs. */
export function checkCapabilities(metadata: Metadata, provider: ProviderSettings): Finding[] {
  const findings = [
    ...ofRequest(metadata, provider),
    ...authMethod(metadata, provider),
    ...scopes(metadata, provider),
    ...sender(metadata, provider),
    ...signOut(metadata, provider),
  ];
  if (findings.some(({ severity }) => severity === 'fault' || severity === 'warning')) return findings;
  const pushed = isPushed(provider, metadata) ? ', pushed requests' : '';
  const bound = provesPossession(provider, metadata) ? ', tokens bound by DPoP' : '';
  const what = `The provider supports what the configuration needs (code flow${pushed}${bound}).`;
  return [CAPABILITIES.passed('capabilities-suffice', what), ...findings];
}

function* ofRequest(metadata: Metadata, provider: ProviderSettings): Generator<Finding> {
  if (!(listed(metadata.response_types_supported) ?? ['code']).includes('code'))
    yield CAPABILITIES.found('code-flow-missing');
  const modes = listed(metadata.response_modes_supported);
  if (modes && !modes.includes(provider.responseMode)) {
    const what = `SSO_RESPONSE_MODE is ${provider.responseMode}, and the provider announces ${names(modes)}.`;
    yield CAPABILITIES.found('response-mode-missing', { what });
  }
  if (metadata.code_challenge_methods_supported === undefined) yield CAPABILITIES.found('pkce-not-announced');
  if (provider.userinfo === 'always' && !metadata.userinfo_endpoint) yield CAPABILITIES.found('userinfo-missing');
}

/** OIDC Discovery §3: without a list it is `client_secret_basic`, which large providers that take more do not mean. */
function* authMethod(metadata: Metadata, provider: ProviderSettings): Generator<Finding> {
  const announced = listed(metadata.token_endpoint_auth_methods_supported);
  if (!announced) return;
  const { clientSecret, clientAuthMethod } = provider;
  const wanted = clientSecret ? clientAuthMethod : 'none';
  const taken = wanted ? [wanted] : ['client_secret_post', 'client_secret_basic'];
  if (taken.some((method) => announced.includes(method))) return;
  const what = `The gate would use ${taken.join(' or ')}, and the provider announces ${names(announced)}.`;
  const mend = clientSecret
    ? `SSO_CLIENT_AUTH_METHOD=${shown(announced.find((one) => one !== 'none') ?? 'none')}, if the client is registered so.`
    : 'Set SSO_CLIENT_SECRET, or register the client as a public one.';
  yield CAPABILITIES.found('auth-method-missing', { what, mend });
}

function* scopes(metadata: Metadata, provider: ProviderSettings): Generator<Finding> {
  const supported = listed(metadata.scopes_supported);
  const sent = requestedScope(provider, metadata).split(' ');
  const unknown = supported ? sent.filter((scope) => scope !== 'openid' && !supported.includes(scope)) : [];
  if (unknown.length > 0) {
    const what = `SSO_SCOPE has ${names(unknown)}, which the provider does not list.`;
    yield CAPABILITIES.found('scope-unknown', { what });
  }
  if (!sent.includes('offline_access') && provider.authorizationParams.access_type !== 'offline')
    yield CAPABILITIES.found('no-renewal');
}

function* sender(metadata: Metadata, provider: ProviderSettings): Generator<Finding> {
  if (provider.par === 'always' && !metadata.pushed_authorization_request_endpoint)
    yield CAPABILITIES.found('par-missing');
  const isAnnounced = listed(metadata.dpop_signing_alg_values_supported)?.includes('ES256') === true;
  if (provider.dpop === 'require' && !isAnnounced) yield CAPABILITIES.found('dpop-not-announced');
}

function* signOut(metadata: Metadata, provider: ProviderSettings): Generator<Finding> {
  if (!metadata.end_session_endpoint) yield CAPABILITIES.found('end-session-missing');
  if (!metadata.revocation_endpoint) yield CAPABILITIES.found('revocation-missing');
  if (metadata.backchannel_logout_supported !== true) yield CAPABILITIES.found('backchannel-missing');
  else if (metadata.backchannel_logout_session_supported !== true && provider.backchannelScope === 'sid')
    yield CAPABILITIES.found('backchannel-sid-missing');
  if (provider.frontchannel === 'on' && metadata.frontchannel_logout_supported !== true)
    yield CAPABILITIES.found('frontchannel-missing');
}

const names = (list: readonly string[]) => shown(list.join(', ') || 'none');
