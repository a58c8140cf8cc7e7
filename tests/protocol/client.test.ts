import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { clientAuthentication, revocationAuthentication } from '../../lib/protocol/client-auth';
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

describe('HTTP Basic', () => {
  it.each([
    ['a-b._~c', 'a-b._~c'], // RFC 3986 §2.3: unreserved, so that servers that decode nothing take it too
    ['a b', 'a+b'],
    ['ä:/?#%+', '%C3%A4%3A%2F%3F%23%25%2B'],
    ["!'()*", '%21%27%28%29%2A'],
  ])('form-encodes %s as %s', async (text, expected) => {
    const client = { ...secret, clientId: text, clientSecret: text, clientAuthMethod: 'client_secret_basic' } as const;
    const { headers } = await proof(client);
    const [scheme, credentials] = (headers.get('authorization') ?? '').split(' ');
    expect([scheme, atob(credentials ?? '')]).toEqual(['Basic', `${expected}:${expected}`]);
  });
});

describe('an assertion', () => {
  async function assertion(more: object, audience: 'issuer' | 'token_endpoint' = 'issuer') {
    const jwk = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
    const client = {
      clientId: 'gate',
      clientSecret: JSON.stringify({ ...jwk, ...more }),
      clientAuthMethod: 'private_key_jwt',
      clientAssertionAudience: audience,
    } as const;
    const jwt = (await proof(client)).body.get('client_assertion') ?? '';
    return { header: decodeProtectedHeader(jwt), payload: decodeJwt(jwt) };
  }

  it('names the certificate of its key, where the JWK does', async () => {
    const { header } = await assertion({ kid: 'k', x5t: 'thumb', 'x5t#S256': 'print', x5c: ['certificate'] });
    expect(header).toEqual({ alg: 'ES256', kid: 'k', x5t: 'thumb', 'x5t#S256': 'print' });
    expect((await assertion({ x5t: 7 })).header).toEqual({ alg: 'ES256' });
  });

  it.each([
    ['issuer', 'https://op.example'],
    ['token_endpoint', 'https://op.example/token'],
  ] as const)('is for the %s', async (audience, expected) => {
    const { payload } = await assertion({}, audience);
    expect(payload).toMatchObject({ aud: expected, iss: 'gate', sub: 'gate', jti: expect.any(String) });
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sub']); // no nbf: clocks differ
  });
});

describe('at the revocation endpoint', () => {
  const POST = ['client_secret_post'];
  const BASIC = ['client_secret_basic'];
  it.each([
    [undefined, POST, undefined, 'post'],
    [undefined, POST, BASIC, 'basic'],
    [undefined, BASIC, ['private_key_jwt'], 'basic'],
    ['client_secret_post', POST, BASIC, 'basic'],
    ['client_secret_post', POST, ['private_key_jwt'], 'post'],
    ['client_secret_basic', BASIC, [...POST, ...BASIC], 'basic'],
  ] as const)('configured %s, announced %j and for it %j: %s', async (clientAuthMethod, token, own, expected) => {
    const known: Metadata = {
      ...metadata([...token]),
      ...(own && { revocation_endpoint_auth_methods_supported: [...own] }),
    };
    const [body, headers] = [new URLSearchParams(), new Headers()];
    const prove = await revocationAuthentication({ ...secret, clientAuthMethod }, known);
    await prove(known, { client_id: 'gate' }, body, headers);
    expect(headers.has('authorization') ? 'basic' : body.has('client_secret') ? 'post' : 'none').toBe(expected);
  });
});
