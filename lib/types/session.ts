import type { Claims, Json } from './claims.ts';

/** Who a person is, as the browser's cookie carries it. Times are seconds since the epoch. */
export interface Session {
  readonly sub: string;
  readonly claims: Claims;
  /** The scope that the provider granted last, space separated. */
  readonly scope: string;
  /** The authentication context class of the sign-in (OIDC Core §2), where the provider named one. */
  readonly acr?: string;
  /** When the person proved who they are (OIDC Core §2, `auth_time`), where the provider says so. */
  readonly authTime?: number;
  /** Our session id: 256 random bits, base64url. */
  readonly sid: string;
  /** SHA-256 of `sid`, base64url: what Redis and the list of sessions call the session. It opens nothing. */
  readonly id: string;
  /** `iss` of the ID token, where it is another text than `SSO_ISSUER`. */
  readonly issuer?: string;
  /** Names the person in the index of sessions, from the sign-in on; see `store/index-keys.ts`. */
  readonly person?: string;
  /** Names the provider's session (`sid` of the ID token), where there is one; see `store/index-keys.ts`. */
  readonly providerSession?: string;
  /** Names the browser from its first sign-in to its sign-out: a sign-out ends by it what was begun meanwhile. */
  readonly browser: string;
  /** Counts the token sets of this session; the record in Redis holds the latest. */
  readonly generation: number;
  readonly createdAt: number;
  readonly tokensIssuedAt: number;
  readonly tokensExpireAt: number;
  /** False when the provider gave no refresh token: then the session lives as configured, and its access token ends alone. */
  readonly renewable: boolean;
  /** Unless the session is used. The absolute end may come before. */
  readonly idleEndsAt: number;
  readonly absoluteEndsAt: number;
  /** Claims that the cookie has no room for, wholly or in part, and `scope`; absent when it has room for all. */
  readonly dropped?: readonly string[];
}

/**
 * The claims of a person that a site's code can rely on. A site declares its own, in a file with an `import` or `export`:
 *
 * @example
 * // claims.d.ts; without the import it would declare another module
 * import 'next-gatehouse';
 *
 * declare module 'next-gatehouse' {
 *   interface UserClaims { readonly roles?: readonly string[] }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: a site declares its members
export interface UserClaims {}

/** A person, as the site's own code sees them: `sub` (OIDC Core §2) and the kept claims (`SESSION_CLAIMS`). */
export type User = UserClaims & { readonly sub: string; readonly [claim: string]: Json | undefined };

/** A session as the list of a person's sessions shows it, at `/auth/sessions` and by `listSessions()`. Times are ISO 8601. */
export interface DeviceSession {
  /** Names the session, and opens nothing. */
  readonly id: string;
  /** Whether it is the session that asks. */
  readonly current: boolean;
  readonly createdAt: string;
  /** Exact to a quarter of `SESSION_IDLE_SECONDS`. */
  readonly lastSeenAt: string;
  /** The family of the browser that signed in, such as `Firefox`; null for one that is not known. */
  readonly browser: string | null;
  /** Its platform, such as `Windows`. */
  readonly platform: string | null;
}

/** A session, as `/auth/session` and `getSession()` show it. Times are ISO 8601. */
export interface PublicSession {
  readonly user: User;
  /** When the session ends in any case. */
  readonly expiresAt: string;
  /** When the session ends unless it is used. */
  readonly idleExpiresAt: string;
}
