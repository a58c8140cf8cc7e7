import type { Browser, Page } from '@playwright/test';
import { createTestSession } from 'next-gatehouse/testing';
import { type Stand, startStand } from '../../local/stand.mjs';
import { ANA, expect, shot, signIn, test, troubles } from './stand';

const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1';

/** The account page of a device of its own, without script. */
async function deviceOf(browser: Browser, stand: Stand, options: Parameters<Browser['newContext']>[0] = {}) {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stand.siteUrl, ...options });
  const page = await context.newPage();
  await page.goto('/account');
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/account`);
  return page;
}

/** The same without a sign-in, for what is not about how a device is recognised. */
async function anotherDevice(browser: Browser, { siteUrl, env }: Stand, sub = `person-${crypto.randomUUID()}`) {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: siteUrl });
  const { cookie } = await createTestSession({ env, ...ANA, sub });
  await context.addCookies([cookie]);
  const page = await context.newPage();
  await page.goto('/account');
  return page;
}

const devices = (page: Page) => page.getByRole('region', { name: 'Devices' }).getByRole('listitem');

test('a device that is ended from the account page of another one is asked to sign in again', async ({
  browser,
  stand,
}) => {
  const laptop = await deviceOf(browser, stand);
  const phone = await deviceOf(browser, stand, { userAgent: SAFARI, viewport: { width: 390, height: 844 } });
  await phone.context().clearCookies({ domain: '127.0.0.1' }); // the provider forgets this device
  await shot(phone, 'devices-phone');

  const seen = troubles(laptop);
  await laptop.reload();
  await expect(devices(laptop)).toHaveCount(2);
  await expect(devices(laptop).first()).toContainText('Chrome on Linux This device');
  await expect(devices(laptop).last()).toContainText('Safari on iOS');
  await shot(laptop, 'devices');
  await laptop.getByRole('button', { name: 'Sign out Safari on iOS' }).click();
  await expect(laptop).toHaveURL(`${stand.siteUrl}/account`);
  await expect(devices(laptop)).toHaveCount(1);
  expect(seen).toEqual([]);

  await phone.goto('/dashboard');
  await phone.waitForURL('**/sign-in/*');
  await signIn(phone, 'ana');
  await expect(phone).toHaveURL(`${stand.siteUrl}/dashboard`);
  await laptop.goto('/account');
  await expect(devices(laptop)).toHaveCount(2);
  for (const page of [laptop, phone]) await page.context().close();
});

test('"Sign out everywhere else" leaves the device that asked', async ({ browser, stand }) => {
  const sub = `person-${crypto.randomUUID()}`;
  const others = [await anotherDevice(browser, stand, sub), await anotherDevice(browser, stand, sub)];
  const here = await anotherDevice(browser, stand, sub);
  const pages = [here, ...others];
  await expect(devices(here)).toHaveCount(3);
  await here.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(here).toHaveURL(`${stand.siteUrl}/account`);
  await expect(devices(here)).toHaveCount(1);
  await expect(here.getByRole('button', { name: 'Sign out everywhere else' })).toHaveCount(0);
  for (const other of others) {
    await other.goto('/account');
    await other.waitForURL('**/sign-in/*');
  }
  for (const page of pages) await page.context().close();
});

test('while Redis is down the account page says so in place of the devices', async ({ browser }) => {
  const stand = await startStand();
  try {
    const page = await anotherDevice(browser, stand);
    await expect(devices(page)).toHaveCount(1);
    await stand.redis.close();
    expect((await page.reload())?.status()).toBe(200);
    await expect(page.getByText('They cannot be shown right now.')).toBeVisible();
    await expect(page.getByText('ana@example.test').first()).toBeVisible();
    await page.context().close();
  } finally {
    await stand.close();
  }
});
