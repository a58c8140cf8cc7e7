import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE } from '../../lib/dev-provider/tokens.mjs';
import { startBackend } from '../../local/backend.mjs';
import { type Served, serve } from '../processes/wires';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let issuerKeys: Keys;
let ownKeys: Keys;
let issuer: Served;
let api: Awaited<ReturnType<typeof startBackend>>;

beforeAll(async () => {
  [issuerKeys, ownKeys] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const jwk = { ...(await exportJWK(issuerKeys.publicKey)), kid: 'k', alg: 'ES256' };
  issuer = await serve(async () => Response.json({ keys: [jwk] }));
  api = await startBackend({ issuer: issuer.url, eventMs: 20 });
});
afterAll(() => Promise.all([issuer.close(), api.close()]));

const now = () => Math.floor(Date.now() / 1000);

const tokenWith = (claims: object = {}, { aud = AUDIENCE, typ = 'at+jwt' } = {}) =>
  new SignJWT({ sub: 'person-1', iss: issuer.url, aud, exp: now() + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ, kid: 'k' })
    .sign(issuerKeys.privateKey);

const bearer = async (claims?: object, header?: { aud?: string; typ?: string }) => ({
  authorization: `Bearer ${await tokenWith(claims, header)}`,
});

/** A proof for a request and a token. */
async function proofOf(token: string, { htm = 'GET', path = '/notes', ath = token, iat = now() } = {}) {
  const hash = createHash('sha256').update(ath).digest('base64url');
  const jwk = await exportJWK(ownKeys.publicKey);
  return new SignJWT({ htm, htu: api.url + path, ath: hash, jti: crypto.randomUUID(), iat })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .sign(ownKeys.privateKey);
}

const boundToken = async () =>
  tokenWith({ cnf: { jkt: await calculateJwkThumbprint(await exportJWK(ownKeys.publicKey)) } });
const list = (headers: Readonly<Record<string, string>>) => fetch(`${api.url}/notes`, { headers });

describe('the token that the API of the stand takes', () => {
  it('is one of its issuer, for itself', async () => {
    expect((await list(await bearer())).status).toBe(200);
    for (const headers of [
      {},
      { authorization: 'Bearer x' },
      await bearer({ iss: 'https://elsewhere.example' }),
      await bearer({ exp: now() - 10 }),
      await bearer({}, { aud: 'another' }),
      await bearer({}, { typ: 'JWT' }),
    ]) {
      const refused = await list(headers as Record<string, string>);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    }
  });

  it('is presented with a proof when it is bound to a key', async () => {
    const token = await boundToken();
    const authorization = `DPoP ${token}`;
    expect((await list({ authorization, dpop: await proofOf(token) })).status).toBe(200);
  });

  it.each<[string, (token: string) => Promise<Record<string, string>>]>([
    ['as Bearer', async (token) => ({ authorization: `Bearer ${token}`, dpop: await proofOf(token) })],
    ['without a proof', async (token) => ({ authorization: `DPoP ${token}` })],
    ['with the proof of another method', (token) => dpop(token, proofOf(token, { htm: 'POST' }))],
    ['with the proof of another path', (token) => dpop(token, proofOf(token, { path: '/uploads' }))],
    ['with the proof of another token', (token) => dpop(token, proofOf(token, { ath: 'x' }))],
    ['with an old proof', (token) => dpop(token, proofOf(token, { iat: now() - 120 }))],
  ])('is refused when it is bound to a key and comes %s', async (_, headers) => {
    expect((await list(await headers(await boundToken()))).status).toBe(401);
  });
});

const dpop = async (token: string, proof: Promise<string>) => ({ authorization: `DPoP ${token}`, dpop: await proof });

describe('the API of the stand', () => {
  it('keeps notes apart by person', async () => {
    const [mine, theirs] = [await bearer({ sub: 'a' }), await bearer({ sub: 'b' })];
    const added = await fetch(`${api.url}/notes`, { method: 'POST', headers: mine, body: '{"text":" one "}' });
    expect([added.status, await added.json()]).toEqual([201, expect.objectContaining({ text: 'one' })]);
    expect(await (await list(theirs)).json()).toEqual({ notes: [] });
    const { notes } = (await (await list(mine)).json()) as { notes: { id: string }[] };
    const remove = (headers: Record<string, string>) =>
      fetch(`${api.url}/notes/${notes[0]?.id}`, { method: 'DELETE', headers });
    expect([(await remove(theirs)).status, (await remove(mine)).status]).toEqual([404, 204]);
  });

  it('deletes all notes only with a second factor that is not old (RFC 9470)', async () => {
    const deleteAll = async (claims: object) =>
      fetch(`${api.url}/notes`, { method: 'DELETE', headers: await bearer(claims) });
    const acr = 'urn:sso:loa:mfa';
    for (const claims of [{}, { acr, auth_time: now() - 301 }, { acr: 'urn:sso:loa:pwd', auth_time: now() }]) {
      const refused = await deleteAll(claims);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining(`error="insufficient_user_authentication"`),
      ]);
    }
    expect((await deleteAll({ acr, auth_time: now() - 10 })).status).toBe(204);
  });

  it('counts the bytes of an upload', async () => {
    const sent = { method: 'POST', headers: await bearer(), body: new Uint8Array(200_000) };
    expect(await (await fetch(`${api.url}/uploads`, sent)).json()).toEqual({ bytes: 200_000 });
  });

  it('numbers its events, and goes on after the last one that was seen', async () => {
    const leave = new AbortController();
    const headers = { ...(await bearer()), 'last-event-id': '7' };
    const { body } = await fetch(`${api.url}/events`, { headers, signal: leave.signal });
    let text = '';
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      if (text.includes('id: 10\n')) break;
    }
    leave.abort();
    expect(text.match(/^id: \d+$/gm)?.slice(0, 3)).toEqual(['id: 8', 'id: 9', 'id: 10']);
  });
});
