import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

const EXPIRED = 901;
const fetches = ({ provider }: World) => provider.calls('jwks').length;
const another = async (): Promise<JWK> => {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig' };
};

describe.each(['own', 'constant', 'absent'] as const)('a provider whose key ids are %s', (keyIds) => {
  it('changes its key: the next sign-in and the next renewal fetch it, once for all isolates', async () => {
    const world = await createWorld({ provider: { keyIds } });
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const browser = await world.signedIn('/admin');
    await world.provider.rotateKeys();
    const before = fetches(world);
    expect((await world.browser().navigate('/admin')).response.status).toBe(200);
    expect(fetches(world) - before).toBe(1);
    world.provider.person = { ...world.provider.person, roles: [] };
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403); // so the new ID token was believed
    expect(fetches(world) - before).toBe(1);
  });

  it('changes its key just before a renewal: its ID token is believed', async () => {
    const world = await createWorld({ provider: { keyIds } });
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const browser = await world.signedIn('/admin');
    await world.provider.rotateKeys();
    world.provider.person = { ...world.provider.person, roles: [] };
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'refreshed' })]);
  });

  it('is not believed for a key that it never published, whatever the look-up brings', async () => {
    const world = await createWorld({ provider: { keyIds } });
    await world.signedIn();
    world.provider.lies.idTokenSigning = { otherKey: true };
    const before = fetches(world);
    const { response } = await world.browser().navigate('/dashboard');
    expect([response.status, fetches(world) - before]).toEqual([502, 1]);
    expect(world.events('problem')).toEqual([
      expect.objectContaining({ code: 'ID_TOKEN_INVALID', reason: 'signature' }),
    ]);
  });
});

it('a key that is not published yet ends no session: the ID token of a renewal is not believed until it is', async () => {
  const world = await createWorld();
  world.provider.person = { ...world.provider.person, roles: ['admin'] };
  const browser = await world.signedIn('/admin');
  const jwks = await world.provider.handle(new Request(`${world.provider.issuer}/.well-known/jwks.json`));
  const old = (await jwks.json()) as Record<string, unknown>;
  await world.provider.rotateKeys();
  world.provider.lies.jwks = () => old; // as a cache in front of the provider has it
  world.provider.person = { ...world.provider.person, roles: [] };
  for (let round = 0; round < 2; round += 1) {
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(200);
  }
  expect(world.events('tokens_revoked')).toEqual([]);
  world.provider.beHonest();
  world.pass(EXPIRED);
  expect((await browser.navigate('/admin')).response.status).toBe(403);
  expect(world.events('renewal').map(({ outcome }) => outcome)).toEqual(Array(3).fill('refreshed'));
});

it('a renewal whose ID token another key has signed, under the id of a published one, ends the session', async () => {
  const world = await createWorld();
  const browser = await world.signedIn();
  world.provider.lies.idTokenSigning = { otherKey: true };
  world.pass(EXPIRED);
  expect((await browser.fetch('/api/me')).status).toBe(401);
  expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'ended', reason: 'signature' })]);
});

it('a token whose algorithm is not allowed costs no look-up', async () => {
  const world = await createWorld();
  await world.signedIn();
  world.provider.lies.idTokenSigning = { alg: 'none' };
  const before = fetches(world);
  expect((await world.browser().navigate('/dashboard')).response.status).toBe(502);
  expect(fetches(world)).toBe(before);
});

describe('a published set', () => {
  const kinds: [string, (own: JWK) => Promise<readonly unknown[]>][] = [
    ['with another key before it, under the same kid', async (own) => [{ ...(await another()), kid: own.kid }, own]],
    ['with another key after it, under the same kid', async (own) => [own, { ...(await another()), kid: own.kid }]],
    ['with entries that are no keys', async (own) => [null, 7, 'key', [], own]],
    ['with a key of another type', async (own) => [{ kty: 'XYZ', kid: own.kid, use: 'sig' }, own]],
    [
      'with a key on a curve that is not supported',
      async (own) => [{ kty: 'OKP', crv: 'X25519', x: 'AAAA', kid: own.kid }, own],
    ],
    ['with a key that cannot be imported', async (own) => [{ ...own, x: 'AAAA' }, own]],
    ['with a symmetric key', async (own) => [{ kty: 'oct', k: 'AAAA', kid: own.kid }, own]],
    ['with a key for encryption', async (own) => [{ ...(await another()), kid: own.kid, use: 'enc' }, own]],
    ['whose key has no alg', async ({ alg: _, ...own }) => [own]],
    ['whose key has no alg and no use', async ({ alg: _alg, use: _use, ...own }) => [own]],
    ['whose keys have no id', async ({ kid: _, ...own }) => [own]],
    ['whose keys have no id, one of them of another key', async ({ kid: _, ...own }) => [await another(), own]],
    [
      'with a key that has no id, and another one that has',
      async ({ kid: _, ...own }) => [{ ...(await another()), kid: 'x' }, own],
    ],
    ['whose key has a number for an id', async (own) => [{ ...own, kid: 7 }]],
    [
      'whose members say nothing',
      async (own) => [{ ...own, alg: null, use: '', key_ops: [], ext: null, x5c: [], x5t: '' }],
    ],
  ];
  it.each(kinds)('%s: a sign-in succeeds, with one look-up', async (_, make) => {
    const world = await createWorld();
    const jwks = await world.provider.handle(new Request(`${world.provider.issuer}/.well-known/jwks.json`));
    const keys = await make(((await jwks.json()) as { readonly keys: [JWK] }).keys[0]);
    world.provider.lies.jwks = () => ({ keys });
    const before = fetches(world);
    const browser = await world.signedIn();
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(fetches(world) - before).toBe(1);
  });

  it.each<[string, (own: JWK) => Promise<readonly unknown[]>]>([
    ['under another id', async (own) => [{ ...own, kid: 'another' }]],
    ['under another id, beside one without', async (own) => [{ ...own, kid: 'another' }, await another()]],
    ['without an id, for another algorithm', async ({ kid: _, ...own }) => [{ ...own, alg: 'ES384' }]],
    ['without an id, for encryption', async ({ kid: _, ...own }) => [{ ...own, use: 'enc' }]],
    ['not, but another without an id', async () => [await another()]],
  ])('with the key of the token %s proves nothing', async (_, make) => {
    const world = await createWorld();
    const jwks = await world.provider.handle(new Request(`${world.provider.issuer}/.well-known/jwks.json`));
    const keys = await make(((await jwks.json()) as { readonly keys: [JWK] }).keys[0]);
    world.provider.lies.jwks = () => ({ keys });
    expect((await world.browser().navigate('/dashboard')).response.status).toBe(502);
    expect(world.events('problem')).toEqual([
      expect.objectContaining({ code: 'ID_TOKEN_INVALID', reason: 'signature' }),
    ]);
  });

  it('with nothing but a key for encryption proves nothing', async () => {
    const world = await createWorld();
    world.provider.lies.jwks = (json) => ({ keys: (json.keys as JWK[]).map((key) => ({ ...key, use: 'enc' })) });
    expect((await world.browser().navigate('/dashboard')).response.status).toBe(502);
  });
});
