import type { Page } from '@playwright/test';
import { expect, signIn, test } from './stand';

/** Short-lived tokens: due when two renewals may be so far apart (`RENEWAL_GAP_SECONDS`), over two seconds later. */
const DUE_SECONDS = 10;
const TOKEN_SECONDS = 12;
/** What the tabs meet, one after the other; no request comes before. */
const AGES = ['over', 'due', 'over', 'over', 'due', 'over'] as const;

test.use({ standOptions: { accessTokenSeconds: TOKEN_SECONDS } });

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A document, a click on a link, and a script's request: what a tab does in its turn. */
async function act(tab: Page, turn: number): Promise<void> {
  if (turn % 3 === 0) expect((await tab.goto(turn % 2 === 0 ? '/account' : '/dashboard'))?.status()).toBe(200);
  else if (turn % 3 === 1) await clickAway(tab);
  else expect(await tab.evaluate(async () => (await fetch('/api/me')).status)).toBe(200);
}

async function clickAway(tab: Page): Promise<void> {
  const [name, path] = new URL(tab.url()).pathname === '/admin' ? ['Account', '/account'] : ['Admin', '/admin'];
  await tab.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  await expect(tab).toHaveURL((url) => url.pathname === path);
  await expect(tab.getByRole('heading', { level: 1 })).toHaveText(name);
}

test('five tabs of one person, for a minute of expiring tokens: no sign-in page, nothing thrown', {
  tag: '@long',
}, async ({ context, stand }) => {
  test.setTimeout(240_000);
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
  for (const tab of tabs) await tab.goto('/account');
  const { ledger } = stand.provider;
  const tokens = () => ledger.requests.filter(({ endpoint }) => endpoint === 'token');
  const issuedAt = () => tokens().at(-1)?.at ?? 0;
  const renewals = () => ledger.count('token', 'refresh_token');

  for (const [turn, age] of AGES.entries()) {
    const before = renewals();
    await pause(issuedAt() + (age === 'due' ? DUE_SECONDS : TOKEN_SECONDS) * 1000 + 500 - Date.now());
    // All at once, each tab another thing than the time before.
    await Promise.all(tabs.map((tab, index) => act(tab, index + turn)));
    await expect.poll(renewals, age).toBe(before + 1); // once for all tabs; behind the answers where they were due
    await Promise.all(tabs.map((tab, index) => act(tab, index + turn + 1))); // with the new ones
  }
  const response = await first.goto('/account');
  expect(response?.status()).toBe(200);
  await expect(first.getByRole('heading', { level: 1 })).toHaveText('Account');
  expect(thrown).toEqual([]);
  expect(ledger.events.filter(({ type }) => type === 'refresh_token_reuse' || type === 'grant_refused')).toEqual([]);
  expect(renewals()).toBeGreaterThanOrEqual(AGES.length);
});
