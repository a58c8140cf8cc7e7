import type { JsonObject, Provider, ProviderOptions } from './provider';

/** What a person who uses a provider of this family meets, from the sign-in to the sign-out. */
export interface Life {
  /** Kept claims that the session shows beside `sub`. */
  readonly claims: readonly string[];
  /** Where the roles of rules come from; null where the provider gives none. */
  readonly roles: string | null;
  /** Whether the provider gives a refresh token. Without one the session lives as configured. */
  readonly renewal: 'refresh token' | 'lives on';
  /** What a step-up can ask for. */
  readonly stepUp: readonly ('acr' | 'max_age')[];
  /** What a sign-out does at the provider. */
  readonly signOut: readonly ('revokes' | 'ends the session')[];
}

/** A family of providers: what a site sets for it, what it does differently, and what comes of it. */
export interface Profile {
  readonly name: string;
  /** Path of the issuer. */
  readonly path?: string;
  /** What a site sets beside the variables that every site sets; `{issuer}` and `{op}` (its origin) are replaced. */
  readonly variables: Readonly<Record<string, string>>;
  readonly options?: ProviderOptions;
  /** What the provider does that no option says. */
  readonly habits?: (provider: Provider) => void;
  /** How it refuses a refresh token that it does not take any more. */
  readonly refusal: Refusal;
  readonly life: Life;
}

export interface Refusal {
  readonly status: number;
  /** None: an empty body. */
  readonly body?: JsonObject;
}

/** The world's options for a site in front of this provider. */
export function worldOf({ path = '', variables, options }: Profile) {
  const op = `https://op-${crypto.randomUUID().slice(0, 8)}.test`;
  const issuer = op + path;
  const fill = (value: string) => value.replaceAll('{issuer}', issuer).replaceAll('{op}', op);
  const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, fill(value)]));
  // The default scope, as a site has it that sets none.
  return { provider: { issuer, ...options }, env: { SSO_SCOPE: '', ...env } };
}
