import { createProviderContext, type Refusal } from './provider-context.ts';
import { clear, type Faults } from './provider-faults.ts';
import { type GrantedTokens, type GrantOptions, grantTokens } from './provider-grant.ts';
import { logoutToken } from './provider-id-token.ts';
import type { SigningFault } from './provider-keys.ts';
import type { Endpoint, LedgerEntry, ReuseEvent } from './provider-ledger.ts';
import { serve } from './provider-serve.ts';
import { ANA, type Person, type ProviderOptions } from './provider-settings.ts';

export type { JsonObject } from './provider-answers.ts';
export type { Refusal } from './provider-context.ts';
export type { Faults, TokenAnswer } from './provider-faults.ts';
export type { SigningFault } from './provider-keys.ts';
export type { Endpoint, LedgerEntry, ReuseEvent, TokenKind } from './provider-ledger.ts';
export type { AuthMethod, Person, ProviderOptions } from './provider-settings.ts';

/** An OpenID provider in memory. It does what the protocol says unless a fault is set, and remembers every request. */
export interface Provider {
  readonly issuer: string;
  readonly clientId: string;
  /** What the client is configured with: a secret, the private JWK as text, or nothing. */
  readonly clientSecret: string;
  /** Who signs in. */
  person: Person;
  /** The accounts by `sub`: a refresh gets the claims that stand here. A sign-in with `login_hint` finds its account here. */
  readonly people: Map<string, Person>;
  /** What the person answers in place of signing in, null for consent. */
  refusal: Refusal | null;
  readonly faults: Faults;
  /** Ends every fault. */
  clearFaults(): void;
  /** Every request, in the order of arrival. */
  readonly ledger: readonly LedgerEntry[];
  calls(endpoint: Endpoint): LedgerEntry[];
  /** Each time that a refresh token arrived here, whatever was made of it. */
  refreshes(): LedgerEntry[];
  readonly reuseEvents: readonly ReuseEvent[];
  /** Whether a family of refresh tokens was ended because a used one came back. */
  readonly familyRevoked: boolean;
  /** Whether this token was ended before its time. */
  revoked(token: string): boolean;
  /** Every token, code, verifier and client secret, to search answers, logs and Redis for. */
  readonly secrets: ReadonlySet<string>;
  /** Scopes that an administrator takes away: refreshes lose them. */
  readonly withdrawnScopes: Set<string>;
  /** The tokens of a sign-in that no browser made, as the token endpoint would give them. */
  grant(options?: GrantOptions): Promise<GrantedTokens>;
  /** A new signing key; the old one is not published any more. */
  rotateKeys(): Promise<void>;
  handle(request: Request): Promise<Response>;
  /** Signs in at an authorization URL, in a browser of its own, and returns the URL of the callback. */
  signIn(authorizationUrl: string, who?: Partial<Person>): Promise<string>;
  /** A back-channel logout token about the latest sign-in; claims are added or replaced, undefined removes one. */
  logoutToken(claims?: Readonly<Record<string, unknown>>, fault?: SigningFault): Promise<string>;
}

export async function createProvider(options: ProviderOptions = {}): Promise<Provider> {
  const context = await createProviderContext(options);
  const { settings, faults, keys, grants, secrets, withdrawnScopes } = context;
  const ledger: LedgerEntry[] = [];
  let person = ANA;
  return {
    issuer: settings.issuer,
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    get person() {
      return person;
    },
    set person(next) {
      person = next;
      context.people.set(next.sub, next);
    },
    get refusal() {
      return context.refusal;
    },
    set refusal(next) {
      context.refusal = next;
    },
    faults,
    clearFaults: () => clear(faults),
    ledger,
    calls: (endpoint) => ledger.filter((entry) => entry.endpoint === endpoint),
    refreshes: () => ledger.filter(({ grantType, outcome }) => grantType === 'refresh_token' && outcome !== 'refused'),
    reuseEvents: grants.reuseEvents,
    get familyRevoked() {
      return grants.familyRevoked();
    },
    revoked: grants.revoked,
    secrets,
    withdrawnScopes,
    people: context.people,
    grant: (options) => grantTokens(person, options, context),
    rotateKeys: keys.rotate,
    handle: (request) => serve(request, person, context, ledger),
    async signIn(authorizationUrl, who) {
      const response = await serve(new Request(authorizationUrl), { ...person, ...who }, context, ledger);
      const location = response.headers.get('location');
      if (!location) throw new Error(`the provider shows a page: ${response.status} ${await response.text()}`);
      return location;
    },
    logoutToken: (claims = {}, fault) => logoutToken(claims, context, fault),
  };
}
