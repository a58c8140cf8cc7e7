import type { Claims, FromUserinfo } from './claims.ts';

/** What the provider gave. Never leaves the server side. */
export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly idToken: string;
  readonly scope: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The content of a session's record in Redis, sealed there. */
export interface SessionRecord {
  readonly sub: string;
  /** The kept claims, as the latest ID token and the userinfo endpoint have them. */
  readonly claims: Claims;
  readonly userinfo?: FromUserinfo | undefined;
  /** The provider's `sid`, where it has one. */
  readonly providerSid?: string;
  /** When the provider ends the session (`session_expiry`, seconds since the epoch), as the latest ID token with it says. */
  readonly sessionExpiry?: number;
  readonly tokens: TokenSet;
}
