import type { JsonObject } from './provider-answers.ts';
import { endpointBase } from './provider-context.ts';
import type { Endpoint } from './provider-ledger.ts';
import type { Settings } from './provider-settings.ts';

/** Where each endpoint lies below the issuer. Only this file and a reader of discovery may know. */
export const PATHS: Readonly<Record<Exclude<Endpoint, 'unknown'>, string>> = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/.well-known/jwks.json',
  authorization: '/authorize',
  par: '/par',
  token: '/token',
  userinfo: '/userinfo',
  revocation: '/oauth/revoke',
  end_session: '/connect/logout',
};

/** Provider metadata (OIDC Discovery §3). */
export function metadata(settings: Settings): JsonObject {
  const { issuer, alg, authMethods, callbackIss, par, dpop } = settings;
  const at = (endpoint: keyof typeof PATHS) => endpointBase(settings) + PATHS[endpoint];
  return {
    issuer,
    authorization_endpoint: at('authorization'),
    token_endpoint: at('token'),
    jwks_uri: at('jwks'),
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access', 'roles', 'permissions'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    ...(settings.claimsAt !== 'id_token' && { userinfo_endpoint: at('userinfo') }),
    ...(settings.announcesClaims !== 'unannounced' && { claims_supported: settings.announcesClaims }),
    ...(settings.announcesAlgs && { id_token_signing_alg_values_supported: [alg] }),
    ...(settings.announcesPkce && { code_challenge_methods_supported: ['S256'] }),
    ...(authMethods !== 'unannounced' && { token_endpoint_auth_methods_supported: authMethods }),
    ...(settings.client === 'private_key_jwt' && {
      token_endpoint_auth_signing_alg_values_supported: [settings.clientAlg],
    }),
    ...(settings.revocation && { revocation_endpoint: at('revocation') }),
    ...(settings.endSession && { end_session_endpoint: at('end_session') }),
    ...(callbackIss === 'announced' && { authorization_response_iss_parameter_supported: true }),
    ...(par !== 'absent' && { pushed_authorization_request_endpoint: at('par') }),
    ...((dpop === 'announced' || dpop === 'required') && { dpop_signing_alg_values_supported: ['ES256'] }),
    ...(par === 'required' && { require_pushed_authorization_requests: true }),
  };
}
