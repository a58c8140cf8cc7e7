import { describe, expect, it } from 'vitest';
import type { GateError } from '../../lib/errors';
import { validateCallback } from '../../lib/protocol/authorization';
import type { Metadata } from '../../lib/protocol/discovery';
import { settingsWith } from '../world/settings';

const METADATA: Metadata = {
  issuer: 'https://op.example',
  authorization_endpoint: 'https://op.example/authorize',
  token_endpoint: 'https://op.example/token',
  jwks_uri: 'https://op.example/jwks',
  id_token_signing_alg_values_supported: ['ES256'],
};
const ANNOUNCED = { authorization_response_iss_parameter_supported: true };
const OFFERS_PAR = { pushed_authorization_request_endpoint: 'https://op.example/par' };

const FAPI2 = { SSO_PROFILE: 'fapi2', SSO_CLIENT_SECRET: '{"kty":"EC","crv":"P-256","d":"d"}' };

/** What a callback with this query comes to, at a provider with these metadata too. */
function outcome(query: string, more: Partial<Metadata>, env: Record<string, string>): string {
  const client = settingsWith(env).provider;
  const metadata = { ...METADATA, ...more, issuer: client.issuer };
  try {
    validateCallback(new URLSearchParams(`state=s&${query}`), 's', metadata, client);
    return 'taken';
  } catch (error) {
    const { code, details } = error as GateError;
    return `${code}: ${details.reason}`;
  }
}

describe('the iss of a callback', () => {
  const WRONG = 'ISSUER_MISMATCH: iss is another issuer; see SSO_ISSUER, SSO_TENANTS';
  const TENANTS = { SSO_ISSUER: 'https://op.example/{tenantid}', SSO_TENANTS: 'one' };
  it.each([
    ['code=c', {}, {}, 'taken'],
    ['code=c&iss=https://op.example', {}, {}, 'taken'],
    ['code=c&iss=https://op.example/', {}, {}, WRONG],
    ['code=c&iss=', {}, {}, WRONG],
    ['code=c', ANNOUNCED, {}, 'ISSUER_MISMATCH: iss is missing'],
    ['code=c&iss=https://op.example/one', ANNOUNCED, TENANTS, 'taken'],
    ['code=c&iss=https://op.example/{tenantid}', ANNOUNCED, TENANTS, 'taken'],
    ['code=c&iss=https://op.example/two', {}, TENANTS, WRONG],
    ['error=access_denied', ANNOUNCED, {}, 'SIGN_IN_DENIED: authorization error access_denied'],
    ['error=access_denied&iss=https://evil.example', {}, {}, WRONG],
    ['code=c', {}, FAPI2, 'ISSUER_MISMATCH: iss is missing'],
    ['code=c&iss=https://op.example', {}, FAPI2, 'taken'],
    ['error=access_denied', {}, FAPI2, 'ISSUER_MISMATCH: iss is missing'],
    ['error=access_denied', ANNOUNCED, FAPI2, 'ISSUER_MISMATCH: iss is missing'],
    ['error=access_denied&iss=https://op.example', {}, FAPI2, 'SIGN_IN_DENIED: authorization error access_denied'],
  ])('%s at %j with %j: %s', (query, more, env, expected) => {
    expect(outcome(query, more, env)).toBe(expected);
  });
});

describe('an error of the authorization endpoint names the cure', () => {
  const INVALID =
    'PROVIDER_ERROR: authorization error invalid_request; see SSO_AUTHORIZATION_PARAMS, SSO_RESPONSE_MODE';
  it.each([
    ['invalid_request', {}, {}, INVALID],
    ['invalid_request', OFFERS_PAR, {}, `${INVALID}, SSO_PAR`],
    ['invalid_request', OFFERS_PAR, { SSO_PAR: 'always' }, INVALID],
    ['invalid_target', {}, {}, 'PROVIDER_ERROR: authorization error invalid_target; see SSO_AUTHORIZATION_PARAMS'],
    ['invalid_scope', {}, {}, 'PROVIDER_ERROR: authorization error invalid_scope; see SSO_SCOPE'],
    [
      'unauthorized_client',
      {},
      {},
      'CLIENT_REJECTED: authorization error unauthorized_client; see SSO_CLIENT_ID, SSO_CLIENT_AUTH_METHOD',
    ],
    ['server_error', {}, {}, 'PROVIDER_ERROR: authorization error server_error'],
    ['planted text', {}, {}, 'PROVIDER_ERROR: authorization error'],
  ])('%s at %j with %j: %s', (error, more, env, expected) => {
    expect(outcome(`error=${error}`, more, env)).toBe(expected);
  });
});
