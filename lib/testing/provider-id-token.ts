import { base64url } from 'jose';
import type { JsonObject } from './provider-answers.ts';
import { nowSeconds, type ProviderContext, sidClaim } from './provider-context.ts';
import type { Grant } from './provider-grants.ts';
import type { SigningFault } from './provider-keys.ts';
import type { Person, Settings } from './provider-settings.ts';

const SCOPE_CLAIMS: Readonly<Record<string, readonly Exclude<keyof Person, 'claims'>[]>> = {
  profile: ['name', 'given_name', 'family_name'],
  email: ['email', 'email_verified'],
  roles: ['roles'],
  permissions: ['permissions'],
};

interface Subject {
  readonly grant: Grant;
  readonly scope: readonly string[];
  readonly accessToken: string;
  /** Only in the answer to a code. */
  readonly nonce: string | undefined;
}

/** An ID token (OIDC Core §2), with the faults applied. A fault may make another type of it than a string. */
export async function idToken(
  { grant, scope, accessToken, nonce }: Subject,
  context: ProviderContext,
): Promise<unknown> {
  const { settings, faults, keys, secrets } = context;
  const { issuer, clientId, aud, authTime, tokenSeconds, alg } = settings;
  const now = nowSeconds(context);
  const regular = {
    iss: issuer,
    aud: aud === 'array' ? [clientId] : clientId,
    azp: clientId,
    sub: grant.person.sub,
    iat: now,
    nbf: now,
    exp: now + tokenSeconds,
    ...(authTime !== 'absent' && { auth_time: authTime === 'zero' ? 0 : grant.authTime }),
    ...(nonce !== undefined && { nonce }),
    at_hash: await accessTokenHash(accessToken, alg),
    ...sidClaim({ sid: grant.sid, sub: grant.person.sub }, context),
    acr: grant.acr,
    amr: grant.acr.endsWith(':mfa') ? ['pwd', 'otp'] : ['pwd'],
    jti: crypto.randomUUID(),
    token_use: 'id',
    ...(hasClaims(nonce !== undefined, settings) && personClaims(grant, scope, context)),
  };
  const signed = await keys.sign(faults.idToken?.({ ...regular }) ?? regular, 'JWT', faults.idTokenSigning);
  secrets.add(signed);
  return faults.rawIdToken ? faults.rawIdToken(signed) : signed;
}

/** OpenID Connect Back-Channel Logout §2.4. A claim given as undefined is left out. */
export async function logoutToken(claims: JsonObject, context: ProviderContext, fault?: SigningFault): Promise<string> {
  const { issuer, clientId, aud } = context.settings;
  const now = nowSeconds(context);
  const about = context.latest && { sub: context.latest.sub, ...sidClaim(context.latest, context) };
  const regular = {
    iss: issuer,
    aud: aud === 'array' ? [clientId] : clientId,
    ...about,
    iat: now,
    exp: now + 120,
    jti: crypto.randomUUID(),
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  };
  return context.keys.sign({ ...regular, ...claims }, 'logout+jwt', fault);
}

const hasClaims = (isFirst: boolean, { claimsAt, refreshClaims }: Settings) =>
  claimsAt !== 'userinfo' && (isFirst || refreshClaims);

/** The claims of the scope (OIDC Core §5.4), as the account has them now. */
export function personClaims(grant: Grant, scope: readonly string[], { people }: ProviderContext): JsonObject {
  const person = people.get(grant.person.sub) ?? grant.person;
  const names = scope.flatMap((name) => SCOPE_CLAIMS[name] ?? []);
  const ofScope = names.flatMap((name) => (person[name] === undefined ? [] : [[name, person[name]]]));
  return { ...Object.fromEntries(ofScope), ...person.claims };
}

/** OIDC Core §3.1.3.6 */
async function accessTokenHash(accessToken: string, alg: string): Promise<string> {
  const hash = alg.startsWith('Ed') ? 'SHA-512' : `SHA-${alg.slice(-3)}`;
  const digest = new Uint8Array(await crypto.subtle.digest(hash, new TextEncoder().encode(accessToken)));
  return base64url.encode(digest.subarray(0, digest.length / 2));
}
