import { expect, it } from 'vitest';
import type { Running } from './open';

/** An API behind the gate's proxy, and called by the site's server code. */
export function checkApis(running: () => Running): void {
  it.each(['ana', 'budi'] as const)(
    'calls an API as the person in front of the browser, without a cookie of the site: %s',
    async (sub) => {
      const { at, signedIn } = running();
      const { browser } = await signedIn(sub);
      const answer = await browser.fetch(at('/api/backend/orders/7?full=1'));
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
      expect(await answer.json()).toEqual({ path: '/orders/7?full=1', sub, cookie: null });
      const posted = await browser.fetch(at('/api/backend/orders'), { method: 'POST', body: 'one more' });
      expect(await posted.json()).toMatchObject({ path: '/orders', sub, body: 'one more' });
    },
  );

  it('hands the same token to server code', async () => {
    const { at, signedIn } = running();
    const { browser } = await signedIn();
    const answer = await browser.fetch(at('/api/orders'));
    expect([answer.status, await answer.json()]).toEqual([200, { path: '/orders', sub: 'ana', cookie: null }]);
  });

  it('refuses a request without a session before the API is asked', async () => {
    const asked = await running().get('/api/backend/orders');
    expect([asked.status, asked.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
  });
}

/** In a server component. */
export function checkOrdersPage(running: () => Running): void {
  it('shows what an API answers to a server component', async () => {
    const { browser } = await running().signedIn();
    const { response } = await browser.navigate(running().at('/orders'));
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('/orders of ana')]);
  });
}
