import type { Deps } from '../context.ts';
import { randomText, sha256 } from '../crypto/random.ts';
import { absoluteEnd } from '../policy/freshness.ts';
import { isPlainText, sessionExpiryOf } from '../protocol/id-token.ts';
import { isSameUrl } from '../protocol/issuer.ts';
import type { ReadTokens } from '../protocol/tokens.ts';
import type { SessionClaims } from '../renewal/session-claims.ts';
import { createIndexKeys, nameOf } from '../store/index-keys.ts';
import type { SessionRecord } from '../types/record.ts';
import type { Session } from '../types/session.ts';

/** What a sign-in becomes: a session with a fresh id, for the browser, and its record, for Redis. */
export async function newSession(
  { tokens, claims, key }: ReadTokens,
  kept: SessionClaims,
  browser: string,
  { settings, sealer, now: clock }: Pick<Deps, 'settings' | 'sealer' | 'now'>,
): Promise<{ readonly session: Session; readonly record: SessionRecord }> {
  const { sub, iss, acr, auth_time, sid: providerSid } = claims;
  const now = Math.floor(clock() / 1000);
  const sid = randomText();
  const sessionExpiry = sessionExpiryOf(claims);
  const keys = createIndexKeys({ settings: settings.provider, sealer });
  const session: Session = {
    sub,
    ...(!isSameUrl(iss, settings.provider.issuer) && { issuer: iss }),
    claims: kept.claims,
    scope: tokens.scope,
    ...(typeof acr === 'string' && { acr }),
    ...(auth_time && { authTime: auth_time }), // some providers send 0 for "I do not know"
    sid,
    id: await sha256(sid),
    person: nameOf(await keys.person({ issuer: iss, sub })),
    ...(isPlainText(providerSid) && { providerSession: await keys.providerSession(iss, providerSid) }),
    browser,
    generation: 1,
    createdAt: now,
    tokensIssuedAt: tokens.issuedAt,
    tokensExpireAt: tokens.expiresAt,
    renewable: tokens.refreshToken !== undefined,
    idleEndsAt: now + settings.session.idleSeconds,
    absoluteEndsAt: absoluteEnd(now, sessionExpiry ?? Infinity, settings.session),
  };
  const record: SessionRecord = {
    sub,
    ...kept,
    tokens,
    ...(isPlainText(providerSid) && { providerSid }),
    ...(sessionExpiry && { sessionExpiry }),
    ...(key && { dpopKey: key }),
  };
  return { session, record };
}
