import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';

/**
 * What the provider signs with. `signingKey` and `cookieKey` are all that a later start needs.
 *
 * @typedef {object} Keys
 * @property {import('jose').JWK} signingKey private
 * @property {string} cookieKey
 * @property {CryptoKey} privateKey
 * @property {CryptoKey} publicKey
 * @property {string} kid
 */

/** The keys of an earlier start, or new ones. @param {any} [saved] @returns {Promise<Keys>} */
export async function keysOf({ signingKey = undefined, cookieKey = undefined } = {}) {
  const jwk = isPrivate(signingKey) ? signingKey : await newKey();
  const { d: _, ...publicJwk } = jwk;
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    signingKey: { ...jwk, kid, alg: 'ES256', use: 'sig' },
    cookieKey: typeof cookieKey === 'string' ? cookieKey : randomBytes(32).toString('base64url'),
    privateKey: /** @type {CryptoKey} */ (await importJWK(jwk, 'ES256')),
    publicKey: /** @type {CryptoKey} */ (await importJWK(publicJwk, 'ES256')),
    kid,
  };
}

const newKey = async () => exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);

/** @param {any} jwk */
const isPrivate = (jwk) => jwk?.kty === 'EC' && ['d', 'x', 'y'].every((name) => typeof jwk[name] === 'string');
