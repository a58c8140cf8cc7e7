import type { Page } from '@playwright/test';
import type { GatehouseFixtures } from 'next-gatehouse/testing';
import { serve } from '../processes/wires';
import { expect, test } from './stand';

test.use({ standOptions: { env: { SSO_FRONTCHANNEL: 'on' } } });

/**
 * Puts the frame of a front-channel logout into a page that a server of this machine gives: from one that Playwright fulfils
 * Chromium lets no frame reach the machine (Local Network Access).
 */
async function frameIn(page: Page, address: string, src: string): Promise<void> {
  await page.goto(address);
  await page.evaluate(
    (url) => document.body.append(Object.assign(document.createElement('iframe'), { src: url })),
    src,
  );
}

/** Signs in, and makes the address that the provider frames to end the session again. */
async function signedIn(
  page: Page,
  { siteUrl, issuer }: { readonly siteUrl: string; readonly issuer: string },
  signedInAs: GatehouseFixtures['signedInAs'],
) {
  const { sid } = await signedInAs();
  expect((await page.goto(`${siteUrl}/dashboard`))?.status()).toBe(200);
  return `${siteUrl}/auth/frontchannel-logout?${new URLSearchParams({ iss: issuer, sid })}`;
}

test('a page of the provider shows the frame, and the session has ended', async ({ page, signedInAs, stand }) => {
  const src = await signedIn(page, stand, signedInAs);
  const violations: string[] = [];
  page.on('console', (message) => {
    if (/frame-ancestors|X-Frame-Options/i.test(message.text())) violations.push(message.text());
  });
  await frameIn(page, `${stand.issuer}/.well-known/openid-configuration`, src);
  await expect.poll(() => page.frames()[1]?.title()).toBe('Signed out');
  expect(violations).toEqual([]);
  await page.goto(`${stand.siteUrl}/dashboard`);
  await page.waitForURL('**/sign-in/*');
});

test('a page of another origin does not show it', async ({ page, signedInAs, stand }) => {
  const src = await signedIn(page, stand, signedInAs);
  const other = await serve(async () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }));
  const blocked = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
  await frameIn(page, other.url, src);
  expect((await blocked).type()).toBe('error');
  await other.close();
});
