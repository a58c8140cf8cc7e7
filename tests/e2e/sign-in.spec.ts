import { expect, shot, signIn, test, troubles } from './stand';

test('signs in and lands on the page first asked for, with its query; a reload stays there', async ({
  page,
  stand,
}) => {
  const seen = troubles(page);
  await page.goto('/dashboard?tab=costs&q=a%2Fb');
  await shot(page, 'provider-sign-in');
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/dashboard?tab=costs&q=a%2Fb`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await shot(page, 'dashboard');
  await page.reload();
  await expect(page).toHaveURL(`${stand.siteUrl}/dashboard?tab=costs&q=a%2Fb`);

  await page.goto('/account');
  await expect(page.getByText('ana@example.test').first()).toBeVisible();
  await shot(page, 'account');
  await page.goto('/');
  await expect(page.getByText('Ana Plain').first()).toBeVisible();
  await shot(page, 'landing-signed-in');
  expect(seen).toEqual([]);
});

test('the browser holds one session cookie that no script can read, and no token anywhere', async ({
  page,
  context,
}) => {
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  const cookies = (await context.cookies()).filter(({ domain }) => domain === 'localhost');
  const names = cookies.map(({ name }) => name).filter((name) => !name.startsWith('oidc_trips'));
  expect(names).toEqual(['gatehouse_session']);
  expect(cookies.every(({ httpOnly, sameSite, path }) => httpOnly && sameSite === 'Lax' && path === '/')).toBe(true);
  expect(await page.evaluate(() => document.cookie)).toBe('');
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toMatch(/eyJ/);
  const session = await page.evaluate(async () => (await fetch('/auth/session')).json());
  expect(session).toMatchObject({ user: { name: 'Ana Plain', email: 'ana@example.test' } });
  expect(JSON.stringify(session)).not.toMatch(/eyJ|token/i);
});

test('a cookie called session of another program on localhost is left alone', async ({ page, context, stand }) => {
  await context.addCookies([{ name: 'session', value: 'of another program', url: stand.siteUrl }]);
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.waitForURL('**/signed-out*');
  const left = (await context.cookies(stand.siteUrl)).find(({ name }) => name === 'session');
  expect(left?.value).toBe('of another program');
});

test('two tabs sign in at once, and both arrive where they wanted to be', async ({ context, stand }) => {
  const [one, two] = [await context.newPage(), await context.newPage()];
  await Promise.all([one.goto('/dashboard?tab=one'), two.goto('/account?tab=two')]);
  await signIn(one, 'ana');
  await expect(one).toHaveURL(`${stand.siteUrl}/dashboard?tab=one`);
  await signIn(two, 'ana');
  await expect(two).toHaveURL(`${stand.siteUrl}/account?tab=two`);
  await one.reload();
  await expect(one).toHaveURL(`${stand.siteUrl}/dashboard?tab=one`);
});

test('the back button after sign-in leads to no error', async ({ page, stand }) => {
  await page.goto('/');
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/dashboard`);
  for (let step = 0; step < 3; step += 1) {
    await page.goBack();
    await expect(page.locator('h1')).toBeVisible();
    await expect(page.locator('body')).not.toContainText(/LOGIN_REJECTED|BAD_REQUEST|INTERNAL/);
    if (page.url() === `${stand.siteUrl}/`) break;
  }
  await page.goto('/dashboard');
  await expect(page).toHaveURL(`${stand.siteUrl}/dashboard`);
});

