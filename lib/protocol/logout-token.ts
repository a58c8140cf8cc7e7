import { decodeJwt, decodeProtectedHeader } from 'jose';
import { GateError, RequestError } from '../errors.ts';
import { isObject, memberOf } from '../objects.ts';
import { type ProviderSettings, TENANT } from '../types/settings.ts';
import type { Metadata } from './discovery.ts';
import { see } from './failure.ts';
import { CLAIM_CURES, isPlainText, isSubject, otherAudiences, type UnprovenClaims } from './id-token.ts';
import { isIssuer } from './issuer.ts';
import type { KeySet } from './jwks.ts';
import { withoutEmpty } from './members.ts';
import { verifySignature } from './signature.ts';

interface Deps {
  readonly client: Pick<ProviderSettings, 'clientId' | 'trustedAudiences' | 'tenants' | 'clockToleranceSeconds'>;
  readonly metadata: () => Promise<Metadata>;
  readonly keys: Pick<KeySet, 'use'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a logout token says, proven. At least one of `sid` and `sub` is there. */
export interface ProvenLogout {
  readonly issuer: string;
  readonly sid?: string;
  readonly sub?: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
}

/** OpenID Connect Back-Channel Logout 1.0 §2.4 */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Claims that may be absent: `null`, an empty text and an empty list say as much. */
const OPTIONAL = ['exp', 'nbf', 'sid', 'sub', 'tid'];

/** Why a logout token, or the request that brings it, is refused. */
export const refused = (reason: string, cause?: unknown) => new RequestError('LOGOUT_TOKEN_INVALID', { reason, cause });

/**
 * Proves a logout token (OpenID Connect Back-Channel Logout 1.0 §2.6). Every client can send one, so the checks that cost nothing come
 * before those for which the provider's documents may have to be fetched; none of them has an effect. An ID token and an access
 * token are signed by the same keys: they have no `events`, and an ID token of a sign-in has a `nonce`.
 *
 * @throws {RequestError} `LOGOUT_TOKEN_INVALID`
 * @throws {ProviderError} when metadata or keys cannot be had
 */
export async function proveLogoutToken(token: string, deps: Deps): Promise<ProvenLogout> {
  const claims = readClaims(token);
  checkEvent(claims);
  checkTimes(claims, Math.floor(deps.now() / 1000), deps.client);
  const about = subjectOf(claims);
  // §2.6 step 4: `aud` as of an ID token. Nothing demands an `azp` where there are other audiences.
  if (otherAudiences(claims.aud, deps.client) === null) throw refused(see('aud has other audiences', CLAIM_CURES.aud));
  const metadata = await deps.metadata();
  checkIssuer(claims, metadata, deps.client);
  // §2.6 steps 2 and 3: the signature by the issuer's published keys, `alg` from the allow-list
  await verifySignature(token, metadata, deps.keys).catch((thrown: unknown) => {
    throw thrown instanceof GateError && thrown.code === 'ID_TOKEN_INVALID' ? refused('signature', thrown) : thrown;
  });
  const { iss, jti, iat } = claims as Record<'iss' | 'jti', string> & Record<'iat', number>;
  return { issuer: iss, jti, iat: Math.floor(iat), ...about };
}

function readClaims(token: string): UnprovenClaims {
  if (token.split('.').length === 5) throw refused('encrypted (refused on purpose)'); // §2.6 step 1
  try {
    checkType(decodeProtectedHeader(token).typ);
    return withoutEmpty(decodeJwt(token), OPTIONAL);
  } catch (cause) {
    throw cause instanceof RequestError ? cause : refused('the logout token cannot be read', cause);
  }
}

/**
 * §2.4, RFC 8725 §3.11: `logout+jwt`. Some providers say `JWT` or nothing, as for their ID tokens. What names itself another
 * thing (`at+jwt`) is none. RFC 7515 §4.1.9: a media type, in any case, with or without `application/`.
 */
function checkType(typ: unknown): void {
  if (typ !== undefined && !(typeof typ === 'string' && /^(application\/)?(logout\+)?jwt$/i.test(typ)))
    throw refused('typ');
}

/** §2.6 step 4: `iss` as of an ID token; where the issuer depends on the tenant, a `tid` that is there must fit. */
function checkIssuer({ iss, tid }: UnprovenClaims, { issuer }: Metadata, client: Deps['client']): void {
  const isOurs = typeof iss === 'string' && isIssuer(iss, issuer, client);
  const isOfTenant = tid === undefined || !issuer.includes(TENANT) || iss === issuer.replace(TENANT, String(tid));
  if (!isOurs || !isOfTenant) throw refused(see('iss', CLAIM_CURES.iss));
}

/** §2.6 step 4: the times as of an ID token; `exp` where there is one, because older providers send none. */
function checkTimes({ iat, exp, nbf }: UnprovenClaims, now: number, client: Deps['client']): void {
  const tolerance = client.clockToleranceSeconds;
  if (!isTime(iat) || iat > now + tolerance) throw refused(see('iat', CLAIM_CURES.iat));
  if (exp !== undefined && !(isTime(exp) && exp > now - tolerance)) throw refused(see('exp', CLAIM_CURES.exp));
  if (nbf !== undefined && !(isTime(nbf) && nbf <= now + tolerance)) throw refused(see('nbf', CLAIM_CURES.nbf));
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function checkEvent(claims: UnprovenClaims): void {
  // §2.6 step 6: the member says that it is a logout token; its value is an object
  if (!isObject(claims.events) || !isObject(memberOf(claims.events, LOGOUT_EVENT))) throw refused('events');
  // §2.6 step 7: an ID token of a sign-in has one
  if (Object.hasOwn(claims, 'nonce')) throw refused('a nonce');
  // §2.4: `jti` is required
  if (!isPlainText(claims.jti)) throw refused('jti');
}

/** §2.6 step 5: a `sid`, a `sub`, or both. One that is there and cannot be meant is no reason to go by the other alone. */
function subjectOf({ sid, sub }: UnprovenClaims): Pick<ProvenLogout, 'sid' | 'sub'> {
  if (sid !== undefined && !isPlainText(sid)) throw refused('sid');
  if (sub !== undefined && !isSubject(sub)) throw refused('sub');
  if (sid === undefined && sub === undefined) throw refused('neither sid nor sub');
  return { ...(sid !== undefined && { sid }), ...(sub !== undefined && { sub }) };
}
