import { base64url } from 'jose';
import { toBase64url } from './bytes.ts';

const utf8 = new TextEncoder();

/** `bits` / 8 random bytes from the platform's CSPRNG, as base64url. 256 bits make 43 characters. */
export function randomText(bits = 256): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(bits / 8)));
}

/** SHA-256 of a text, as base64url (43 characters). */
export async function sha256(text: string): Promise<string> {
  return toBase64url(await crypto.subtle.digest('SHA-256', utf8.encode(text)));
}
