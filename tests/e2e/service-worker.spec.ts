import type { Page, Request } from '@playwright/test';
import { canary, endSession, expect, signIn, test } from './stand';

test.use({ standOptions: canary('turbopack') });

/** What the service worker has sent. */
const sent: Request[] = [];

/** A browser that has the site's service worker, and no session any more. */
test.beforeEach(async ({ context, page, signedInAs }) => {
  await signedInAs();
  await page.goto('/static-page');
  await page.evaluate(async () => {
    const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
    await navigator.serviceWorker.register('/sw.js');
    if (navigator.serviceWorker.controller === null) await controlled;
  });
  await context.clearCookies();
  sent.length = 0;
  context.on('request', (request) => {
    if (request.serviceWorker()) sent.push(request);
  });
});

/** Fetch Metadata of the first request for this path that came from the worker. */
async function metadata(page: Page, path: string) {
  const { origin } = new URL(page.url());
  const headers = await sent.find((request) => request.url().startsWith(origin + path))?.allHeaders();
  return [headers?.['sec-fetch-mode'], headers?.['sec-fetch-dest']];
}

test('a page that a service worker asks for is signed in for, and shown', async ({ page, stand }) => {
  await page.goto('/item/9?x=1');
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/item/9?x=1`);
  await expect(page.getByText('CANARY-item 9')).toBeVisible();
  expect(await metadata(page, '/item/9')).toEqual(['navigate', 'empty']);
  expect(await metadata(page, '/auth/callback')).toEqual(['navigate', 'empty']);
  const session = await page.evaluate(async () => (await fetch('/auth/session')).json());
  expect(session).toMatchObject({ user: { name: 'Ana Plain' } });
});

test('the login signs in through a service worker', async ({ page, stand }) => {
  await page.goto('/auth/login?returnTo=/item/8');
  await signIn(page, 'ana');
  await expect(page).toHaveURL(`${stand.siteUrl}/item/8`);
  await expect(page.getByText('CANARY-item 8')).toBeVisible();
  expect(await metadata(page, '/auth/login')).toEqual(['navigate', 'empty']);
});

test('a session that ended elsewhere begins again by the next navigation', async ({ page, stand }) => {
  await page.goto('/static-page');
  await signIn(page, 'ana');
  await expect(page.getByText('CANARY-static-page')).toBeVisible();
  await endSession(stand);
  const asked = page.waitForRequest((request) => request.url().startsWith(`${stand.issuer}/authorize`));
  await page.goto('/item/7');
  await asked; // where the person is still signed in
  await expect(page.getByText('CANARY-item 7')).toBeVisible();
  await expect(page).toHaveURL(`${stand.siteUrl}/item/7`);
});

test('a script’s request through a service worker is told, and starts no sign-in', async ({ page, context }) => {
  await page.goto('/');
  const answer = await page.evaluate(async () => {
    const { status, redirected } = await fetch('/api/canary');
    return { status, redirected };
  });
  expect(answer).toEqual({ status: 401, redirected: false });
  expect(await metadata(page, '/api/canary')).toEqual(['cors', 'empty']);
  expect(await context.cookies()).toEqual([]);
});
