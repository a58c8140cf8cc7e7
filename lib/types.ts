/** Shapes shared between rooms. */

/** A JSON value as it stands in a claim. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Kept ID-token claims by name. */
export type Claims = Readonly<Record<string, Json>>;

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
  /** Names the browser from its first sign-in to its sign-out: a sign-out ends by it what was begun meanwhile. */
  readonly browser: string;
  /** Counts the token sets of this session; the record in Redis holds the latest. */
  readonly generation: number;
  readonly createdAt: number;
  readonly tokensIssuedAt: number;
  readonly tokensExpireAt: number;
  /** False when the provider gave no refresh token: then the session lives as configured, and its access token ends alone. */
  readonly renewable: boolean;
  readonly idleEndsAt: number;
  readonly absoluteEndsAt: number;
  /** Claims that the cookie has no room for, wholly or in part, and `scope`; absent when it has room for all. */
  readonly dropped?: readonly string[];
}

/**
 * The claims of a person that a site's code can rely on. A site declares its own:
 *
 * @example
 * declare module 'next-gatehouse' {
 *   interface UserClaims { readonly roles?: readonly string[] }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: a site declares its members
export interface UserClaims {}

/** A person, as the site's own code sees them: `sub` (OIDC Core §2) and the kept claims (`SESSION_CLAIMS`). */
export type User = UserClaims & { readonly sub: string; readonly [claim: string]: Json | undefined };

/** A session, as `/auth/session` and `getSession()` show it. Times are ISO 8601. */
export interface PublicSession {
  readonly user: User;
  /** When the session ends in any case. */
  readonly expiresAt: string;
  /** When the session ends unless it is used. */
  readonly idleExpiresAt: string;
}

/** What rules look at in a session: by claim, the values that they name, or `whole` where the claim itself is compared. */
export type NamedByRules = ReadonlyMap<string, ReadonlySet<Json> | 'whole'>;

/** What a login asks of the provider beyond the required parameters (OIDC Core §3.1.2.1). */
export interface LoginExtras {
  readonly prompt?: string;
  readonly login_hint?: string;
  readonly max_age?: string;
  readonly acr_values?: string;
  readonly ui_locales?: string;
}

/** A login in progress, as its flow cookie carries it. */
export interface Flow {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Of the session, or of another flow of this browser, where there is one; see `Session`. */
  readonly browser: string;
  readonly returnTo: string;
  /** `max_age` that was asked for, in seconds. */
  readonly maxAge?: number;
  /** `acr_values` that were asked for, space separated. */
  readonly acrValues?: string;
  readonly startedAt: number;
  readonly endsAt: number;
}

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
  /** The kept claims, as the provider last told them. */
  readonly claims: Claims;
  /** The provider's `sid`, where it has one. */
  readonly providerSid?: string;
  readonly tokens: TokenSet;
}

/** One request on its way through the gate. */
export interface RequestContext {
  readonly request: Request;
  readonly url: URL;
  /** Where the site lives on its host, `''` or as `/base` (Next's `basePath`). */
  readonly basePath: string;
  /** The path within the site, as Next routes it: without `basePath` and locale. */
  readonly pathname: string;
  /** Reference of this request: in the answer, the page and the log line. */
  readonly ref: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Keeps the isolate alive for work after the response. */
  waitUntil(work: Promise<unknown>): void;
}

/** "Let it through to the site": response headers to add, and what the site sees in place of what was sent. */
export interface Continue {
  readonly continue: true;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Headers of the request that the site sees with another value; null removes one. All others stay as they came. */
  readonly requestHeaders?: readonly (readonly [name: string, value: string | null])[];
}

export type Answer = Response | Continue;
