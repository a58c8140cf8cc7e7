import type { Page } from '@playwright/test';
import { expect, shot, signIn, test, troubles } from './stand';

/** Signed in as Budi, with an empty list of notes. */
async function openNotes(page: Page): Promise<void> {
  await page.goto('/notes');
  await signIn(page, 'budi');
  const left = await page.evaluate(async () => {
    const { notes } = await (await fetch('/api/backend/notes')).json();
    for (const { id } of notes) await fetch(`/api/backend/notes/${id}`, { method: 'DELETE' });
    return notes.length;
  });
  if (left > 0) await page.reload(); // of a test that failed
  await expect(page.getByText('There are no notes yet.')).toBeVisible();
}

const section = (page: Page, name: string) => page.getByRole('region', { name });
const list = (page: Page) => section(page, 'Your notes').getByRole('list');
const said = (page: Page, name: string) => section(page, name).getByRole('status');
const alarm = (page: Page, name: string) => section(page, name).getByRole('alert');

async function add(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'New note' }).fill(text);
  await page.getByRole('button', { name: 'Add' }).click();
}

test('the notes load, are added and deleted, and stay where the API keeps them', async ({ page }) => {
  const seen = troubles(page);
  await openNotes(page);
  await expect(page.getByText('There are no notes yet.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Delete all notes' })).toBeDisabled();
  for (const text of ['Water the plants of Rindfleischetikettierungsgesetz', 'Call <b>Budi</b>']) {
    await add(page, text);
    await expect(list(page).getByRole('listitem').last()).toContainText(text);
    await expect(said(page, 'Your notes')).toHaveText('The note is added.');
  }
  await page.reload();
  await expect(list(page).getByRole('listitem')).toHaveCount(2);
  await shot(page, 'notes');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 360, height: 800 });
  await shot(page, 'notes-dark-narrow');
  const inOneLine = await page.getByRole('button', { name: 'Delete Call' }).boundingBox();
  const besideLongWord = await page.getByRole('button', { name: 'Delete Water' }).boundingBox();
  expect(besideLongWord?.height).toBe(inOneLine?.height);
  for (const text of ['Water the plants of Rindfleischetikettierungsgesetz', 'Call <b>Budi</b>']) {
    await page.getByRole('button', { name: `Delete ${text}` }).click();
    await expect(said(page, 'Your notes')).toHaveText('The note is deleted.');
    await expect(page.getByRole('textbox', { name: 'New note' })).toBeFocused();
  }
  await expect(page.getByText('There are no notes yet.')).toBeVisible();
  expect(seen).toEqual([]);
});

test('what the API refuses is said in its words', async ({ page }) => {
  await openNotes(page);
  await add(page, ' '); // which the browser lets through
  await expect(alarm(page, 'Your notes')).toHaveText('A note has 1 to 200 characters.');
  await add(page, 'A good one');
  await expect(alarm(page, 'Your notes')).toBeEmpty();
  await page.getByRole('button', { name: 'Delete A good one' }).click();
  await expect(page.getByText('There are no notes yet.')).toBeVisible();
});

test('an upload shows how far it is, and what the API has counted', async ({ page }) => {
  await openNotes(page);
  const file = { name: 'picture.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(4_000_000, 'x') };
  await page.getByLabel('File, up to 10 MB').setInputFiles(file);
  const network = await page.context().newCDPSession(page);
  const megabytesPerSecond = (megabytes: number) =>
    network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: megabytes * 1_000_000,
    });
  await megabytesPerSecond(1);
  const bar = page.getByRole('progressbar', { name: 'Progress of the upload' });
  const progress = () => bar.evaluate((element) => (element as HTMLProgressElement).value);
  await section(page, 'An upload').getByRole('button', { name: 'Send' }).click();
  await expect.poll(progress, { intervals: [50] }).toBeGreaterThan(0.1);
  expect(await progress()).toBeLessThan(1);
  await shot(page, 'notes-upload');
  await expect(said(page, 'An upload')).toHaveText('The API has counted 4,000,000 bytes.', { timeout: 20_000 });

  await page.getByRole('button', { name: 'Send' }).click();
  await expect.poll(progress, { intervals: [50] }).toBeGreaterThan(0.1);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(said(page, 'An upload')).toHaveText('The upload is cancelled.');
  await megabytesPerSecond(1_000);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(said(page, 'An upload')).toHaveText('The API has counted 4,000,000 bytes.');

  await page.getByLabel('File, up to 10 MB').setInputFiles({ ...file, buffer: Buffer.alloc(10 * 1024 * 1024 + 1) });
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(alarm(page, 'An upload')).toHaveText('That is too large: up to 10 MB can be sent.');
});

