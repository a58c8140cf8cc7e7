import { type Browser, type BrowserContext, chromium, type Page, expect as playwright } from '@playwright/test';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasChromium, launchOptions } from '../setup/chromium';
import { needs } from '../setup/skipped';
import type { Person, Running } from './open';

const proof = {
  ...needs(hasChromium, 'the adopted sites are not tried in a browser, because there is no Chromium on this machine'),
  timeout: 60_000,
};
const onPage = playwright.configure({ timeout: 20_000 });

let chromiumProcess: Browser | undefined;

/** One process for the browsers of all sites. */
export function shareChromium(): void {
  beforeAll(async () => {
    if (hasChromium) chromiumProcess = await chromium.launch(launchOptions);
  });
  afterAll(() => chromiumProcess?.close());
}

/** A browser of its own for the length of one call, and what went wrong in its pages. */
async function inChromium(use: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await (chromiumProcess as Browser).newContext({ ignoreHTTPSErrors: true });
  const troubles: string[] = [];
  try {
    const page = await context.newPage();
    page.on('pageerror', ({ message }) => troubles.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 403/.test(message.text())) troubles.push(message.text());
    });
    await use(page, context);
    expect(troubles).toEqual([]);
  } finally {
    await context.close();
  }
}

async function signIn(page: Page, { url, issuer }: Running, to: string, who: Person): Promise<void> {
  await page.goto(url + to);
  await onPage(page).toHaveURL(new RegExp(`^${issuer}/sign-in/`));
  await page.locator(`button[value="${who}"]`).click();
  await onPage(page).toHaveURL(url + to);
}

/** What a person in front of the site sees. */
export function checkInBrowser(running: () => Running): void {
  it.concurrent('signs a person in and out in Chromium, and refuses the page for a role', proof, () =>
    inChromium(async (page, context) => {
      const { url } = running();
      await signIn(page, running(), '/account', 'ana');
      await onPage(page.getByText('Hello, Ana Plain')).toBeVisible();
      const isTls = url.startsWith('https:');
      const session = (await context.cookies(url)).find(({ name }) => /session/.test(name));
      expect(session).toMatchObject({
        name: isTls ? '__Host-Http-session' : 'gatehouse_session',
        httpOnly: true,
        secure: isTls,
      });
      const refused = await page.goto(`${url}/admin`);
      expect(refused?.status()).toBe(403);
      await onPage(page.getByRole('heading', { level: 1 })).toHaveText('No access');
      await onPage(page.locator('body')).not.toContainText('ADOPTER');

      await page.goto(`${url}/auth/logout`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await onPage(page).toHaveURL(new RegExp(`^${url}/?$`));
      await onPage(page.getByText('Hello, stranger')).toBeVisible();
      await page.goto(`${url}/account`);
      await onPage(page.getByRole('heading', { name: 'Choose who you are' })).toBeVisible();
    }),
  );

  it.concurrent('opens the page for a role in Chromium to a person who has it', proof, () =>
    inChromium(async (page) => {
      await signIn(page, running(), '/admin', 'budi');
      await onPage(page.getByText('ADOPTER-admin')).toBeVisible();
    }),
  );
}

/** The look that a template has by its style sheet. */
export function checkTemplateInBrowser(running: () => Running): void {
  it('has the look of its template in Chromium', proof, () =>
    inChromium(async (page) => {
      await page.goto(running().url);
      await onPage(page.locator('body')).toHaveCSS('display', 'flex'); // by the class `flex` of Tailwind
      await onPage(page.locator('body')).toHaveCSS('flex-direction', 'column');
      await onPage(page.locator('body')).toHaveCSS('background-color', 'rgb(255, 255, 255)'); // by its variable
    }),
  );
}
