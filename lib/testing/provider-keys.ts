import { base64url, CompactSign, type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK } from 'jose';
import type { JsonObject } from './provider-answers.ts';
import type { Settings } from './provider-settings.ts';

/** A signature that must not be believed, or one that is right under a header that makes it hard to check. */
export type SigningFault =
  /** RFC 7519 §6: no signature at all. */
  | { readonly alg: 'none' }
  /** RFC 8725 §2.1: an HMAC whose key is the text of the public key. */
  | { readonly hs256WithPublicKey: 'pem' | 'jwk' }
  /** Signed by a key that was never published, under the `kid` of one that was. */
  | { readonly otherKey: true }
  /** Signed by an unpublished key that the header brings along (RFC 7515 §4.1.3). */
  | { readonly embeddedKey: true }
  /** Signed rightly, by a published key, with an algorithm that discovery does not announce. */
  | { readonly otherAlg: string }
  /** Signed rightly; the header says that it is another thing, or nothing. */
  | { readonly typ: unknown }
  /** Signed rightly; the header names this key, or none. */
  | { readonly kid: string | undefined };

interface Key {
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** As published. */
  readonly jwk: JWK;
}

export interface Keys {
  jwks(): JsonObject;
  /** A new key under a new `kid`; the old one is gone from the published set at once. */
  rotate(): Promise<void>;
  /** A compact JWS over the claims. */
  sign(claims: JsonObject, typ: string, fault?: SigningFault): Promise<string>;
}

export async function createKeys({ alg, keyIds }: Pick<Settings, 'alg' | 'keyIds'>): Promise<Keys> {
  const own = async () => named(await generate(alg), keyIds);
  let current = await own();
  let others: Key[] = [];
  const publishedOther = async (other: string): Promise<Key> => {
    const known = others.find((key) => key.alg === other);
    const key = known ?? (await generate(other));
    if (!known) others.push(key);
    return key;
  };
  return {
    jwks: () => ({ keys: [current, ...others].map(({ jwk }) => jwk) }),
    async rotate() {
      current = await own();
      others = [];
    },
    async sign(claims, typ, fault) {
      const payload = encode(claims);
      const { kid } = current.jwk;
      if (!fault) return jws(payload, { alg, ...(kid && { kid }), typ }, current.privateKey);
      if ('alg' in fault) return `${base64url.encode(encode({ alg: 'none', typ }))}.${base64url.encode(payload)}.`;
      if ('typ' in fault)
        return jws(payload, { alg, kid, ...(fault.typ !== undefined && { typ: fault.typ }) }, current.privateKey);
      if ('kid' in fault)
        return jws(payload, { alg, typ, ...(fault.kid !== undefined && { kid: fault.kid }) }, current.privateKey);
      if ('hs256WithPublicKey' in fault)
        return jws(payload, { alg: 'HS256', kid, typ }, await textOf(current, fault.hs256WithPublicKey));
      if ('otherAlg' in fault) {
        const other = await publishedOther(fault.otherAlg);
        return jws(payload, { alg: other.alg, kid: other.jwk.kid, typ }, other.privateKey);
      }
      const other = await generate(alg);
      const header = 'embeddedKey' in fault ? { alg, typ, jwk: other.jwk } : { alg, kid, typ };
      return jws(payload, header, other.privateKey);
    },
  };
}

/** A client's own key for `private_key_jwt`; `text` is what it is configured with. */
export async function createClientKey(alg: string): Promise<{ readonly publicKey: CryptoKey; readonly text: string }> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { publicKey, text: JSON.stringify({ ...(await exportJWK(privateKey)), alg, kid: 'client-key' }) };
}

async function generate(alg: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const kid = `key-${crypto.randomUUID().slice(0, 8)}`;
  return { alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** The key under the `kid` that this provider gives it. */
function named({ jwk: { kid, ...jwk }, ...key }: Key, keyIds: Settings['keyIds']): Key {
  const name = { own: { kid }, constant: { kid: 'the-key' }, absent: {} }[keyIds];
  return { ...key, jwk: { ...jwk, ...name } as JWK };
}

/** The bytes that a verifier would hold in its hand if it took the published key for an HMAC secret. */
async function textOf({ publicKey, jwk }: Key, form: 'pem' | 'jwk'): Promise<Uint8Array> {
  return new TextEncoder().encode(form === 'pem' ? await exportSPKI(publicKey) : JSON.stringify(jwk));
}

const encode = (value: JsonObject) => new TextEncoder().encode(JSON.stringify(value));

/** `CompactSign` and not `SignJWT`, which checks claims: a fault may make any type of them. */
const jws = (payload: Uint8Array, header: JsonObject & { alg: string }, key: CryptoKey | Uint8Array) =>
  new CompactSign(payload).setProtectedHeader(header).sign(key);
