import { test as base, type Page } from '@playwright/test';
import { type GatehouseFixtures, gatehouseFixtures } from 'next-gatehouse/testing';
import { site as dir, type IN_BROWSERS } from '../../local/canary.mjs';
import type { Stand } from '../../local/stand.mjs';
import { KEYS } from '../world/redis-keys';
import { createStands, type StandOptions, type Stands } from './stands';

const START_TIMEOUT_MS = 120_000;

/**
 * Every test gets a browser without cookies, and all of a worker that want the same of it share one site with its provider, Redis and
 * API. A test that is not about the sign-in begins with `signedInAs()`, which makes no trip to the provider.
 */
export const test = base.extend<GatehouseFixtures & { stand: Stand; standOptions: StandOptions }, { stands: Stands }>({
  ...gatehouseFixtures(),
  standOptions: [{}, { option: true }],
  stands: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const stands = createStands();
      await use(stands);
      await stands.close();
    },
    { scope: 'worker' },
  ],
  stand: [
    async ({ stands, standOptions }, use) => use(await stands.open(standOptions)),
    { timeout: START_TIMEOUT_MS }, // beside the time that the test has
  ],
  gatehouseEnv: async ({ stand }, use) => use(stand.env),
  baseURL: async ({ stand }, use) => use(stand.siteUrl),
});

/** The canary site instead of the sample: it has a page with one of each kind of request that a page can make. */
export const canary = (variant: (typeof IN_BROWSERS)[number], basePath = ''): StandOptions => ({
  dir,
  basePath,
  env: { CANARY_VARIANT: variant, SESSION_CHECK_SECONDS: '0' },
});

async function redis({ redis: { url, token } }: Stand, ...command: string[]): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(command) });
  return ((await response.json()) as { result: unknown }).result;
}

/** As a logout on another device does it: the browser keeps its cookie and does not know. */
export async function endSession(stand: Stand): Promise<void> {
  const keys = (await redis(stand, 'KEYS', `${KEYS.record}*`)) as string[];
  if (keys.length === 0) throw new Error('there is no session');
  await redis(stand, 'DEL', ...keys);
}

/** Ana, as the provider of the stand knows her. */
export const ANA = { sub: 'ana', claims: { name: 'Ana Plain', email: 'ana@example.test' } };

export { expect } from '@playwright/test';

/** Answers the provider's sign-in page, which must be open or on its way, and waits until the browser has left it. */
export async function signIn(page: Page, who: 'ana' | 'budi', { mfa = false } = {}): Promise<void> {
  await page.waitForURL('**/sign-in/*');
  await page.getByRole('checkbox', { name: 'With a second factor' }).setChecked(mfa);
  const { origin } = new URL(page.url());
  await page.getByRole('button', { name: who === 'ana' ? 'Ana Plain' : 'Budi Admin' }).click();
  await page.waitForURL((url) => url.origin !== origin);
}

/** `SCREENS=1` leaves pictures of what a person sees in `.artifacts/screens`. */
export const SCREENS = process.env.SCREENS === '1';

export async function shot(page: Page, name: string): Promise<void> {
  if (SCREENS) await page.screenshot({ path: `.artifacts/screens/${name}.png`, fullPage: true });
}

/** Errors in a page that no assertion looks at: uncaught errors, and console errors but for expected 401s. */
export function troubles(page: Page): string[] {
  const seen: string[] = [];
  page.on('pageerror', (error) => seen.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (401|403)/.test(message.text())) seen.push(message.text());
  });
  return seen;
}
