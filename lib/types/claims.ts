/** A JSON value as it stands in a claim. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Kept ID-token claims by name. */
export type Claims = Readonly<Record<string, Json>>;

/** What rules look at in a session: by claim, the values that they name, or `whole` where the claim itself is compared. */
export type NamedByRules = ReadonlyMap<string, ReadonlySet<Json> | 'whole'>;
