import { base64url } from 'jose';

/** `bits` / 8 random bytes from the platform's CSPRNG, as base64url. 256 bits make 43 characters. */
export function randomText(bits = 256): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(bits / 8)));
}

/** SHA-256 of a text, as base64url (43 characters). */
export async function sha256(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}
