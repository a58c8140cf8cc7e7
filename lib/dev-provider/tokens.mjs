import { randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { revokeTokensOfGrant } from './library.mjs';

/** Whom the access tokens are for. */
export const AUDIENCE = 'sso-resource-api';

/**
 * Teaches the library the tokens of the provider it stands in for: access tokens that are signed *and* remembered.
 * By itself it either signs one and forgets it, so that `/userinfo` and revocation refuse it, or remembers an opaque
 * one. So the opaque one stays what is stored, and what leaves is a JWT with its id as `jti`.
 *
 * @param {any} provider
 * @param {{ privateKey: CryptoKey, publicKey: CryptoKey, kid: string }} key
 */
export function installAccessTokens(provider, { privateKey, publicKey, kid }) {
  const { AccessToken } = provider;
  const { getValueAndPayload } = AccessToken.prototype;
  const find = AccessToken.find.bind(AccessToken);

  AccessToken.prototype.getValueAndPayload = async function signed() {
    const { value: jti, payload } = await getValueAndPayload.call(this);
    const { accountId, clientId, scope, sid, iat, exp, extra, jkt } = payload;
    const claims = { sub: accountId, client_id: clientId, scope, sid, jti, iat, exp, token_use: 'access' };
    const bound = jkt && { cnf: { jkt } }; // RFC 9449 §6.1
    this.signed = await new SignJWT({ iss: provider.issuer, aud: AUDIENCE, ...claims, ...extra, ...bound })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .sign(privateKey);
    return { value: this.signed, payload };
  };

  AccessToken.find = async (/** @type {string} */ token, /** @type {object} */ options) => {
    const expected = { issuer: provider.issuer, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'] };
    const id = await jwtVerify(token, publicKey, expected).then(
      ({ payload }) => payload.jti,
      () => undefined,
    );
    return id && find(id, options);
  };
}

/**
 * How and when the person signed in, which an API may ask for (RFC 9068 §2.2.1, RFC 9470 §6.1).
 *
 * @param {import('./library.mjs').Context} ctx
 */
export function signInClaims({ oidc }) {
  const { AuthorizationCode, RefreshToken } = oidc.entities;
  const { acr, authTime } = AuthorizationCode ?? RefreshToken ?? {};
  return { ...(acr && { acr }), ...(authTime && { auth_time: authTime }) };
}

/**
 * The claims of the provider's ID tokens that the library leaves out, and the `nonce` that a refreshed one must not
 * repeat. The library hashes `at_hash` itself when it finds a token there.
 *
 * @param {any} provider
 */
export function installIdTokens({ IdToken, Client }) {
  const { payload: claimsOf } = IdToken.prototype;
  IdToken.prototype.payload = async function complete() {
    const claims = await claimsOf.call(this);
    if (!this.ctx) return claims; // a logout token, which is not about a request
    const { params, entities, client } = this.ctx.oidc;
    if (params.grant_type === 'refresh_token') delete claims.nonce;
    const nbf = Math.floor(Date.now() / 1000);
    const at_hash = entities.AccessToken?.signed;
    return { ...claims, azp: client.clientId, nbf, jti: randomUUID(), token_use: 'id', ...(at_hash && { at_hash }) };
  };
  // Otherwise only a client with a back-channel URI would get a `sid`.
  Client.prototype.includeSid = () => true;
}

/**
 * A code is spent by the first attempt, a failed one too: who retries an exchange here will not get away with it.
 *
 * @type {import('./library.mjs').Middleware}
 */
export async function burnCodes(ctx, next) {
  await next();
  if (ctx.oidc?.route !== 'token' || ctx.status === 200) return;
  const code = await ctx.oidc.provider.AuthorizationCode.find(ctx.oidc.params?.code);
  await code?.destroy();
}

/**
 * Revokes signed access tokens. The library refuses whatever looks like a JWT there, but only after it has
 * authenticated the client, so the refusal can be turned into the work (RFC 7009 §2.2: 200, known or not). As with the
 * library's own access tokens, all tokens of the grant go along, refresh tokens too (RFC 7009 §2.1 permits it).
 *
 * @type {import('./library.mjs').Middleware}
 */
export async function revokeSignedTokens(ctx, next) {
  await next();
  if (ctx.oidc?.route !== 'revocation') return;
  const { provider, client, params } = ctx.oidc;
  if (errorOf(ctx.body) === 'unsupported_token_type') {
    const token = await provider.AccessToken.find(params.token);
    if (token?.clientId === client.clientId) {
      ctx.oidc.entity('AccessToken', token); // by which the library keeps the grant itself
      await token.destroy();
      await revokeTokensOfGrant(ctx, token.grantId);
    }
    ctx.status = 200;
  }
  if (ctx.status === 200) ctx.body = {};
}

/** @param {unknown} body */
const errorOf = (body) => (typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined);
