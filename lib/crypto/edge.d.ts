/** As much of it as `lib/crypto/bytes.ts` uses. All of Node's types would let Node's modules in everywhere. */
declare module 'node:buffer' {
  export const Buffer: { from(text: string, encoding: 'base64url'): Uint8Array<ArrayBuffer> };
}
