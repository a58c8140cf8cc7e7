import { base64url, calculateJwkThumbprint, decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose';
import type { Answer } from './provider-answers.ts';
import type { EndpointRequest, ProviderContext } from './provider-context.ts';

/** The thumbprint of the key that a request proves to have, null where it proves none; or the error that it gets. */
export type Proof =
  | { readonly jkt: string | null; readonly refused?: undefined }
  | { readonly refused: 'invalid_dpop_proof' | 'use_dpop_nonce' };

const INVALID: Proof = { refused: 'invalid_dpop_proof' };
const MEMBERS = ['jti', 'htm', 'htu', 'iat'];
/** Seconds by which the clock of a client may differ. */
const LEEWAY = 60;

/**
 * Checks the proof of a request to the letter (RFC 9449 §4.3): what a lenient server lets pass, another one does not.
 *
 * @param accessToken that is presented with it
 */
export async function proofIn(
  { method, url, headers }: EndpointRequest,
  context: ProviderContext,
  accessToken?: string,
): Promise<Proof> {
  const { dpop, now } = context.settings;
  const proof = headers.get('dpop');
  if (dpop === 'absent') return { jkt: null };
  if (proof === null) return dpop === 'required' ? INVALID : { jkt: null };
  try {
    const { jwk, ...header } = decodeProtectedHeader(proof);
    const isPlain = header.typ === 'dpop+jwt' && header.alg === 'ES256' && Object.keys(header).length === 2;
    if (!isPlain || !jwk || Object.keys(jwk).sort().join() !== 'crv,kty,x,y') return INVALID;
    const { payload } = await jwtVerify(proof, await importJWK(jwk as JWK, 'ES256'), { requiredClaims: MEMBERS });
    const { jti, htm, htu, iat = 0, ath, nonce } = payload;
    const isFresh = typeof jti === 'string' && jti.length >= 22 && !context.secrets.has(jti);
    const isHere = htm === method && htu === url.origin + url.pathname;
    const isNow = Math.abs(iat - now() / 1000) <= LEEWAY;
    if (!isFresh || !isHere || !isNow || ath !== (accessToken && (await hashOf(accessToken)))) return INVALID;
    context.secrets.add(jti);
    if (context.dpopNonce !== null && nonce !== context.dpopNonce) return { refused: 'use_dpop_nonce' };
    return { jkt: await calculateJwkThumbprint(jwk as JWK) };
  } catch {
    return INVALID;
  }
}

/** An answer with the nonce for the next proof (RFC 9449 §8.2). */
export function withNonce(answer: Answer, context: ProviderContext): Answer {
  if (context.dpopNonce === null) return answer;
  if (context.settings.dpopNonce === 'changing') context.dpopNonce = crypto.randomUUID();
  return { ...answer, headers: { ...answer.headers, 'dpop-nonce': context.dpopNonce } };
}

/** What a resource answers to a token that is presented in another way than it was bound (RFC 9449 §7.1); null when it is right. */
export async function refusedToken(
  token: string,
  request: EndpointRequest,
  context: ProviderContext,
): Promise<Answer | null> {
  const bound = context.grants.boundTo(token);
  const isDpop = request.headers.get('authorization')?.startsWith('DPoP ') === true;
  if (bound === null) return isDpop ? challenge('DPoP', 'invalid_token') : null;
  if (!isDpop) return challenge('DPoP', 'invalid_token');
  const proof = await proofIn(request, context, token);
  if (proof.refused) return challenge('DPoP', proof.refused);
  return proof.jkt === bound ? null : challenge('DPoP', 'invalid_token');
}

/** RFC 6750 §3.1, RFC 9449 §7.1 */
export const challenge = (scheme: 'Bearer' | 'DPoP', error: string): Answer => ({
  status: 401,
  headers: { 'www-authenticate': `${scheme} error="${error}"` },
  outcome: error,
});

const hashOf = async (token: string) =>
  base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))));
