import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, createRemoteJWKSet, decodeJwt, EmbeddedJWK, jwtVerify } from 'jose';
import { AUDIENCE } from '../../lib/dev-provider/tokens.mjs';

/** How old a proof may be (RFC 9449 §11.1). */
const PROOF_SECONDS = 60;

/**
 * What the API knows of the token of a request. The token itself is in nothing that it says.
 *
 * @typedef {object} Caller
 * @property {string} scheme
 * @property {boolean} verified
 * @property {string} fingerprint
 * @property {string} [sub]
 * @property {unknown} [aud]
 * @property {unknown} [scope]
 * @property {unknown} [acr]
 * @property {unknown} [auth_time]
 * @property {string} [problem]
 */

/**
 * Reads and verifies access tokens of an issuer (RFC 9068), those that are bound to a key with their proof (RFC 9449).
 *
 * @param {string} [issuer] without it nothing is verified
 * @returns {(request: import('node:http').IncomingMessage) => Promise<Caller | null>} null for a request without a token
 */
export function tokenReader(issuer) {
  const keys = issuer ? createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`)) : undefined;
  return async (request) => {
    const { authorization } = request.headers;
    if (!authorization) return null;
    const [scheme = '', token = ''] = authorization.split(' ');
    const fingerprint = createHash('sha256').update(token).digest('base64url');
    try {
      const verified = issuer !== undefined && keys !== undefined;
      const payload = verified
        ? (await jwtVerify(token, keys, { issuer, audience: AUDIENCE, algorithms: ['ES256'], typ: 'at+jwt' })).payload
        : decodeJwt(token);
      const { sub, aud, scope, acr, auth_time, cnf } = payload;
      const jkt = /** @type {{ jkt?: string } | undefined} */ (cnf)?.jkt;
      // A bound token is no Bearer token (RFC 9449 §7.1).
      if (verified && (scheme === 'DPoP') !== (jkt !== undefined))
        throw new Error('the scheme is not that of the token');
      if (jkt !== undefined && verified) await verifyProof(request, fingerprint, jkt);
      return { scheme, verified, sub, aud, scope, acr, auth_time, fingerprint };
    } catch (error) {
      return { scheme, verified: false, problem: error instanceof Error ? error.name : 'unknown', fingerprint };
    }
  };
}

/**
 * RFC 9449 §4.3, without the memory of `jti` that a real API has.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {string} ath the hash of the access token
 * @param {string} jkt the thumbprint of the key that it is bound to
 */
async function verifyProof({ headers, method, url = '/' }, ath, jkt) {
  const { payload, protectedHeader } = await jwtVerify(String(headers.dpop), EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256'],
    maxTokenAge: PROOF_SECONDS,
    requiredClaims: ['jti', 'iat'],
  });
  const thumbprint = await calculateJwkThumbprint(/** @type {import('jose').JWK} */ (protectedHeader.jwk));
  const { pathname } = new URL(url, 'http://backend.invalid');
  const fits =
    payload.htm === method &&
    payload.htu === `http://${headers.host}${pathname}` &&
    payload.ath === ath &&
    thumbprint === jkt;
  if (!fits) throw new Error('the proof does not fit the request');
}
