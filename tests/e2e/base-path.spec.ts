import { canary, endSession, expect, signIn, test } from './stand';

test.use({ standOptions: canary('based', '/base') });

// Next's client puts the base path in front of where an action is sent; its locales have one page more to get lost on.
for (const page of ['/base/kinds?x=1', '/base/kinds']) {
  for (const [name, output] of [
    ['Run the action', '#action-form-result'],
    ['Call the action', '#call-result'],
  ] as const) {
    test(`below a base path a Server Action comes back to ${page}, too: ${name}`, async ({ page: tab, stand }) => {
      await tab.goto(page);
      await signIn(tab, 'ana');
      await expect(tab.getByText('CANARY-kinds')).toBeVisible();
      await endSession(stand);
      const atProvider = tab.waitForRequest((request) => request.url().startsWith(stand.issuer));
      await tab.getByRole('button', { name }).click();
      await atProvider;
      await expect(tab).toHaveURL(stand.siteUrl + page);
      await tab.getByRole('button', { name }).click();
      await expect(tab.locator(output)).toContainText('CANARY-action-result');
    });
  }
}

test('below a base path a <Link> goes through the provider and ends at its page, too', async ({ page: tab, stand }) => {
  await tab.goto('/base/kinds');
  await signIn(tab, 'ana');
  await expect(tab.getByText('CANARY-kinds')).toBeVisible();
  await endSession(stand);
  await tab.getByRole('link', { name: 'A link that waits for the click' }).click();
  await expect(tab.getByText('CANARY-item 7')).toBeVisible();
  await expect(tab).toHaveURL(`${stand.siteUrl}/base/item/7`);
});
