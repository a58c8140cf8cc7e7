import type { Env } from '../configuration.ts';
import {
  createTestSession,
  sessionCookieOf,
  type TestCookie,
  type TestSession,
  type TestSessionOptions,
} from './test-session.ts';

/** What the tests of a site get from {@link gatehouseFixtures}. */
export interface GatehouseFixtures {
  /** The variables of the site; those of the test's process by default. */
  gatehouseEnv: Env;
  /** Gives the browser of the test a session, in place of the one that it may have. */
  signedInAs: (person?: TestSessionOptions) => Promise<TestSession>;
  /** Takes the session cookie out of the browser of the test; the session itself goes on. */
  signedOut: () => Promise<void>;
}

export interface GatehouseFixtureOptions {
  /** The variables of the site; those of the test's process by default. A fixture `gatehouseEnv` takes their place. */
  readonly env?: Env;
  /** Hosts of a private network that belong to the tests, such as the Redis of a docker network. */
  readonly allowHosts?: readonly string[];
}

/** As much of Playwright's `BrowserContext` as is needed. */
interface Context {
  addCookies(cookies: readonly TestCookie[]): Promise<void>;
  clearCookies(options: { readonly name: string; readonly domain: string }): Promise<void>;
}

interface Given extends Pick<GatehouseFixtures, 'gatehouseEnv'> {
  readonly context: Context;
}

type Use<Value> = (value: Value) => Promise<void>;

/** As `base.extend()` of `@playwright/test` takes them. */
export interface GatehouseFixtureDefinitions {
  gatehouseEnv: [Env, { option: true }];
  signedInAs: (given: Given, use: Use<GatehouseFixtures['signedInAs']>) => Promise<void>;
  signedOut: (given: Given, use: Use<GatehouseFixtures['signedOut']>) => Promise<void>;
}

/**
 * Fixtures for `@playwright/test`. Each session has a person of its own unless `sub` is given, so parallel workers do not end or
 * list each other's.
 *
 * @example
 * import { test as base } from '@playwright/test';
 * import { type GatehouseFixtures, gatehouseFixtures } from 'next-gatehouse/testing';
 *
 * export const test = base.extend<GatehouseFixtures>(gatehouseFixtures());
 *
 * test('an administrator sees the page', async ({ page, signedInAs }) => {
 *   await signedInAs({ roles: ['admin'] });
 *   await page.goto('/admin');
 * });
 */
export const gatehouseFixtures = ({
  env = process.env,
  allowHosts = [],
}: GatehouseFixtureOptions = {}): GatehouseFixtureDefinitions => ({
  gatehouseEnv: [env, { option: true }],
  // Playwright reads the names of the fixtures from the parameters.
  signedInAs: async ({ context, gatehouseEnv }, use) => {
    await use(async (person = {}) => {
      const session = await createTestSession({ ...person, env: gatehouseEnv, allowHosts });
      await context.addCookies([session.cookie]);
      return session;
    });
  },
  signedOut: async ({ context, gatehouseEnv }, use) => {
    await use(() => context.clearCookies(sessionCookieOf(gatehouseEnv)));
  },
});
