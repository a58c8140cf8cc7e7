export {
  type GatehouseFixtureDefinitions,
  type GatehouseFixtureOptions,
  type GatehouseFixtures,
  gatehouseFixtures,
} from './testing/fixtures.ts';
export type { Faults, TokenAnswer } from './testing/provider-faults.ts';
export type { GrantedTokens, GrantOptions } from './testing/provider-grant.ts';
export type { Endpoint, LedgerEntry } from './testing/provider-ledger.ts';
export type { Person } from './testing/provider-settings.ts';
export type { LogoutRequest } from './testing/send-logout.ts';
export { startTestProvider, type TestProvider, type TestProviderOptions } from './testing/test-provider.ts';
export { startTestRedis, type TestRedis, type TestRedisOptions } from './testing/test-redis.ts';
export {
  type CreateTestSessionOptions,
  createTestSession,
  type TestCookie,
  type TestSession,
  type TestSessionOptions,
} from './testing/test-session.ts';
