import { CompactEncrypt, compactDecrypt } from 'jose';
import type { Purpose } from '../../lib/crypto/seal';

const text = new TextEncoder();

/** What a deployment's keys are made of. */
export interface Deployment {
  readonly secret: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
}

/** Of a world's environment. */
export const deploymentOf = (env: Readonly<Record<string, string | undefined>>): Deployment => ({
  secret: env.SESSION_SECRET ?? '',
  issuer: env.SSO_ISSUER ?? '',
  clientId: env.SSO_CLIENT_ID ?? '',
  redirectUri: env.SSO_REDIRECT_URI ?? '',
});

/** The key of a purpose, derived here once more: a test that forges a value must not trust the code that opens it. */
export async function keyOf(purpose: Purpose, { secret, issuer, clientId, redirectUri }: Deployment) {
  const material = await crypto.subtle.importKey('raw', text.encode(secret), 'HKDF', false, ['deriveKey']);
  const salt = text.encode(JSON.stringify([issuer, clientId, redirectUri]));
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt, info: text.encode(`gatehouse/1/${purpose}`) };
  return crypto.subtle.deriveKey(hkdf, material, { name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
}

/** The same sealed value with another content, under the same key and header. */
export async function reseal(
  purpose: Purpose,
  token: string,
  deployment: Deployment,
  change: (payload: Record<string, unknown>) => unknown,
): Promise<string> {
  const key = await keyOf(purpose, deployment);
  const { plaintext, protectedHeader } = await compactDecrypt(token, key);
  const payload = change(JSON.parse(new TextDecoder().decode(plaintext)) as Record<string, unknown>);
  return new CompactEncrypt(text.encode(JSON.stringify(payload))).setProtectedHeader(protectedHeader).encrypt(key);
}
