import { createProviderContext, type Refusal } from './provider-context';
import { logoutToken } from './provider-id-token';
import type { SigningLie } from './provider-keys';
import type { Endpoint, LedgerEntry, ReuseEvent } from './provider-ledger';
import { clear, type Lies } from './provider-lies';
import { serve } from './provider-serve';
import { ANA, type Person, type ProviderOptions } from './provider-settings';

export type { JsonObject } from './provider-answers';
export type { Refusal } from './provider-context';
export type { SigningLie } from './provider-keys';
export type { Endpoint, LedgerEntry, ReuseEvent, TokenKind } from './provider-ledger';
export type { Lies, TokenAnswer } from './provider-lies';
export type { AuthMethod, Person, ProviderOptions } from './provider-settings';

/** An OpenID provider in memory: honest unless a lie is set, and it remembers everything. */
export interface Provider {
  readonly issuer: string;
  readonly clientId: string;
  /** What the client is configured with: a secret, the private JWK as text, or nothing. */
  readonly clientSecret: string;
  /** Who signs in. */
  person: Person;
  /** What the person answers in place of signing in, null for consent. */
  refusal: Refusal | null;
  readonly lies: Lies;
  /** Takes every lie back. */
  beHonest(): void;
  /** Every request, in the order of arrival. */
  readonly ledger: readonly LedgerEntry[];
  calls(endpoint: Endpoint): LedgerEntry[];
  /** Each time that a refresh token arrived here, whatever was made of it. */
  refreshPresentations(): LedgerEntry[];
  readonly reuseEvents: readonly ReuseEvent[];
  /** Whether a family of refresh tokens was ended because a used one came back. */
  readonly familyRevoked: boolean;
  /** Whether this token was ended before its time. */
  revoked(token: string): boolean;
  /** Every token, code, verifier and client secret, to search answers, logs and Redis for. */
  readonly secrets: ReadonlySet<string>;
  /** Scopes that an administrator takes away: refreshes lose them. */
  readonly withdrawnScopes: Set<string>;
  /** A new signing key; the old one is not published any more. */
  rotateKeys(): Promise<void>;
  handle(request: Request): Promise<Response>;
  /** Signs in at an authorization URL, in a browser of its own, and returns the URL of the callback. */
  signIn(authorizationUrl: string, who?: Partial<Person>): Promise<string>;
  /** A back-channel logout token about the latest sign-in; claims are added or replaced, undefined removes one. */
  logoutToken(claims?: Readonly<Record<string, unknown>>, lie?: SigningLie): Promise<string>;
}

export async function createProvider(options: ProviderOptions = {}): Promise<Provider> {
  const context = await createProviderContext(options);
  const { settings, lies, keys, grants, secrets, withdrawnScopes } = context;
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
    lies,
    beHonest: () => clear(lies),
    ledger,
    calls: (endpoint) => ledger.filter((entry) => entry.endpoint === endpoint),
    refreshPresentations: () =>
      ledger.filter(({ grantType, outcome }) => grantType === 'refresh_token' && outcome !== 'refused'),
    reuseEvents: grants.reuseEvents,
    get familyRevoked() {
      return grants.familyRevoked();
    },
    revoked: grants.revoked,
    secrets,
    withdrawnScopes,
    rotateKeys: keys.rotate,
    handle: (request) => serve(request, person, context, ledger),
    async signIn(authorizationUrl, who) {
      const response = await serve(new Request(authorizationUrl), { ...person, ...who }, context, ledger);
      const location = response.headers.get('location');
      if (!location) throw new Error(`the provider shows a page: ${response.status} ${await response.text()}`);
      return location;
    },
    logoutToken: (claims = {}, lie) => logoutToken(claims, context, lie),
  };
}
