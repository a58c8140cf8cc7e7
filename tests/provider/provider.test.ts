import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../lib/errors';
import type { Metadata } from '../../lib/protocol/discovery';
import { createDpopNonces } from '../../lib/protocol/dpop';
import type { KeySet } from '../../lib/protocol/jwks';
import { createProvider } from '../../lib/provider/provider';
import { settingsWith } from '../world/settings';

const METADATA: Metadata = {
  issuer: 'https://op.example',
  authorization_endpoint: 'https://op.example/authorize',
  token_endpoint: 'https://op.example/token',
  jwks_uri: 'https://op.example/jwks',
  id_token_signing_alg_values_supported: ['ES256'],
};
const record = {
  sub: 'person',
  claims: {},
  tokens: { accessToken: 'at', refreshToken: 'rt', idToken: 'it', scope: 'openid', issuedAt: 1, expiresAt: 2 },
};

/** A provider with these metadata, or none, that gives these answers. */
function provider(
  metadata: Partial<Metadata> | null,
  answer: () => Response = () => new Response('', { status: 500 }),
) {
  const asked: string[] = [];
  const made = createProvider({
    settings: settingsWith().provider,
    metadata: async () => {
      if (metadata === null) throw new ProviderError('PROVIDER_UNAVAILABLE', { reason: 'timeout' });
      return { ...METADATA, ...metadata };
    },
    keys: { warm: async () => {}, use: () => Promise.reject(new Error('no keys')) } satisfies KeySet,
    fetch: async (url) => {
      asked.push(url);
      return answer();
    },
    now: Date.now,
    dpopNonces: createDpopNonces(),
  });
  return { made, asked };
}

describe('a provider whose metadata cannot be had', () => {
  it('is sent no refresh token: the token is unused', async () => {
    const { made, asked } = provider(null);
    expect(await made.refresh('rt', record)).toEqual({
      kind: 'unused',
      reason: 'PROVIDER_UNAVAILABLE',
      backoffMs: 2_000,
      pauseMs: null,
    });
    expect(asked).toEqual([]);
  });

  it('has no end-session endpoint', async () => {
    expect(await provider(null).made.endSession({ state: 's' })).toBeNull();
  });

  it('revokes nothing, and says why', async () => {
    const revoked = await provider(null).made.revoke({ refreshToken: 'rt' });
    expect(revoked).toEqual({ kind: 'failed', reason: 'timeout', isUnreachable: false });
  });
});

describe('a refresh', () => {
  it('is refused when the answer cannot be used, with what it granted', async () => {
    const body = { access_token: 'new', refresh_token: 'next', token_type: 'mac' };
    const { made } = provider({}, () => Response.json(body));
    expect(await made.refresh('rt', record)).toEqual({
      kind: 'refused',
      reason: 'the refresh answer cannot be used',
      granted: { accessToken: 'new', refreshToken: 'next' },
    });
  });

  it('renews the record, and says that the token rotates', async () => {
    const body = { access_token: 'new', refresh_token: 'next', token_type: 'Bearer', expires_in: 60 };
    const { made, asked } = provider({}, () => Response.json(body));
    const refreshed = await made.refresh('rt', record);
    expect(refreshed).toMatchObject({ kind: 'renewed', rotates: true });
    expect(refreshed).toMatchObject({
      record: { tokens: { accessToken: 'new', refreshToken: 'next', idToken: 'it' } },
    });
    expect(asked).toEqual(['https://op.example/token']);
  });

  it('ends with invalid_grant', async () => {
    const { made } = provider({}, () => Response.json({ error: 'invalid_grant' }, { status: 400 }));
    expect(await made.refresh('rt', record)).toEqual({
      kind: 'ended',
      error: 'invalid_grant',
      reason: 'the provider answered 400 invalid_grant',
    });
  });
});

describe('tokens to be revoked', () => {
  it('are none: the provider is not asked', async () => {
    const { made, asked } = provider({ revocation_endpoint: 'https://op.example/revoke' });
    expect(await made.revoke({})).toEqual({ kind: 'none' });
    expect(asked).toEqual([]);
  });

  it('cannot be at a provider without such an endpoint', async () => {
    expect(await provider({}).made.revoke({ refreshToken: 'rt' })).toEqual({ kind: 'unsupported' });
  });
});

it.each([
  [undefined, false],
  [false, false],
  [true, true],
])('with require_pushed_authorization_requests %j PAR is required: %j', async (demanded, required) => {
  const { made } = provider(demanded === undefined ? {} : { require_pushed_authorization_requests: demanded });
  expect(await made.requiresPar()).toBe(required);
});
