/** A JSON value as it stands in a claim. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Kept claims by name. */
export type Claims = Readonly<Record<string, Json>>;

/** What rules look at in a session: by claim, the values that they name, or `whole` where the claim itself is compared. */
export type NamedByRules = ReadonlyMap<string, ReadonlySet<Json> | 'whole'>;

/** A claim that the session would keep, and the ID token lacks. */
export interface MissingClaim {
  readonly name: string;
  /** The claims of the provider that it may be read from. */
  readonly sources: readonly string[];
  /** A rule of the site looks at it, or userinfo had it before: it is asked for though discovery does not list it. */
  readonly isNeeded: boolean;
}

/** Claims that are asked for at the userinfo endpoint in each renewal: true when it had them the last time it answered. */
export type FromUserinfo = Readonly<Record<string, boolean>>;