test('events arrive one after the other, can be paused, and stop', async ({ page }) => {
  await openNotes(page);
  const live = section(page, 'Live events');
  const events = live.getByRole('listitem');
  await expect(said(page, 'Live events')).toContainText('Not connected.');
  await live.getByRole('button', { name: 'Start' }).click();
  await expect(events.first()).toContainText('Event 1');
  const first = Date.now();
  await expect(said(page, 'Live events')).toHaveText('Connected.');
  await expect(events.last()).toContainText('Event 4');
  expect(Date.now() - first).toBeGreaterThan(2_000); // the API sends one each second
  expect((await events.allTextContents()).map((text) => text.slice(0, 7))).toEqual(
    [1, 2, 3, 4].map((id) => `Event ${id}`),
  );
  await shot(page, 'notes-live');

  await live.getByRole('button', { name: 'Pause' }).click();
  const paused = await events.last().textContent();
  await expect(live.getByText(/^[2-9] more$/)).toBeVisible();
  expect(await events.last().textContent()).toBe(paused);
  await live.getByRole('button', { name: 'Resume' }).click();
  await expect(events.last()).not.toHaveText(paused ?? '');
  await live.getByRole('button', { name: 'Stop' }).click();
  await expect(said(page, 'Live events')).toContainText('Not connected.');
  await expect(live.getByRole('button', { name: 'Pause' })).toBeDisabled();
});

test('after the sign-out in another tab the page says so, and leads back through the sign-in', async ({
  page,
  stand,
}) => {
  const seen = troubles(page);
  await openNotes(page);
  const tab = await page.context().newPage();
  await tab.goto(`${stand.siteUrl}/account`);
  await tab.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await tab.waitForURL('**/signed-out**');

  await add(page, 'Too late');
  await expect(alarm(page, 'Your notes')).toHaveText('You are signed out. Sign in again');
  await section(page, 'Live events').getByRole('button', { name: 'Start' }).click();
  await expect(alarm(page, 'Live events')).toHaveText('You are signed out. Sign in again');
  await shot(page, 'notes-signed-out');
  await section(page, 'Your notes').getByRole('link', { name: 'Sign in again' }).click();
  await signIn(page, 'budi');
  await expect(page).toHaveURL(`${stand.siteUrl}/notes`);
  await expect(page.getByText('There are no notes yet.')).toBeVisible();
  expect(seen).toEqual([]);
});

test('a second factor that the API asks for leads to the provider and back', async ({ page, stand }) => {
  await openNotes(page);
  await add(page, 'A secret');
  await expect(list(page).getByRole('listitem')).toHaveCount(1);
  await page.getByRole('button', { name: 'Delete all notes' }).click();
  await expect(alarm(page, 'Your notes')).toHaveText('This needs a second factor. Sign in with a second factor');
  await expect(list(page).getByRole('listitem')).toHaveCount(1);
  await shot(page, 'notes-step-up');
  await page.getByRole('link', { name: 'Sign in with a second factor' }).click();
  await signIn(page, 'budi', { mfa: true });
  await expect(page).toHaveURL(`${stand.siteUrl}/notes`);
  await page.getByRole('button', { name: 'Delete all notes' }).click();
  await expect(said(page, 'Your notes')).toHaveText('All notes are deleted.');
  await expect(page.getByText('There are no notes yet.')).toBeVisible();
});

test.describe('a form of another page', () => {
  // As JSON, which a form can write without the browser asking first: {"text":"=forged"}.
  const form = (action: string) => `<form method="post" enctype="text/plain" action="${action}">
    <input name='{"text":"' value='forged"}'><button>Go</button></form>`;

  for (const [title, at, status] of [
    ['another site comes without a session and is sent to the sign-in', 'http://third-party.test/', 303],
    ['another origin of this host brings the session and is refused', 'http://localhost:9/', 403],
  ] as const)
    test(`on ${title}, and reaches nothing of the API`, async ({ page, stand }) => {
      await openNotes(page);
      const action = `${stand.siteUrl}/api/backend/notes`;
      await page.route(at, (route) => route.fulfill({ contentType: 'text/html', body: form(action) }));
      await page.goto(at);
      const [answer] = await Promise.all([
        page.waitForResponse(action),
        page.getByRole('button', { name: 'Go' }).click(),
      ]);
      expect(answer.status()).toBe(status);
      await page.goto(`${stand.siteUrl}/notes`);
      await expect(page.getByText('There are no notes yet.')).toBeVisible();
    });
});

test('while the API is down the page says so, and the same button tries again', async ({ page, stand }) => {
  await openNotes(page);
  await page.route('**/api/backend/notes', (route) => route.abort());
  await page.reload();
  await expect(alarm(page, 'Your notes')).toHaveText('The API does not answer. Nothing is lost.');
  await page.unroute('**/api/backend/notes');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('textbox', { name: 'New note' })).toBeFocused(); // the button that had it is gone
  await expect(page.getByText('There are no notes yet.')).toBeVisible();
  await expect(alarm(page, 'Your notes')).toBeEmpty();
  expect(page.url()).toBe(`${stand.siteUrl}/notes`);
});
