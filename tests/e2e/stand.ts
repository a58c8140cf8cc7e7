import { test as base, type Page } from '@playwright/test';
import { type Stand, startStand } from '../../local/stand.mjs';

/** The first test of a worker waits for the build as well, when there is none yet. */
const START_TIMEOUT_MS = 240_000;

/** Every test gets a browser that knows nobody, and all share one site with its provider, Redis and API. */
export const test = base.extend<object, { stand: Stand }>({
  stand: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const stand = await startStand();
      await use(stand);
      await stand.close();
    },
    { scope: 'worker', timeout: START_TIMEOUT_MS },
  ],
  baseURL: async ({ stand }, use) => use(stand.siteUrl),
});

export { expect } from '@playwright/test';

/** Answers the provider's sign-in page, which must be open or on its way, and waits until the browser has left it. */
export async function signIn(page: Page, who: 'ana' | 'budi', { mfa = false } = {}): Promise<void> {
  await page.waitForURL('**/sign-in/*');
  await page.getByRole('checkbox', { name: 'With a second factor' }).setChecked(mfa);
  const { origin } = new URL(page.url());
  await page.getByRole('button', { name: who === 'ana' ? 'Ana Plain' : 'Budi Admin' }).click();
  await page.waitForURL((url) => url.origin !== origin);
}

/** Screenshots of what a person sees, kept as artefacts. */
export const shot = (page: Page, name: string) =>
  page.screenshot({ path: `.artifacts/screens/${name}.png`, fullPage: true });

/** Whatever goes wrong in a page without anybody looking: uncaught errors, and console errors but for expected 401s. */
export function troubles(page: Page): string[] {
  const seen: string[] = [];
  page.on('pageerror', (error) => seen.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (401|403)/.test(message.text())) seen.push(message.text());
  });
  return seen;
}
