import type { Page, Request } from '@playwright/test';
import type { GatehouseFixtures } from 'next-gatehouse/testing';
import type { Stand } from '../../local/stand.mjs';
import { canary, endSession, expect, signIn, test } from './stand';

test.use({ standOptions: canary('turbopack') });

const errors: string[] = [];
let lastTraffic = 0;
test.beforeEach(({ page }) => {
  errors.length = 0;
  page.on('pageerror', (error) => errors.push(String(error)));
  const note = () => {
    lastTraffic = Date.now();
  };
  page.on('request', note);
  page.on('response', note);
});

/** Nothing was asked or answered for a while: what the page does by itself is over. */
const quiet = () => expect.poll(() => Date.now() - lastTraffic, { intervals: [50] }).toBeGreaterThan(500);

test.afterEach(() => expect(errors).toEqual([]));

/** On `/kinds`, signed in, with everything loaded, and then the session is ended elsewhere. */
async function stranded(page: Page, stand: Stand): Promise<void> {
  await page.goto('/kinds');
  await signIn(page, 'ana');
  await expect(page.getByText('CANARY-kinds')).toBeVisible();
  await quiet();
  await endSession(stand);
}

/** The same for a test in which no trip to the provider follows: it does not know the browser. */
async function strandedHere(page: Page, signedInAs: GatehouseFixtures['signedInAs']): Promise<void> {
  const session = await signedInAs();
  await page.goto('/kinds');
  await expect(page.getByText('CANARY-kinds')).toBeVisible();
  await quiet();
  await session.end();
}

/** What the page asks for from now on, of the site and of the provider. */
function listen(page: Page) {
  const requests: Request[] = [];
  page.on('request', (request) => requests.push(request));
  return requests;
}
const toProvider = (requests: readonly Request[], { issuer }: Stand) =>
  requests.filter((request) => request.url().startsWith(issuer));
const setCookies = async (requests: readonly Request[]) =>
  (
    await Promise.all(
      requests.map(async (request) => (await (await request.response())?.headerValue('set-cookie')) ?? ''),
    )
  ).filter(Boolean);

test('a full navigation goes through the provider and ends at the page', async ({ page, stand }) => {
  await stranded(page, stand);
  const requests = listen(page);
  await page.goto('/item/9?x=1');
  await expect(page.getByText('CANARY-item 9')).toBeVisible();
  expect(new URL(page.url()).search).toBe('?x=1');
  expect(toProvider(requests, stand).length).toBeGreaterThan(0);
});

test('a click on a <Link> does so too', async ({ page, stand }) => {
  await stranded(page, stand);
  const requests = listen(page);
  await page.getByRole('link', { name: 'A link that waits for the click' }).click();
  await expect(page.getByText('CANARY-item 7')).toBeVisible();
  await expect(page).toHaveURL(`${stand.siteUrl}/item/7`);
  expect(toProvider(requests, stand).length).toBeGreaterThan(0);
});

test('a prefetch starts no login, writes no cookie and ends no session', async ({ page, signedInAs, stand }) => {
  const prefetches = (request: Request) => request.headers()['next-router-prefetch'] !== undefined;
  await strandedHere(page, signedInAs);
  const cookies = await page.context().cookies(stand.siteUrl);
  const requests = listen(page);
  await page.getByRole('button', { name: 'Show more links' }).click();
  for (const name of ['a page', 'the sign-in', 'the sign-out'])
    await page.getByRole('link', { name: `A link to ${name}`, exact: true }).hover();
  await expect.poll(() => requests.filter(prefetches).length).toBeGreaterThan(1);
  await quiet();
  const statuses = await Promise.all(requests.map(async (request) => (await request.response())?.status()));
  expect(statuses.filter((status) => status !== 401 && status !== 200)).toEqual([]);
  expect(statuses).toContain(401);
  expect(toProvider(requests, stand)).toEqual([]);
  expect(await setCookies(requests)).toEqual([]);
  expect(await page.context().cookies(stand.siteUrl)).toEqual(cookies);
  await expect(page).toHaveURL(`${stand.siteUrl}/kinds`);
});

