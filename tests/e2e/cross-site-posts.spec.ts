import type { Page } from '@playwright/test';
import { expect, shot, signIn, test, troubles } from './stand';

/** Answers of the provider arrive as forms that its page posts: from another site, so without Lax cookies. */
test.use({ standOptions: { env: { SSO_RESPONSE_MODE: 'form_post' } } });

/** A page of another site with a form that posts these fields to the sign-in (OIDC Core §4). */
async function postFromElsewhere(page: Page, action: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
  const html = `<!doctype html><form method="post" action="${action}">${inputs.join('')}<button>Go</button></form>`;
  await page.route('http://third-party.test/', (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto('http://third-party.test/');
  await page.getByRole('button', { name: 'Go' }).click();
}

test('a provider that answers by form_post signs a person in, and the page keeps no code', async ({ page, stand }) => {
  const seen = troubles(page);
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().startsWith(stand.siteUrl))
      posts.push(new URL(request.url()).pathname);
  });
  await page.goto(`${stand.siteUrl}/dashboard?from=here`);
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/dashboard?from=here`);
  expect(posts).toEqual(['/auth/callback']);
  expect(seen).toEqual([]);
});

test('a sign-in that another site begins ends at the page that it names', async ({ page, stand }) => {
  const fields = { iss: stand.issuer, target_link_uri: `${stand.siteUrl}/account` };
  await postFromElsewhere(page, `${stand.siteUrl}/auth/login`, fields);
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/account`);

  // With a session it goes straight there, and with another account in mind a button is asked for.
  await postFromElsewhere(page, `${stand.siteUrl}/auth/login`, fields);
  await expect(page).toHaveURL(`${stand.siteUrl}/account`);
  await postFromElsewhere(page, `${stand.siteUrl}/auth/login`, { ...fields, login_hint: 'budi@example.test' });
  await shot(page, 'other-account');
  await page.getByRole('link', { name: 'Sign in with another account' }).click();
  await signIn(page, 'budi');
  await expect(page).toHaveURL(`${stand.siteUrl}/account`);
  await expect(page.getByText('budi@example.test').first()).toBeVisible();
});
