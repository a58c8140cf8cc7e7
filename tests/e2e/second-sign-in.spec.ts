import type { Page } from '@playwright/test';
import type { Stand } from '../../local/stand.mjs';
import { expect, signIn, test, troubles } from './stand';

/** Short-lived tokens, so that a test lives to see a renewal. */
const TOKEN_SECONDS = 10;

test.use({ standOptions: { accessTokenSeconds: TOKEN_SECONDS } });

test.describe.configure({ timeout: 60_000 });

/** Waits until the tokens are over, and writes the provider's ledger anew from there. */
async function outliveTokens({ provider }: Stand): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, (TOKEN_SECONDS + 1) * 1000));
  provider.ledger.clear();
}

/** The sign-ins of a session at this provider share a grant, so a revocation for any of them is one for all. */
function expectOneGrant({ provider: { ledger } }: Stand, signIns: number): void {
  expect(ledger.count('token', 'authorization_code')).toBe(signIns);
  expect(ledger.events.filter(({ type }) => type === 'grant_revoked')).toEqual([]);
}

/** A silent trip to the provider looks like a served page, so the ledger has to say that there was none. */
function expectRenewal({ provider: { ledger } }: Stand): void {
  expect(ledger.events).toEqual([]); // no grant was refused or revoked, no used token came back
  expect(ledger.count('authorization')).toBe(0);
  const refreshes = ledger.requests.filter(({ grantType }) => grantType === 'refresh_token');
  expect(new Set(refreshes.map(({ status }) => status))).toEqual(new Set([200]));
}

async function expectSignedIn(page: Page, path: string, who: string): Promise<void> {
  expect((await page.goto(path))?.status()).toBe(200);
  expect(await page.evaluate(async () => (await fetch('/api/me')).json())).toEqual({ sub: who });
}

test.beforeEach(({ stand }) => stand.provider.ledger.clear());

test('a person who signs in again and then steps up stays signed in when the tokens run out', async ({
  page,
  stand,
}) => {
  const seen = troubles(page);
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await page.goto('/auth/login?returnTo=/account'); // the provider knows Ana by now, so it shows no page
  await expect(page).toHaveURL(`${stand.siteUrl}/account`);
  await page.goto('/vault');
  await signIn(page, 'ana', { mfa: true });
  await expect(page).toHaveURL(`${stand.siteUrl}/vault`);
  expectOneGrant(stand, 3);

  await outliveTokens(stand);
  await expectSignedIn(page, '/dashboard', 'ana');
  await expectSignedIn(page, '/vault', 'ana');
  expectRenewal(stand);
  expect(seen).toEqual([]);
});

test('a person who signs in in two tabs at once stays signed in in both when the tokens run out', async ({
  context,
  stand,
}) => {
  const [one, two] = [await context.newPage(), await context.newPage()];
  await Promise.all([one.goto('/dashboard?tab=one'), two.goto('/account?tab=two')]);
  await signIn(one, 'ana');
  await expect(one).toHaveURL(`${stand.siteUrl}/dashboard?tab=one`);
  await signIn(two, 'ana');
  await expect(two).toHaveURL(`${stand.siteUrl}/account?tab=two`);
  expectOneGrant(stand, 2);

  await outliveTokens(stand);
  await expectSignedIn(one, '/dashboard', 'ana');
  await expectSignedIn(two, '/account', 'ana');
  expectRenewal(stand);
});

test('another account chosen in the same browser takes the place of the first', async ({ page, stand }) => {
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await page.goto('/auth/login?prompt=select_account&returnTo=/account');
  await signIn(page, 'budi');
  await expect(page).toHaveURL(`${stand.siteUrl}/account`);
  await expectSignedIn(page, '/dashboard', 'budi');
});
