/** The shapes of rules; what makes them valid is in `rule-types.ts`. */

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** At least one: an empty list would refuse every session, or none. */
type NonEmptyArray<Value> = readonly [Value, ...Value[]];

/** What a claim must be (`equals`); or what it, or one of its values where it is a list, must be. */
export type ClaimTest =
  | { readonly equals: string | number | boolean; readonly includes?: never; readonly oneOf?: never }
  | { readonly includes: string | number; readonly equals?: never; readonly oneOf?: never }
  | {
      readonly oneOf: NonEmptyArray<string | number | boolean>;
      readonly equals?: never;
      readonly includes?: never;
    };

interface AllRequirements {
  /** One of these among the roles (`SSO_ROLES_CLAIM`). */
  readonly roles: NonEmptyArray<string>;
  /** All of these among the permissions (`SSO_PERMISSIONS_CLAIM`). */
  readonly permissions: NonEmptyArray<string>;
  /** All of these in the scope that the provider granted last. */
  readonly scopes: NonEmptyArray<string>;
  /** Every one of these tests, by the name of a kept claim (`SESSION_CLAIMS`) or `sub`. */
  readonly claims: Readonly<Record<string, ClaimTest>>;
  /** The authentication context class (OIDC Core §2): one of these. Else the person is asked to step up. */
  readonly acr: NonEmptyArray<string>;
  /** Seconds since the person proved who they are (OIDC Core §3.1.2.1, `max_age`). Else they are asked to do it again. */
  readonly maxAge: number;
}

/** What a session must have: everything that is named, and something must be. */
export type Requirements = {
  [Name in keyof AllRequirements]: Pick<AllRequirements, Name> & Partial<Omit<AllRequirements, Name>>;
}[keyof AllRequirements];

/**
 * Who may open what. `public`: every visitor, and the site sees no session, so that a cache may keep the answer. `optional`:
 * every visitor, with the session if there is one. `session`: any session. Or what the session must have.
 */
export type Rule = {
  /** `:name` stands for one segment, `/*` at the end for the path before it and everything below. */
  readonly path: `/${string}`;
  /** Without it the rule is for all of them. */
  readonly methods?: NonEmptyArray<Method>;
  /** `hidden`: whatever answers behind the gate gets the request without the gate's cookies. */
  readonly cookies?: 'hidden';
} & (
  | { readonly allow: 'public' | 'optional'; readonly alwaysCheck?: never }
  | {
      readonly allow: 'session' | Requirements;
      /** Asks Redis on every request whether the session was ended elsewhere, and refuses when it does not answer. */
      readonly alwaysCheck?: true;
    }
);

/** Rules that make sense, as far as a type can check; `defineRules` alone makes them, and the mark is in no value. */
export type Rules = readonly Rule[] & { readonly '~checked': true };
