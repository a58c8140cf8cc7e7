import type { EndedSession, ListedSession, Person, ProviderLogout } from '../types/ended.ts';

/**
 * Which sessions belong to a person, and to a session of the provider. Every method throws a `StoreError` when Redis does not
 * answer; repeated, it goes on with what was left.
 */
export interface SessionIndex {
  /** The living sessions of a person, the latest first. One call to Redis. */
  list(person: Person): Promise<readonly ListedSession[]>;
  /** Ends one session of a person; null when the person has no such living session. One call to Redis. */
  endOne(person: Person, id: string): Promise<EndedSession | null>;
  /** Ends all sessions of a person but one, and the sign-ins that are under way. */
  endAll(person: Person, options?: { readonly except?: string }): Promise<readonly EndedSession[]>;
  /**
   * Ends what a provider says has ended, and the sign-ins under way that it is about.
   *
   * @returns `repeated` for a `jti` that was handled before; `mismatch` when the provider's session is known and is not this
   *   person's, and then nothing has changed
   */
  endByProvider(logout: ProviderLogout): Promise<readonly EndedSession[] | 'repeated' | 'mismatch'>;
}
