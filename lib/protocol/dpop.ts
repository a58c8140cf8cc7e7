import { CompactSign } from 'jose';
import { createBoundedMap } from '../bounded-map.ts';
import { randomText, sha256 } from '../crypto/random.ts';
import { ProviderError } from '../errors.ts';
import type { PrivateJwk, TokenType } from '../types/record.ts';
import type { ProviderSettings } from '../types/settings.ts';
import type { Metadata } from './discovery.ts';
import { readRefusal, see } from './failure.ts';
import { type Fetch, withHeaders, within } from './transport.ts';

const MAX_ORIGINS = 100;
const MAX_IMPORTED = 500;
/** Far longer than a challenge; a search through more of it would take its time. */
const MAX_CHALLENGE = 2_000;
/** RFC 9449 §8.1, `nonce-value`; bounded, because it goes into a header of every request. */
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/;
const ES256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** Nonces that servers want in DPoP proofs (RFC 9449 §8, §9): the latest of each origin, shared by all sessions of an isolate. */
export interface DpopNonces {
  of(url: string): string | undefined;
  /** Keeps the nonce of a response, if it has one. */
  learn(url: string, headers: Headers): void;
}

export function createDpopNonces(): DpopNonces {
  const latest = createBoundedMap<string, string>(MAX_ORIGINS);
  return {
    of: (url) => latest.get(new URL(url).origin),
    learn(url, headers) {
      const nonce = nonceOf(headers);
      if (nonce) latest.set(new URL(url).origin, nonce);
    },
  };
}

function nonceOf(headers: Headers): string | undefined {
  const nonce = headers.get('dpop-nonce');
  return nonce !== null && NONCE.test(nonce) ? nonce : undefined;
}

/** An access token, and what it takes to present it. */
export interface PresentableToken {
  readonly accessToken: string;
  readonly tokenType: TokenType;
  /** The key that a DPoP token is bound to. */
  readonly key?: PrivateJwk | undefined;
}

interface Presented {
  readonly method: string;
  readonly url: string;
}

export interface ProofDeps {
  readonly dpopNonces: DpopNonces;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The headers that present an access token to a resource (RFC 6750 §2.1; with a proof, RFC 9449 §7.1). */
export async function tokenHeaders(
  { accessToken, tokenType, key }: PresentableToken,
  request: Presented,
  deps: ProofDeps,
): Promise<Readonly<Record<string, string>>> {
  const authorization = `${tokenType} ${accessToken}`;
  if (tokenType !== 'DPoP' || !key) return { authorization };
  return { authorization, dpop: await proofOf(key, request, deps, accessToken) };
}

/** Whether a resource refuses a proof for the want of a nonce alone (RFC 9449 §9): the token was not looked at. */
export const wantsNonce = ({ status, headers }: Response): boolean =>
  status === 401 &&
  nonceOf(headers) !== undefined &&
  /(^|,\s*)DPoP\b.*\berror="?use_dpop_nonce\b/i.test(headers.get('www-authenticate')?.slice(0, MAX_CHALLENGE) ?? '');

/**
 * For the second try: the nonce of the refusal itself. The latest of the origin may by then be that of another request, and a
 * server may bind a nonce to a key, or take it once.
 */
export const answering = <Own extends ProofDeps>({ headers }: Response, deps: Own): Own => ({
  ...deps,
  dpopNonces: { ...deps.dpopNonces, of: () => nonceOf(headers) },
});

/** Whether requests to the token endpoint carry a proof. */
export const provesPossession = ({ dpop }: Pick<ProviderSettings, 'dpop'>, metadata: Metadata): boolean =>
  dpop === 'require' || (dpop === 'auto' && metadata.dpop_signing_alg_values_supported?.includes('ES256') === true);

/** A key for the tokens of one session. */
export async function createDpopKey(): Promise<PrivateJwk> {
  const { privateKey } = await crypto.subtle.generateKey(ES256, true, ['sign', 'verify']);
  const { x, y, d } = (await crypto.subtle.exportKey('jwk', privateKey)) as PrivateJwk;
  return { kty: 'EC', crv: 'P-256', x, y, d };
}

/**
 * Sends a request to the token endpoint, with a proof where there is a key. An answer that asks for a nonce proves that the code
 * or refresh token was not used (RFC 9449 §8): the request is made once more with it, within the same time, and all of it anew,
 * because a client assertion is good once.
 *
 * @param timeoutMs for both
 */
export async function withProof(
  key: PrivateJwk | undefined,
  timeoutMs: number,
  deps: ProofDeps & { readonly fetch: Fetch },
  send: (fetch: Fetch) => Promise<Response>,
): Promise<Response> {
  if (!key) return send(within(deps.fetch, timeoutMs, 'token'));
  const endsAt = deps.now() + timeoutMs;
  const once = (own: ProofDeps) => {
    const fetch = within(deps.fetch, Math.max(endsAt - deps.now(), 1), 'token');
    return send(async (url, init) => {
      const dpop = await proofOf(key, { url, method: 'POST' }, own);
      return withHeaders(fetch, { dpop })(url, init);
    });
  };
  const response = await once(deps);
  if (!nonceOf(response.headers) || ![400, 401].includes(response.status)) return response;
  return (await readRefusal(response.clone())).error === 'use_dpop_nonce' ? once(answering(response, deps)) : response;
}

/**
 * How a token is presented, by the `token_type` of an answer (RFC 9449 §5). A DPoP token without a proof in the request is bound
 * to no key of ours.
 *
 * @throws {ProviderError} when it is not what was asked for
 */
export function tokenTypeOf(
  said: string,
  key: PrivateJwk | undefined,
  { dpop }: Pick<ProviderSettings, 'dpop'>,
): TokenType {
  if (said === 'dpop' && key) return 'DPoP';
  if (said === 'bearer' && dpop !== 'require') return 'Bearer';
  const reason = dpop === 'require' ? see('not a DPoP token', 'SSO_DPOP') : 'not a bearer token';
  throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason });
}

/** RFC 9449 §4.2 */
async function proofOf(key: PrivateJwk, { method, url }: Presented, deps: ProofDeps, accessToken?: string) {
  const { origin, pathname } = new URL(url);
  const { d: _, ...jwk } = key;
  const claims = {
    jti: randomText(128),
    htm: method,
    htu: origin + pathname,
    iat: Math.floor(deps.now() / 1000),
    ath: accessToken && (await sha256(accessToken)),
    nonce: deps.dpopNonces.of(url),
  };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    .sign(await imported(key));
}

/** Importing a key costs more than a signature. */
const keys = createBoundedMap<string, CryptoKey>(MAX_IMPORTED);

async function imported(jwk: PrivateJwk): Promise<CryptoKey> {
  const known = keys.get(jwk.d);
  if (known) return known;
  const key = await crypto.subtle.importKey('jwk', jwk, ES256, false, ['sign']);
  keys.set(jwk.d, key);
  return key;
}
