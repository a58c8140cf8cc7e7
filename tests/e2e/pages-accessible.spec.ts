import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import type { Appearance, Scheme } from '../../lib/pages/appearance';
import { confirmLogoutPage } from '../../lib/pages/confirm-logout';
import { ENGLISH } from '../../lib/pages/english';
import { type Language, languagesOf } from '../../lib/pages/language';
import type { Frame } from '../../lib/pages/look';
import { otherAccountPage } from '../../lib/pages/other-account';
import { problemPage } from '../../lib/pages/problem';
import { redirectPage } from '../../lib/pages/redirect';
import type { Texts } from '../../lib/pages/texts';
import type { Code } from '../../lib/problems';
import { page as answer } from '../../lib/responses';
import { expect, SCREENS, shot, test } from './stand';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SITE = 'https://gate.test';

test.use({ baseURL: undefined }); // no site is asked for anything here

/** A table with every text of the English one made into another. */
const changed = <Part>(part: Part, change: (text: string) => string): Part =>
  (typeof part === 'string'
    ? change(part)
    : Array.isArray(part)
      ? part.map((text) => changed(text, change))
      : Object.fromEntries(
          Object.entries(part as object).map(([name, texts]) => [name, changed(texts, change)]),
        )) as Part;

/** Words as long as those of German, Finnish or Malayalam. */
const long = (text: string) => text.replace(/\p{L}{5,}/gu, (word) => `${word}verbindungsabbruchs${word.toLowerCase()}`);
/** Right to left, with the names of variables and `{name}` as they are. */
const arabic = (text: string) =>
  text.replace(/\{name\}|\b[A-Z_]{5,}\b|\p{L}+/gu, (word) => (/^(\{|[A-Z_]{5})/.test(word) ? word : 'كلمة'));

const languages = languagesOf({ de: changed<Texts>(ENGLISH, long), ar: changed<Texts>(ENGLISH, arabic) });
const language = (tag: string) => languages.find((one) => one.tag === tag) as Language;

const SITE_LOOK: Appearance = {
  name: 'Acme Bestellverwaltung & Partner',
  logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 32"><rect width="120" height="32" rx="6" fill="#0050b3"/></svg>',
  colors: {
    light: { accent: '#0050b3', ground: '#f0f5ff', card: '#fff', ink: '#10203a', quiet: '#4a5a75', line: '#c5d4ec' },
    dark: { accent: '#91caff', onAccent: '#0c1a2b', ground: '#0b1220', card: '#121c2e', ink: '#e6edf7' },
  },
};
const { logo: _, ...NAMED_LOOK } = SITE_LOOK;
const LOOKS: readonly (readonly [tag: string, appearance: Appearance])[] = [
  ['en', {}],
  ['id', {}],
  ['de', SITE_LOOK],
  ['ar', NAMED_LOOK],
];

const problem =
  (code: Code, more: object = {}) =>
  (frame: Frame) =>
    problemPage({ ...frame, code, ref: 'Zk3vQ8xW9rT2', ...more });
const PAGES: Readonly<Record<string, (frame: Frame) => string>> = {
  'sign-out': (frame) => confirmLogoutPage({ ...frame, name: 'Ana Plain' }),
  'other-account': (frame) => otherAccountPage({ ...frame, loginUrl: '/auth/login', target: '/', name: 'Ana Plain' }),
  redirect: (frame) => redirectPage({ ...frame, url: `${SITE}/auth/logout`, why: 'signingOutThere' }),
  forbidden: problem('FORBIDDEN', { note: 'claimsDropped' }),
  'login-rejected': problem('LOGIN_REJECTED'),
  'host-mismatch': problem('HOST_MISMATCH', {
    hosts: { seen: `${'internal-'.repeat(7)}host:3000`, expected: 'app.example' },
  }),
  denied: problem('SIGN_IN_DENIED', { supportRef: `SSOERR-${'0123456789abcdef'.repeat(4)}` }),
  unavailable: problem('PROVIDER_UNAVAILABLE', { retryUrl: '' }),
  misconfigured: problem('MISCONFIGURED', {
    variables: { SSO_ISSUER: 'is required', 'appearance.logo': 'must be a path' },
  }),
};

/** The page as the gate answers it, its Content-Security-Policy included. */
async function open(page: Page, name: string, tag: string, appearance: Appearance): Promise<void> {
  const view = { basePath: '', appearance, language: language(tag) };
  const response = answer(view, PAGES[name] as (frame: Frame) => string);
  const body = await response.text();
  await page.unroute(`${SITE}/**`);
  await page.route(`${SITE}/**`, (route) => route.fulfill({ body, headers: Object.fromEntries(response.headers) }));
  await page.goto(`${SITE}/${name}`);
}

interface Found {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

async function violations(page: Page, scheme: Scheme): Promise<string[]> {
  await page.emulateMedia({ colorScheme: scheme });
  const options = {
    resultTypes: ['violations'], // of what is in order it describes no element
    ...(scheme === 'dark' && { runOnly: ['color-contrast'] }), // the rest is the same markup
  };
  const { violations } = (await page.evaluate(`axe.run(${JSON.stringify(options)})`)) as Found;
  return violations.map(({ id, nodes }) => `${id}, ${scheme}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** How much of its list the narrowest value has: a long name beside it must not break a reference letter by letter. */
const narrowestValue = (page: Page) =>
  page.evaluate(() => {
    const parts = [...document.querySelectorAll<HTMLElement>('dd')].map(
      (value) => value.offsetWidth / (value.parentElement?.offsetWidth ?? 0),
    );
    return Math.min(1, ...parts);
  });

async function picture(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await shot(page, `gate/${name}-${colorScheme}`);
  }
}

for (const [tag, appearance] of LOOKS) {
  test(`axe finds nothing on any page of the gate, light or dark, and nothing overflows: ${tag}`, async ({ page }) => {
    if (SCREENS) test.slow(); // pictures take longer than all that is tested here
    await page.addInitScript({ content: AXE }); // beside the page's policy, and sent once for all of them
    const refused: string[] = [];
    page.on('console', (message) => refused.push(message.text()));
    for (const name of Object.keys(PAGES)) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await open(page, name, tag, appearance);
      for (const details of await page.locator('summary').all()) await details.click();
      for (const scheme of ['light', 'dark'] as const) expect(await violations(page, scheme), name).toEqual([]);
      expect(await narrowestValue(page), name).toBeGreaterThan(0.4);
      // 320 is 640 at a zoom of 200 % (WCAG 2.2 §1.4.10).
      for (const width of SCREENS ? [1280, 390, 320] : [390, 320]) {
        await page.setViewportSize({ width, height: 800 });
        expect(await overflow(page), `${name} at ${width}`).toBe(0);
        if (SCREENS && width !== 320) await picture(page, `${name}-${tag}-${width}`);
      }
    }
    expect(refused).toEqual([]); // the Content-Security-Policy among it
  });
}

test('what can be used has the focus in the order in which it is read, and shows it', async ({ page }) => {
  await open(page, 'login-rejected', 'en', {});
  const seen: string[] = [];
  for (let place = 0; place < 3; place += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    seen.push((await focused.textContent()) ?? '');
    await expect(focused).toHaveCSS('outline-style', 'solid');
    await expect(focused).toHaveCSS('outline-width', '3px');
  }
  const { signInAgain, startPage, usualCauses } = ENGLISH.phrases;
  expect(seen).toEqual([signInAgain, startPage, usualCauses]);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: ENGLISH.phrases.forOperator })).toBeVisible();
});

test('a screen reader finds language, direction, title, landmark and names', async ({ page }) => {
  await open(page, 'sign-out', 'ar', SITE_LOOK);
  await expect(page.locator('html')).toHaveAttribute('lang', 'ar');
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  expect(await page.title()).toMatch(/ · Acme Bestellverwaltung & Partner$/);
  await expect(page.getByRole('main')).toHaveCount(1);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page.getByRole('img', { name: SITE_LOOK.name ?? '' })).toBeVisible();
  await expect(page.getByRole('button')).toHaveAccessibleName(language('ar').texts.phrases.signOut);
});
