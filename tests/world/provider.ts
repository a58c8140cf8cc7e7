import { createProvider as create, type Provider as Regular } from '../../lib/testing/provider';
import type { Faults } from '../../lib/testing/provider-faults';
import type { ProviderOptions } from '../../lib/testing/provider-settings';

export type { Refusal } from '../../lib/testing/provider';
export type { JsonObject } from '../../lib/testing/provider-answers';
export type { Faults as Lies, TokenAnswer } from '../../lib/testing/provider-faults';
export type { SigningFault as SigningLie } from '../../lib/testing/provider-keys';
export type { Endpoint, LedgerEntry, ReuseEvent, TokenKind } from '../../lib/testing/provider-ledger';
export { ANA, type AuthMethod, type Person, type ProviderOptions } from '../../lib/testing/provider-settings';

/** The provider of the test kit, under the names that the stories have for what it does wrong. */
export interface Provider extends Regular {
  readonly lies: Faults;
  /** Takes every lie back. */
  beHonest(): void;
  /** Each time that a refresh token arrived here, whatever was made of it. */
  refreshPresentations: Regular['refreshes'];
}

export async function createProvider(options: ProviderOptions = {}): Promise<Provider> {
  const provider = await create(options);
  const { faults: lies, clearFaults: beHonest, refreshes: refreshPresentations } = provider;
  return Object.assign(provider, { lies, beHonest, refreshPresentations });
}
