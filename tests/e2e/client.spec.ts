import type { Page } from '@playwright/test';
import { expect, shot, signIn, test, troubles } from './stand';

// The sessions that stay are of Budi: Ana's devices are counted elsewhere.
const person = (page: Page) => page.locator('.person');
const signOut = (page: Page) => page.getByRole('button', { name: 'Sign out' }).first();

test('a prerendered page shows who is signed in, and nothing moves when the name comes', async ({ page, stand }) => {
  const seen = troubles(page);
  await page.goto('/dashboard');
  await signIn(page, 'budi');
  await expect(person(page)).toHaveText('Budi Admin');
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/auth/session', async (route) => {
    await answered;
    await route.continue();
  });
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    if (width === 1280) await page.reload();
    const before = await signOut(page).boundingBox();
    if (width === 1280) await expect(person(page)).toHaveText('');
    answer();
    await expect(person(page)).toHaveText('Budi Admin');
    expect(await signOut(page).boundingBox()).toEqual(before);
    await shot(page, `client-${width}`);
  }
  const asked = page.waitForRequest('**/auth/session', { timeout: 1_000 }).then(
    () => 'asked',
    () => 'not asked',
  );
  await page.goto('/account'); // which knows who is signed in, and says so in its HTML
  await expect(person(page)).toHaveText('Budi Admin');
  expect(await (await page.request.get(`${stand.siteUrl}/account`)).text()).toContain('<bdi title="Budi Admin">');
  expect([await asked, seen]).toEqual(['not asked', []]);
});

test('a sign-out in one tab is seen in the other, and so is a sign-in of another person', async ({
  context,
  stand,
}) => {
  const [one, other] = [await context.newPage(), await context.newPage()];
  await one.goto('/dashboard');
  await signIn(one, 'ana');
  await other.goto('/notes');
  await expect(person(one)).toHaveText('Ana Plain');
  await expect(person(other)).toHaveText('Ana Plain');
  await signOut(one).click();
  await expect(person(other)).toHaveText('Signed out');
  const signInHere = other.getByRole('link', { name: 'Sign in' });
  await expect(signInHere).toHaveAttribute('href', '/auth/login?returnTo=%2Fnotes');
  await shot(other, 'client-signed-out-elsewhere');
  await one.waitForURL('**/signed-out*');
  expect(other.url()).toBe(`${stand.siteUrl}/notes`);

  await other.evaluate(() => document.body.setAttribute('data-of', 'ana'));
  await one.goto('/dashboard');
  await signIn(one, 'budi');
  await expect(person(other)).toHaveText('Budi Admin');
  await expect(other.locator('body')).not.toHaveAttribute('data-of', 'ana'); // the document is a new one
});

test('a page out of the back/forward cache does not go on showing a session that has ended', async ({
  page,
  context,
}) => {
  await page.goto('/dashboard');
  await signIn(page, 'budi');
  await expect(person(page)).toHaveText('Budi Admin');
  await context.clearCookies(); // as after a sign-out that the page in the cache has slept through
  // The headless shell of Chromium has no such cache, so the page is told that it comes out of one.
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await page.waitForURL('**/sign-in/*');
});

test('without script the form signs out', async ({ browser, stand }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stand.siteUrl });
  const page = await context.newPage();
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await signOut(page).click();
  await page.getByRole('button').first().click(); // the provider asks where its script cannot run
  await expect(page).toHaveURL(new RegExp(`^${stand.siteUrl}/signed-out`));
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await page.waitForURL('**/sign-in/*');
  await context.close();
});

test.describe(() => {
  test.use({ standOptions: { env: { SESSION_IDLE_SECONDS: '8' } } });

  test('the last minute is announced, and the session can be prolonged', async ({ page }) => {
    const seen = troubles(page);
    await page.goto('/dashboard');
    await signIn(page, 'ana');
    const dialog = page.getByRole('alertdialog', { name: /^You will be signed out in \d seconds?\.$/ });
    const seconds = async () => Number(/\d+/.exec((await dialog.textContent()) ?? '')?.[0]);
    await expect(dialog).toBeVisible();
    await expect(dialog.getByRole('button', { name: 'Stay signed in' })).toBeFocused();
    await shot(page, 'client-countdown');
    await page.evaluate(() => document.documentElement.setAttribute('lang', 'en_US')); // which is no language tag (BCP 47)
    await expect.poll(seconds).toBeLessThanOrEqual(4);
    await dialog.getByRole('button', { name: 'Stay signed in' }).click();
    await expect.poll(seconds).toBeGreaterThanOrEqual(6);
    await expect(person(page)).toHaveText('Signed out', { timeout: 12_000 });
    await expect(dialog).toBeHidden();
    expect(seen).toEqual([]);
  });
});
