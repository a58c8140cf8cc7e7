/** As much of it as `lib/crypto/bytes.ts` uses. All of Node's types would let Node's modules in everywhere. */
declare module 'node:buffer' {
  type Bytes = Uint8Array<ArrayBuffer> & { toString(encoding: 'base64'): string };
  export const Buffer: {
    from(text: string, encoding: 'base64'): Bytes;
    from(bytes: ArrayBuffer): Bytes;
    concat(parts: Uint8Array[]): Bytes;
  };
}
