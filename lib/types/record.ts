import type { Claims, FromUserinfo } from './claims.ts';

/** How an access token is presented (RFC 6750 §2.1, RFC 9449 §7.1). */
export type TokenType = 'Bearer' | 'DPoP';

/** What the provider gave. Never leaves the server side. */
export interface TokenSet {
  readonly accessToken: string;
  /** Absent: `Bearer`. */
  readonly tokenType?: TokenType;
  readonly refreshToken?: string;
  readonly idToken: string;
  readonly scope: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** What a further access token is asked for (RFC 8707 §2.2, RFC 6749 §6). At least one of both is there. */
export interface Target {
  readonly resource?: string;
  readonly scope?: string;
}

/** An access token of the session's grant beside the one of its sign-in. */
export interface FurtherToken extends Pick<TokenSet, 'accessToken' | 'tokenType' | 'scope' | 'issuedAt' | 'expiresAt'> {
  readonly target: Target;
}

/** A private key on P-256 as JWK (RFC 7518 §6.2). */
export interface PrivateJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly d: string;
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
  /** Access tokens for other targets, those that were asked for last at the end; eight at most. */
  readonly further?: readonly FurtherToken[];
  /** The key that the session's tokens are bound to (RFC 9449 §5), from the sign-in to the end of the session. */
  readonly dpopKey?: PrivateJwk;
}
