import { expect, signIn, test } from './stand';

test('two devices, signed in by one session of the provider, are asked again when it ends there', async ({
  browser,
  stand,
}) => {
  const device = async () => (await browser.newContext()).newPage();
  const [laptop, phone] = [await device(), await device()];
  await laptop.goto(`${stand.siteUrl}/account`);
  await signIn(laptop, 'ana');
  await expect(laptop).toHaveURL(`${stand.siteUrl}/account`);
  await phone.context().addCookies(await laptop.context().cookies(stand.issuer));
  await phone.goto(`${stand.siteUrl}/account`); // the provider has its cookie
  await expect(phone).toHaveURL(`${stand.siteUrl}/account`);

  const atProvider = await laptop.context().newPage();
  await atProvider.goto(`${stand.issuer}/connect/logout`);
  await atProvider.getByRole('button', { name: 'Sign out' }).click();
  await expect(atProvider.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  for (const page of [laptop, phone]) {
    await page.goto(`${stand.siteUrl}/dashboard`);
    await page.waitForURL('**/sign-in/*');
    await page.context().close();
  }
});
