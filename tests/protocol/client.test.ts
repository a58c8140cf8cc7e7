import { decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { clientAuthentication } from '../../lib/protocol/client-auth';
import type { Metadata } from '../../lib/protocol/discovery';

const metadata = (methods?: string[]): Metadata => ({
  issuer: 'https://op.example',
  authorization_endpoint: 'https://op.example/authorize',
  token_endpoint: 'https://op.example/token',
  jwks_uri: 'https://op.example/jwks',
  id_token_signing_alg_values_supported: ['ES256'],
  ...(methods && { token_endpoint_auth_methods_supported: methods }),
});

/** What a request to the provider carries as the proof of this client. */
async function proof(client: Parameters<typeof clientAuthentication>[0], methods?: string[]) {
  const [body, headers] = [new URLSearchParams(), new Headers()];
  const prove = await clientAuthentication(client, metadata(methods));
  await prove(metadata(methods), { client_id: client.clientId }, body, headers);
  return { body, headers };
}
const secret = {
  clientId: 'gate',
  clientSecret: 'a-client-secret',
  clientAuthMethod: undefined,
  clientAssertionAudience: 'issuer',
} as const;

describe('a client with a secret', () => {
  it.each([
    [['client_secret_basic', 'client_secret_post'], 'post'],
    [['client_secret_post'], 'post'],
    [['private_key_jwt', 'client_secret_basic'], 'basic'],
    [undefined, 'basic'], // OIDC Discovery §3
  ])('where %j is announced sends it by %s', async (methods, expected) => {
    const { body, headers } = await proof(secret, methods);
    expect([body.get('client_secret'), headers.has('authorization')]).toEqual(
      expected === 'post' ? ['a-client-secret', false] : [null, true],
    );
  });

  it('goes by what is configured, whatever is announced', async () => {
    const { headers } = await proof({ ...secret, clientAuthMethod: 'client_secret_basic' }, ['client_secret_post']);
    expect(headers.has('authorization')).toBe(true);
  });

  it('is refused where none is taken', async () => {
    await expect(proof(secret, ['private_key_jwt'])).rejects.toMatchObject({ code: 'CLIENT_REJECTED' });
  });
});

it('an assertion names its key, where the key has a name', async () => {
  const jwk = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
  const kidOf = async (key: object) => {
    const client = {
      clientId: 'gate',
      clientSecret: JSON.stringify(key),
      clientAuthMethod: 'private_key_jwt',
      clientAssertionAudience: 'issuer',
    } as const;
    return decodeProtectedHeader((await proof(client)).body.get('client_assertion') ?? '').kid;
  };
  expect([await kidOf({ ...jwk, kid: 'key-1' }), await kidOf(jwk)]).toEqual(['key-1', undefined]);
});
