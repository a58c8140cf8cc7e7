import { describe, expect, it } from 'vitest';
import { createMetadata } from '../../lib/provider/metadata';
import type { Documents } from '../../lib/store/provider-cache';

const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'end_session_endpoint',
  'revocation_endpoint',
  'pushed_authorization_request_endpoint',
];

/** What an issuer's metadata come to, when one member is another. */
async function discovered(issuer: string, change: Readonly<Record<string, unknown>>) {
  const honest = Object.fromEntries(ENDPOINTS.map((name) => [name, `${issuer}/${name}`]));
  const fetch = async () => Response.json({ ...honest, issuer, ...change });
  const recent: Documents['recent'] = async (_name, _age, load) => ({ value: await load(), at: 0 });
  const documents = { recent } as unknown as Documents;
  return createMetadata({ issuer, documents, fetch })().then(
    () => 'taken',
    (error: { code?: string }) => error.code,
  );
}

const HTTPS = 'https://op.example';
const LOCAL = 'http://127.0.0.1:4000';

describe.each(ENDPOINTS)('%s', (name) => {
  it.each([
    [HTTPS, 'http://op.example/x'],
    [HTTPS, 'http://127.0.0.1:4000/x'],
    [HTTPS, 'https://user@op.example/x'],
    [HTTPS, 'https://user:secret@op.example/x'],
    [HTTPS, 'https://:secret@op.example/x'],
    [HTTPS, 'https://op.example/x#here'],
    [HTTPS, 'https://op.example/x#'],
    [HTTPS, 'ftp://op.example/x'],
    [HTTPS, '/x'],
    [HTTPS, ''],
    [HTTPS, null],
    [HTTPS, ['https://op.example/x']],
    [LOCAL, 'http://op.example/x'],
    [LOCAL, 'http://10.0.0.7/x'],
    [LOCAL, 'http://localhost.evil.example/x'],
    [LOCAL, 'http://127.0.0.1@evil.example/x'],
    [LOCAL, 'http://user@127.0.0.1:4000/x'],
    [LOCAL, 'http://127.0.0.1:4000/x#here'],
    [LOCAL, 'ws://127.0.0.1:4000/x'],
  ])('of %s is refused as %j', async (issuer, value) => {
    expect(await discovered(issuer, { [name]: value })).toBe('PROVIDER_RESPONSE_INVALID');
  });

  it.each([
    [HTTPS, 'https://login.example/x?tenant=a%2Fb'],
    [LOCAL, 'http://127.0.0.1:4000/x'],
    [LOCAL, 'http://localhost:4001/x'],
    [LOCAL, 'http://[::1]:4001/x'],
    [LOCAL, 'https://op.example/x'],
  ])('of %s is taken as %j', async (issuer, value) => {
    expect(await discovered(issuer, { [name]: value })).toBe('taken');
  });
});
