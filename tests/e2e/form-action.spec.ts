import type { Page } from '@playwright/test';
import type { Stand } from '../../local/stand.mjs';
import { endSession, expect, signIn, test } from './stand';

/** A Content-Security-Policy as many sites have it: forms go to the site itself, and so must the redirects after them. */
const POLICY = "form-action 'self'";

/** Signs Ana in and opens a page that has the policy. The list fills with what the policy has blocked. */
async function onPageWithPolicy(page: Page, { siteUrl }: Stand): Promise<string[]> {
  const violations: string[] = [];
  page.on('console', (message) => {
    if (/form-action/.test(message.text())) violations.push(message.text());
  });
  await page.route('**/account', async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': POLICY } });
  });
  await page.goto(`${siteUrl}/dashboard`);
  await signIn(page, 'ana');
  await page.goto(`${siteUrl}/account`);
  return violations;
}

const signOut = (page: Page) => page.getByRole('button', { name: 'Sign out' }).first().click();

test('a form-action of the site alone blocks the redirect after a sign-out (so the tests below mean something)', async ({
  page,
  stand,
}) => {
  const violations = await onPageWithPolicy(page, stand);
  await signOut(page);
  await expect.poll(() => violations.length).toBeGreaterThan(0);
  await expect(page).toHaveURL(`${stand.siteUrl}/account`);
});

test.describe(() => {
  test.use({ standOptions: { env: { SSO_FORM_REDIRECTS: 'page', SESSION_CHECK_SECONDS: '0' } } });

  test('with SSO_FORM_REDIRECTS=page the sign-out ends at the provider and back at the site', async ({
    page,
    stand,
  }) => {
    const violations = await onPageWithPolicy(page, stand);
    await signOut(page);
    await expect(page).toHaveURL(`${stand.siteUrl}/signed-out`);
    expect(violations).toEqual([]);
    await page.goto(`${stand.siteUrl}/dashboard`);
    await page.waitForURL('**/sign-in/*'); // the provider has forgotten the person too
  });

  test('with SSO_FORM_REDIRECTS=page a form whose session has ended leads to the sign-in and back to its page', async ({
    page,
    stand,
  }) => {
    const violations = await onPageWithPolicy(page, stand);
    await endSession(stand);
    await page.evaluate(() => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: '/api/me' });
      document.body.append(form);
      form.submit();
    });
    await expect(page).toHaveURL(`${stand.siteUrl}/account`); // the provider still knows Ana: a silent trip
    expect(violations).toEqual([]);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  });

  test('a script signs out by fetch, and sends the browser where the answer says', async ({ page, stand }) => {
    await page.goto(`${stand.siteUrl}/dashboard`);
    await signIn(page, 'ana');
    await page.evaluate(async () => {
      const { location } = await (await fetch('/auth/logout', { method: 'POST' })).json();
      window.location.assign(location);
    });
    await expect(page).toHaveURL(`${stand.siteUrl}/signed-out`);
  });
});
