import { randomBytes } from 'node:crypto';
import { test as base } from '@playwright/test';
import { type GatehouseFixtures, gatehouseFixtures, startTestProvider, startTestRedis } from 'next-gatehouse/testing';
import { freePort, startSite } from '../../local/site.mjs';
import { expect } from './stand';

/** The built site with the provider and the Redis of the test kit, in the process of the test. */
async function startKit() {
  const url = `http://localhost:${await freePort(0)}`;
  const [provider, redis] = [await startTestProvider({ siteUrl: url }), await startTestRedis()];
  const SESSION_SECRET = randomBytes(32).toString('base64url');
  const env = { ...provider.env, ...redis.env, SESSION_SECRET, BACKEND_API_URL: 'http://127.0.0.1:9' };
  const site = await startSite({ url, mode: 'production', env, log: () => {} });
  const close = async () => {
    await site.close();
    await Promise.all([provider.close(), redis.close()]);
  };
  return { url, env, provider, close };
}

type Kit = Awaited<ReturnType<typeof startKit>>;

const test = base.extend<GatehouseFixtures, { kit: Kit }>({
  ...gatehouseFixtures(),
  kit: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const kit = await startKit();
      await use(kit);
      await kit.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  gatehouseEnv: async ({ kit }, use) => use(kit.env),
  baseURL: async ({ kit }, use) => use(kit.url),
});

test('tokens that are over, and tokens that are due, are renewed once at the provider of the test kit', async ({
  page,
  kit: { provider },
  signedInAs,
}) => {
  for (const tokens of ['over', 'due'] as const) {
    const before = provider.refreshes().length;
    await signedInAs({ tokens, claims: { name: 'Citra' } });
    expect((await page.goto('/account'))?.status()).toBe(200);
    await expect(page.getByText('Citra').first()).toBeVisible();
    await expect.poll(() => provider.refreshes().length - before).toBe(1);
    await page.reload();
    expect(provider.refreshes().length - before).toBe(1);
  }
  expect(provider.reuseEvents).toEqual([]);
});

test('the provider of the test kit signs in without a page, steps up, and signs out', async ({
  page,
  kit: { provider, url },
}) => {
  provider.person = { sub: 'person-2', name: 'Budi', roles: ['admin'] };
  await page.goto('/admin');
  await expect(page).toHaveURL(`${url}/admin`);
  await page.goto('/vault');
  await expect(page.getByRole('heading', { level: 1, name: 'Vault' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await expect(page).toHaveURL(`${url}/`);
});

test('a logout that the provider sends ends the session, and a refusal of the next sign-in is shown', async ({
  page,
  kit: { provider },
  signedInAs,
  signedOut,
}) => {
  const { sub } = await signedInAs();
  expect((await page.goto('/dashboard'))?.status()).toBe(200);
  expect((await provider.sendBackchannelLogout({ sub })).status).toBe(200);
  await signedOut();
  provider.refusal = { error: 'access_denied' };
  await page.goto('/dashboard');
  await expect(page.getByRole('link', { name: /another account/ })).toBeVisible();
  provider.refusal = null;
});