test('prefetching the sign-out page ends no session', async ({ page, signedInAs }) => {
  await signedInAs();
  await page.goto('/kinds');
  await page.getByRole('button', { name: 'Show more links' }).click();
  await page.getByRole('link', { name: 'A link to the sign-out' }).hover();
  await quiet();
  expect(await page.evaluate(async () => (await fetch('/api/canary')).status)).toBe(200);
});

test('a click on a <Link> to the sign-in signs in, and ends at its page', async ({ page, stand }) => {
  await stranded(page, stand);
  await page.getByRole('button', { name: 'Show more links' }).click();
  await page.getByRole('link', { name: 'A link to the sign-in' }).click();
  await expect(page.getByText('CANARY-item 8')).toBeVisible();
});

test('a fetch gets 401 with the way to sign in, and the page stays', async ({ page, stand }) => {
  await stranded(page, stand);
  const requests = listen(page);
  await page.getByRole('button', { name: 'Fetch the handler' }).click();
  await expect(page.locator('#fetch-status')).toHaveText('401');
  const body = await page.evaluate(async () => (await fetch('/api/canary')).json());
  expect(body).toMatchObject({ code: 'UNAUTHENTICATED', loginUrl: '/auth/login?returnTo=%2Fkinds' });
  expect(toProvider(requests, stand)).toEqual([]);
  await page.goto(body.loginUrl);
  await expect(page.getByText('CANARY-kinds')).toBeVisible();
});

test('a form comes back to the page that it stood on', async ({ page, stand }) => {
  await stranded(page, stand);
  const requests = listen(page);
  await page.getByRole('button', { name: 'Send the plain form' }).click();
  await expect.poll(() => toProvider(requests, stand).length).toBeGreaterThan(0);
  await expect(page).toHaveURL(`${stand.siteUrl}/kinds`);
  await expect(page.getByText('CANARY-kinds')).toBeVisible();
});

for (const [name, output] of [
  ['Run the action', '#action-form-result'],
  ['Call the action', '#call-result'],
] as const) {
  test(`a Server Action signs in and comes back to its page, which works then: ${name}`, async ({ page, stand }) => {
    await stranded(page, stand);
    const requests = listen(page);
    await page.getByRole('button', { name }).click();
    await expect.poll(() => toProvider(requests, stand).length).toBeGreaterThan(0);
    await expect(page.getByText('CANARY-kinds')).toBeVisible();
    await expect(page).toHaveURL(`${stand.siteUrl}/kinds`);
    await page.getByRole('button', { name }).click();
    await expect(page.locator(output)).toContainText('CANARY-action-result');
  });
}

test('an image and a frame get 401, and start no login of their own', async ({ page, signedInAs, stand }) => {
  await strandedHere(page, signedInAs);
  const requests = listen(page);
  const loaded = await page.evaluate(async () => {
    const image = new Image();
    const ended = new Promise((resolve) => {
      image.onload = () => resolve('loaded');
      image.onerror = () => resolve('refused');
    });
    image.src = '/canary.png?again';
    const frame = document.createElement('iframe');
    const framed = new Promise((resolve) => {
      frame.onload = resolve;
    });
    frame.src = '/static-page?again';
    document.body.append(image, frame);
    await framed;
    return ended;
  });
  expect(loaded).toBe('refused');
  const both = requests.filter((request) => request.url().endsWith('?again')); // Next's own may come late
  const statuses = await Promise.all(both.map(async (request) => (await request.response())?.status()));
  expect(statuses).toEqual([401, 401]);
  expect(toProvider(requests, stand)).toEqual([]);
  const flows = (await page.context().cookies(stand.siteUrl)).filter(({ name }) => name.includes('oidc_flow'));
  expect(flows).toEqual([]);
});

test('after the sign-in all of them work', async ({ page, stand }) => {
  await stranded(page, stand);
  await page.goto('/kinds');
  await expect(page.frameLocator('iframe').getByText('CANARY-static-page')).toBeVisible();
  await expect.poll(() => page.evaluate(() => document.querySelector('img')?.naturalWidth)).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Fetch the handler' }).click();
  await expect(page.locator('#fetch-status')).toHaveText('200');
});
