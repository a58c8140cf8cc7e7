import type { SessionRecord } from './record.ts';

/** A person as the provider names them (OIDC Core §2): `sub` is unique within its issuer. */
export interface Person {
  /** `iss` of the ID tokens. */
  readonly issuer: string;
  readonly sub: string;
}

/** A living session as the list of a person's sessions shows it. Times are seconds since the epoch. */
export interface ListedSession {
  /** SHA-256 of its `sid`, base64url; see `Session.id`. */
  readonly id: string;
  readonly createdAt: number;
  /** When a request last moved the idle end: exact to a quarter of the idle time. */
  readonly lastSeenAt: number;
  readonly device: Device;
}

/** What signed in, by its `User-Agent`; null where that says nothing known. */
export interface Device {
  readonly browser: string | null;
  readonly platform: string | null;
}

/** A session that was just ended for every isolate. */
export interface EndedSession {
  readonly id: string;
  /** What its record held; null when that cannot be opened. */
  readonly record: SessionRecord | null;
  /** Another living session may hang on the same grant of the provider: then its refresh token is not revoked. */
  readonly sharesGrant: boolean;
}

/** What a provider says has ended: a session of it, all sessions of a person, or those that fit both. */
export interface ProviderLogout {
  readonly issuer: string;
  /** The provider's session. At least one of both is there. */
  readonly sid?: string;
  readonly sub?: string;
  /** Ends all sessions of the person, whichever session of the provider is named (`SSO_BACKCHANNEL_SCOPE=sub`). */
  readonly wholePerson?: boolean;
  /** Of a logout token: what was handled before is not handled again. */
  readonly jti?: string;
  /**
   * Of a logout token (seconds): a sign-in whose ID token is younger is another one. Without it the ending holds for what
   * began until now by the clock of Redis, and for sign-ins under way only where a session of `sid` is known.
   */
  readonly iat?: number;
}
