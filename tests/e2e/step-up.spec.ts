import { expect, shot, signIn, test, troubles } from './stand';

test('the vault asks for the second factor, and shows itself after one trip', async ({ page, stand }) => {
  const seen = troubles(page);
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await page.getByRole('link', { name: 'Vault' }).click();
  await page.waitForURL('**/sign-in/*');
  await shot(page, 'provider-step-up');
  await signIn(page, 'ana', { mfa: true });
  await expect(page).toHaveURL(`${stand.siteUrl}/vault`);
  await expect(page.getByText('so you signed in with a second factor within the last five minutes')).toBeVisible();
  await shot(page, 'vault');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Vault' })).toBeVisible();
  expect(seen).toEqual([]);
});

test('a sign-in without the second factor ends on one page, keeps the session, and can be tried again', async ({
  page,
  stand,
}) => {
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await page.goto('/vault');
  await signIn(page, 'ana');
  await expect(page.getByRole('heading', { level: 1, name: 'Stronger sign-in needed' })).toBeVisible();
  await shot(page, 'step-up-not-met');
  const tab = await page.context().newPage();
  await tab.goto('/account');
  await expect(tab.getByText('ana@example.test').first()).toBeVisible();
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await signIn(page, 'ana', { mfa: true });
  await expect(page).toHaveURL(`${stand.siteUrl}/vault`);
});

test('a script is told what to ask for', async ({ page, signedInAs }) => {
  await signedInAs();
  await page.goto('/dashboard');
  const answer = await page.evaluate(async () => {
    const response = await fetch('/vault');
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      body: await response.json(),
    };
  });
  expect(answer).toMatchObject({ status: 401, body: { code: 'STEP_UP_REQUIRED' } });
  expect(answer.challenge).toContain('insufficient_user_authentication');
});

test('too many sign-ins from one address end in a page that says so', async ({ page, stand }) => {
  // Without a proxy in front no address can be believed, so all share one count: this test comes last.
  const { siteUrl } = stand;
  for (let time = 0; time < 31; time += 1) await page.request.get(`${siteUrl}/auth/login`, { maxRedirects: 0 });
  const response = await page.goto('/auth/login');
  expect(response?.status()).toBe(429);
  expect(Number(response?.headers()['retry-after'])).toBeGreaterThan(0);
  await expect(page.getByRole('heading', { level: 1, name: 'Too many requests' })).toBeVisible();
  await shot(page, 'too-many-requests');
});