test('a restored callback tab goes home', async ({ page, stand }) => {
  let callback = '';
  page.on('request', (request) => {
    if (request.url().includes('/auth/callback')) callback = request.url();
  });
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/dashboard`);
  expect(callback).toContain('/auth/callback?');
  await page.goto(callback);
  await expect(page).toHaveURL(`${stand.siteUrl}/`);
});

test('signs out at the site and at the provider, and a protected page asks again', async ({ page, stand }) => {
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(new RegExp(`^${stand.siteUrl}/signed-out`));
  await shot(page, 'signed-out');
  await page.goto('/dashboard');
  await page.waitForURL('**/sign-in/*'); // the provider has forgotten the person as well
  const revoked = stand.provider.ledger.requests.filter(({ endpoint }) => endpoint === 'revocation');
  expect(revoked.length).toBeGreaterThan(0);
});

test('signing out by address asks first, and works without script', async ({ browser, stand }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stand.siteUrl });
  const page = await context.newPage();
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await page.goto('/auth/logout');
  await shot(page, 'confirm-logout');
  await page.goto('/dashboard');
  await expect(page).toHaveURL(`${stand.siteUrl}/dashboard`);
  await page.goto('/auth/logout');
  await page.getByRole('button', { name: 'Sign out' }).click();
  // The provider of the stand asks with a button where its own script cannot run.
  await page.getByRole('button').first().click();
  await expect(page).toHaveURL(new RegExp(`^${stand.siteUrl}/signed-out`));
  await context.close();
});

test('who lacks the role is told so, politely; who has it may come in', async ({ page, signedInAs }) => {
  await signedInAs({ roles: ['member'] });
  const refused = await page.goto('/admin');
  expect(refused?.status()).toBe(403);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('No access');
  await shot(page, 'forbidden');
  await signedInAs({ roles: ['admin'], claims: { name: 'Budi Admin' } });
  expect((await page.goto('/admin'))?.status()).toBe(200);
  await shot(page, 'admin');
});

test('a sign-in that comes back to another browser is explained, with a way to start again', async ({
  browser,
  page,
  stand,
}) => {
  let callback = '';
  page.on('request', (request) => {
    if (request.url().includes('/auth/callback')) callback = request.url();
  });
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  expect(callback).toContain('code=');
  const context = await browser.newContext({ baseURL: stand.siteUrl });
  const other = await context.newPage();
  const response = await other.goto(callback);
  expect(response?.status()).toBe(400);
  await expect(other.locator('body')).toContainText('LOGIN_REJECTED');
  expect(await other.content()).not.toContain(new URL(callback).searchParams.get('code') ?? 'no code');
  await shot(other, 'problem');
  await other.getByRole('link', { name: 'Sign in again' }).click();
  await signIn(other, 'budi');
  await context.close();
});

test('a link clicked after the session has ended leads to the sign-in and back, with nothing thrown', async ({
  page,
  context,
  stand,
}) => {
  const seen = troubles(page);
  await page.goto('/dashboard');
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/dashboard`);
  await context.clearCookies({ name: 'gatehouse_session' });
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Account' }).click();
  await expect(page).toHaveURL(`${stand.siteUrl}/account`); // the provider still knows Ana, so the trip is silent
  expect(seen).toEqual([]);
});

test('pages of a person are kept by no cache; a public page is the same for all visitors and stays cacheable', async ({
  page,
  request,
  signedInAs,
  stand,
}) => {
  const anonymous = await request.get(`${stand.siteUrl}/signed-out`);
  expect(anonymous.headers()['cache-control']).toMatch(/s-maxage/);
  expect(anonymous.headers()['set-cookie']).toBeUndefined();
  await signedInAs();
  for (const path of ['/', '/dashboard', '/api/me']) {
    const headers = (await page.request.get(stand.siteUrl + path)).headers();
    expect(headers['cache-control']).toBe('private, no-store');
  }
  const mine = await page.request.get(`${stand.siteUrl}/signed-out`);
  expect(mine.headers()['cache-control']).toBe(anonymous.headers()['cache-control']);
  expect(await mine.text()).toBe(await anonymous.text());
  // Next writes over the `Vary` of its own pages (`app-page-runtime`), so it is seen only where Next renders no page.
  for (const path of ['/auth/session', '/api/me'])
    expect((await page.request.get(stand.siteUrl + path)).headers().vary?.toLowerCase()).toContain('cookie');
});

test('the site opened by another name goes to its own before the sign-in', async ({ page, stand }) => {
  await page.goto(`${stand.siteUrl.replace('localhost', '127.0.0.1')}/dashboard?x=1`);
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/dashboard?x=1`);
});
