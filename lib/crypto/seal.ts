import { base64url, CompactEncrypt, type JWTPayload } from 'jose';
import type { ProviderSettings, SessionSettings } from '../types/settings.ts';
import { fromBase64url, joinBytes, toBase64url } from './bytes.ts';

/**
 * The format of everything that is sealed, written into it as `v` beside the provider's name as `p`. A change of any sealed
 * shape raises the version: a value of another one does not open, which ends no request with an error. Without it an older
 * shape would be read as the newer one. Both names are short, because a cookie travels with every request.
 */
const FORMAT_VERSION = 1;

/** What a sealed value is for. One HKDF label and one `typ` each, so that none opens as another. */
export type Purpose = 'session' | 'flow' | 'trips' | 'record' | 'metadata' | 'hint' | 'device' | 'problem';

/** Seals and opens values with keys that never leave this closure. */
export interface Sealer {
  /** Compact JWE (`dir`, `A256GCM`) that `open` accepts until `expiresAt` (seconds since the epoch). */
  seal(purpose: Purpose, payload: JWTPayload, expiresAt: number): Promise<string>;
  /**
   * The payload; null for a text that is not byte for byte what `seal` of this purpose made, is over, or has another format
   * version or provider name.
   */
  open(purpose: Purpose, token: string): Promise<JWTPayload | null>;
  /** HMAC-SHA-256 of a text under a key of this deployment, base64url: names it without giving it away. */
  fingerprint(text: string): Promise<string>;
  /** The same by each secret that opens, the one that seals first: what was named before a rotation. */
  fingerprints(text: string): Promise<readonly string[]>;
}

interface Deps {
  readonly settings: {
    readonly session: Pick<SessionSettings, 'secrets'>;
    readonly provider: Pick<ProviderSettings, 'name' | 'issuer' | 'clientId' | 'redirectUri'>;
  };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Ring {
  readonly key: CryptoKey;
  readonly header: { readonly alg: 'dir'; readonly enc: 'A256GCM'; readonly typ: string; readonly kid: string };
  /** What every token of this ring begins with: the encoded header, and the empty key of `dir`. */
  readonly start: string;
  /** The same header as additional data (RFC 7516 §5.2 step 14). */
  readonly aad: Uint8Array<ArrayBuffer>;
}

/** A cookie is at most 4 KB. What we keep in Redis is as large as the tokens and keys that a provider chose to send. */
const maxLength = (purpose: Purpose) => (['record', 'metadata', 'hint'].includes(purpose) ? 4_194_304 : 8_192);

/**
 * Key ring of a deployment: HKDF-SHA-256 (RFC 5869) with one `info` label per purpose, AES-256-GCM through JWE. The
 * first of `SESSION_SECRET`'s entries seals, all of them open. Issuer, client and redirect URI are the salt: nothing
 * sealed by one deployment opens in another that shares the secret.
 */
export function createSealer({ settings, now }: Deps): Sealer {
  const { name, issuer, clientId, redirectUri } = settings.provider;
  const { secrets } = settings.session;
  const binding = JSON.stringify([issuer, clientId, redirectUri]);
  const format = { v: FORMAT_VERSION, p: name };
  // Resolved keys only: a promise kept here would belong to the request that made it, and may never settle for others.
  const rings = new Map<Purpose, readonly Ring[]>();
  const ring = async (purpose: Purpose) => {
    const known = rings.get(purpose);
    if (known) return known;
    const made = await Promise.all(secrets.map((secret) => derive(secret, binding, purpose)));
    rings.set(purpose, made);
    return made;
  };

  const hmacKeys: CryptoKey[] = [];
  const hmac = async (text: string, place: number) => {
    hmacKeys[place] ??= await deriveHmac(secrets[place] ?? '', binding);
    return toBase64url(await crypto.subtle.sign('HMAC', hmacKeys[place], bytes.encode(text)));
  };

  return {
    fingerprint: (text) => hmac(text, 0),
    fingerprints: (text) => Promise.all(secrets.map((_, place) => hmac(text, place))),

    async seal(purpose, payload, expiresAt) {
      const [first] = await ring(purpose);
      if (!first) throw new Error('empty key ring');
      return new CompactEncrypt(bytes.encode(JSON.stringify({ ...payload, ...format, exp: expiresAt })))
        .setProtectedHeader({ ...first.header })
        .encrypt(first.key);
    },

    async open(purpose, token) {
      if (token.length > maxLength(purpose)) return null;
      // Only our own header, to the letter: it names purpose, algorithms and key, so there is nothing to negotiate and
      // nothing to decompress. What is left of RFC 7516 §5.2 is AES-GCM.
      const entry = (await ring(purpose)).find(({ start }) => token.startsWith(start));
      const parts = entry && sealedParts(token.slice(entry.start.length));
      if (!parts) return null;
      const { key, aad: additionalData } = entry;
      try {
        const plaintext = await crypto.subtle.decrypt(
          { name: 'AES-GCM', iv: parts.iv, additionalData },
          key,
          parts.text,
        );
        const { v, p, ...payload } = JSON.parse(utf8.decode(plaintext)) as JWTPayload;
        if (v !== format.v || p !== format.p) return null;
        // RFC 7519 §4.1.4: over at the time that it names
        return typeof payload.exp === 'number' && payload.exp > Math.floor(now() / 1000) ? payload : null;
      } catch {
        // Whatever is wrong with it, the holder learns nothing from the difference.
        return null;
      }
    },
  };
}

const bytes = new TextEncoder();
const utf8 = new TextDecoder();

const keyMaterial = (secret: string) =>
  crypto.subtle.importKey('raw', bytes.encode(secret), 'HKDF', false, ['deriveBits', 'deriveKey']);

const hkdf = (binding: string, label: string) => ({
  name: 'HKDF',
  hash: 'SHA-256',
  salt: bytes.encode(binding),
  info: bytes.encode(`gatehouse/1/${label}`),
});

async function derive(secret: string, binding: string, purpose: Purpose): Promise<Ring> {
  const material = await keyMaterial(secret);
  const aes = { name: 'AES-GCM', length: 256 };
  const [kid, key] = await Promise.all([
    crypto.subtle.deriveBits(hkdf(binding, `${purpose}/kid`), material, 48),
    crypto.subtle.deriveKey(hkdf(binding, purpose), material, aes, false, ['encrypt', 'decrypt']),
  ]);
  const header = {
    alg: 'dir',
    enc: 'A256GCM',
    typ: `gatehouse-${purpose}+jwt`,
    kid: base64url.encode(new Uint8Array(kid)),
  } as const;
  const encoded = base64url.encode(JSON.stringify(header));
  return { key, header, start: `${encoded}..`, aad: bytes.encode(encoded) };
}

async function deriveHmac(secret: string, binding: string): Promise<CryptoKey> {
  const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(hkdf(binding, 'fingerprint'), await keyMaterial(secret), hmac, false, ['sign']);
}

/**
 * Initialization vector, and the text with its tag, as Web Crypto takes them. One session must be one string: caches
 * are keyed by it.
 */
function sealedParts(rest: string) {
  const [iv, text, tag, ...more] = rest.split('.').map(fromBase64url);
  if (iv?.length !== 12 || !text || tag?.length !== 16 || more.length > 0) return null;
  return { iv, text: joinBytes(text, tag) };
}
