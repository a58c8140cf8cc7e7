import { asGateError, ProviderError } from '../errors.ts';
import type { Metadata } from '../protocol/discovery.ts';
import { OF_THE_TOKEN, requestUserinfo, type UserinfoDeps } from '../protocol/userinfo.ts';
import { withDeadline } from '../timers.ts';
import type { MissingClaim } from '../types/claims.ts';
import type { PrivateJwk, TokenSet } from '../types/record.ts';

/** What may be asked at the userinfo endpoint. */
export interface UserinfoRequest {
  /** The access token to ask with, and the proven ID token of the person that it is about. */
  readonly tokens: TokenSet;
  /** The key that a DPoP token is bound to. */
  readonly key?: PrivateJwk | undefined;
  readonly missing: readonly MissingClaim[];
  readonly timeoutMs: number;
}

/**
 * What the userinfo endpoint has said. `expected`: the missing claims that it should have had. `isPassing`: it may answer the
 * next time.
 */
export type Userinfo =
  | { readonly kind: 'not_asked' }
  | { readonly kind: 'answered'; readonly claims: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly isPassing: boolean;
      readonly expected: readonly string[];
    };

/** Asks the userinfo endpoint where `SSO_USERINFO` and the missing claims want it. Never throws. */
export async function askUserinfo(
  { tokens, key, missing, timeoutMs }: UserinfoRequest,
  metadata: () => Promise<Metadata>,
  deps: UserinfoDeps,
): Promise<Userinfo> {
  const { userinfo: when } = deps.client;
  if (when === 'never' || (when === 'auto' && missing.length === 0)) return { kind: 'not_asked' };
  let expected: readonly string[] = [];
  try {
    const known = await metadata();
    if (!known.userinfo_endpoint && when === 'auto') return { kind: 'not_asked' };
    const isAllowed = (source: string) => isGranted(source, tokens.scope, known, deps.client);
    const granted = missing.filter(({ sources }) => sources.some(isAllowed));
    const announced = granted.filter(({ sources }) => sources.some((source) => isAnnounced(source, known)));
    // The list of discovery may leave claims out (OIDC Discovery §3): one that is needed is asked for all the same.
    if (when === 'auto' && announced.length === 0 && !granted.some(({ isNeeded }) => isNeeded))
      return { kind: 'not_asked' };
    if (!known.userinfo_endpoint) throw new ProviderError('PROVIDER_RESPONSE_INVALID', { reason: NO_ENDPOINT });
    expected = announced.map(({ name }) => name);
    const leftMs = Math.max(timeoutMs, 1);
    const token = { ...tokens, tokenType: tokens.tokenType ?? 'Bearer', key };
    const asked = requestUserinfo(token, tokens.idToken, known, deps, leftMs);
    return { kind: 'answered', claims: await withDeadline(asked, leftMs, late) }; // keys may have to be fetched for it
  } catch (thrown) {
    const { code, details } = asGateError(thrown);
    const isPassing = code === 'PROVIDER_UNAVAILABLE';
    return { kind: 'failed', reason: details.reason ?? 'userinfo cannot be asked', isPassing, expected };
  }
}

const NO_ENDPOINT = 'discovery names no userinfo_endpoint; see SSO_USERINFO';

const late = (): never => {
  throw new ProviderError('PROVIDER_UNAVAILABLE', { reason: 'timeout' });
};

/** OIDC Core §5.4: the scopes of the standard claims. */
const STANDARD: Readonly<Record<string, readonly string[]>> = {
  profile:
    'name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at'.split(
      ' ',
    ),
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
};

/**
 * Whether the scope of a claim was granted, as far as one is known: that of OIDC Core §5.4, or one of the provider's that has
 * the name of the claim. Google writes scopes as URLs that end in the name. The parameter `claims` (§5.5) asks without a scope.
 */
function isGranted(
  claim: string,
  scope: string,
  { scopes_supported }: Metadata,
  { authorizationParams }: UserinfoDeps['client'],
): boolean {
  if (OF_THE_TOKEN.includes(claim)) return false;
  if (authorizationParams.claims !== undefined) return true;
  const granted = scope.split(' ');
  const standard = Object.entries(STANDARD).find(([, claims]) => claims.includes(claim))?.[0];
  const needed = standard ?? (Array.isArray(scopes_supported) && scopes_supported.includes(claim) ? claim : undefined);
  if (needed === undefined || !granted.includes('openid')) return true;
  return granted.some((one) => one === needed || one.endsWith(`.${needed}`));
}

const isAnnounced = (claim: string, { claims_supported }: Metadata): boolean =>
  !Array.isArray(claims_supported) || claims_supported.length === 0 || claims_supported.includes(claim);
