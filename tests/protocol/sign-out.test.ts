import { describe, expect, it } from 'vitest';
import type { Metadata } from '../../lib/protocol/discovery';
import { endSessionUrl, revoke } from '../../lib/protocol/sign-out';
import { settingsWith } from '../world/settings';

const METADATA: Metadata = {
  issuer: 'https://op.example',
  authorization_endpoint: 'https://op.example/authorize',
  token_endpoint: 'https://op.example/token',
  jwks_uri: 'https://op.example/jwks',
  end_session_endpoint: 'https://op.example/logout?realm=a',
  revocation_endpoint: 'https://op.example/revoke',
  id_token_signing_alg_values_supported: ['ES256'],
};

const urlOf = (env: Record<string, string>, idTokenHint?: string) =>
  endSessionUrl(METADATA, settingsWith(env).provider, { idTokenHint, state: 's' })?.searchParams;

describe('the end-session URL', () => {
  it('has the parameters of SSO_END_SESSION_PARAMS, with the address after a sign-out in place of its placeholder', () => {
    const parameters = urlOf({ SSO_END_SESSION_PARAMS: 'logout_uri={post_logout_uri}&ui_locales=id' });
    expect(Object.fromEntries(parameters ?? [])).toEqual({
      realm: 'a',
      logout_uri: 'https://site.example/signed-out',
      ui_locales: 'id',
      client_id: 'gate',
      post_logout_redirect_uri: 'https://site.example/signed-out',
      state: 's',
    });
  });

  const bare = endSessionUrl(METADATA, settingsWith().provider, { state: 's' })?.href.length ?? 0;
  const room = 2_000 - bare - '&id_token_hint='.length;

  it('has the hint up to 2,000 characters, and leaves it out beyond', () => {
    expect(urlOf({}, 'x'.repeat(room))?.get('id_token_hint')).toHaveLength(room);
    const without = urlOf({}, 'x'.repeat(room + 1));
    expect(Object.fromEntries(without ?? [])).toEqual(Object.fromEntries(urlOf({}) ?? []));
  });
});

describe('a revocation that is answered', () => {
  const answered = (status: number, body?: object) =>
    revoke({ hint: 'access_token', token: 'planted' }, METADATA, {
      client: settingsWith().provider,
      now: () => 0,
      fetch: async () => (body ? Response.json(body, { status }) : new Response(null, { status })),
    }).then(
      (outcome) => (typeof outcome === 'string' ? outcome : outcome.waitMs),
      (error: { details: { reason?: string } }) => error.details.reason,
    );

  it.each([
    [200, undefined, 'revoked'],
    [200, {}, 'revoked'],
    [400, { error: 'unsupported_token_type' }, 'unsupported'],
    [503, { error: 'unsupported_token_type' }, 'unsupported'],
    [400, { error: 'invalid_request' }, 'revocation answered 400 invalid_request'],
    [400, undefined, 'revocation answered 400'],
    [
      401,
      { error: 'invalid_client' },
      'revocation answered 401 invalid_client; see SSO_CLIENT_SECRET, SSO_CLIENT_AUTH_METHOD',
    ],
    [429, undefined, 5_000],
  ])('%i %j: %s', async (status, body, expected) => {
    expect(await answered(status, body)).toBe(expected);
  });
});
