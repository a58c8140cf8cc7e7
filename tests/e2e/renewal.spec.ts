import type { Page } from '@playwright/test';
import { startStand } from '../../local/stand.mjs';
import { test as base, expect, signIn } from './stand';

/** Short-lived tokens: due after half of this, over after all of it. */
const TOKEN_SECONDS = 20;
const LIVE_SECONDS = 60;

const test = base.extend<object, { stand: Awaited<ReturnType<typeof startStand>> }>({
  stand: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const stand = await startStand({ accessTokenSeconds: TOKEN_SECONDS });
      await use(stand);
      await stand.close();
    },
    { scope: 'worker', timeout: 240_000 },
  ],
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('five tabs of one person, for a minute of expiring tokens: no sign-in page, nothing thrown', {
  tag: '@long',
}, async ({ context, stand }) => {
  test.setTimeout(120_000);
  const thrown: string[] = [];
  const tabs: Page[] = [];
  for (let index = 0; index < 5; index += 1) {
    const tab = await context.newPage();
    tab.on('pageerror', (error) => thrown.push(error.message));
    tab.on('framenavigated', (frame) => {
      if (frame.url().startsWith(stand.issuer)) thrown.push(`at the provider again: tab ${index}`);
    });
    tabs.push(tab);
  }
  const [first] = tabs as [Page, ...Page[]];
  await first.goto('/dashboard');
  await signIn(first, 'budi');
  thrown.length = 0; // the sign-in itself was at the provider
  stand.provider.ledger.clear();

  const until = Date.now() + LIVE_SECONDS * 1000;
  const live = async (tab: Page, index: number) => {
    for (let round = 0; Date.now() < until; round += 1) {
      if (round % 3 === 0) await tab.goto(index % 2 === 0 ? '/account' : '/dashboard');
      else if (round % 3 === 1)
        await tab.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Admin' }).click();
      else expect(await tab.evaluate(async () => (await fetch('/api/me')).status)).toBe(200);
      await pause(500 + 300 * index); // five tabs that never rest leave the other tests no machine
    }
  };
  await Promise.all(tabs.map(live));
  await pause((TOKEN_SECONDS + 1) * 1000); // no request until the tokens are over
  const response = await first.goto('/account');
  expect(response?.status()).toBe(200);
  await expect(first.getByRole('heading', { level: 1 })).toHaveText('Account');
  expect(thrown).toEqual([]);
  const { ledger } = stand.provider;
  expect(ledger.events.filter(({ type }) => type === 'refresh_token_reuse' || type === 'grant_refused')).toEqual([]);
  // At the earliest they are renewed when due, at the latest when over; and once more after the rest.
  expect(ledger.count('token', 'refresh_token')).toBeGreaterThanOrEqual(Math.floor(LIVE_SECONDS / TOKEN_SECONDS));
  expect(ledger.count('token', 'refresh_token')).toBeLessThanOrEqual(Math.ceil(LIVE_SECONDS / (TOKEN_SECONDS / 2)) + 2);
});
