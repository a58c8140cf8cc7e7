import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Running } from './open';

const COOKIE = /(^|, )Cookie(,|$)/;

/** Who gets in, and who the site says that it is. */
export function checkAccess(running: () => Running): void {
  checkStrangers(running);
  checkSessions(running);
  checkSignOut(running);
}

function checkStrangers(running: () => Running): void {
  it('leads a document without a session to the provider', async () => {
    const { browser, at, issuer } = running();
    const { response } = await browser().navigate(at('/account'), { redirect: 'manual' });
    const location = new URL(response.headers.get('location') ?? '');
    expect([response.status, location.origin]).toEqual([303, issuer]);
  });

  it.each(['/account', '/admin', '/api/who', '/closed.txt', '/nothing/there'])(
    'refuses data without a session: %s',
    async (path) => {
      const response = await running().get(path);
      expect([response.status, response.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
      expect(await response.text()).not.toContain('ADOPTER');
    },
  );

  it('is closed to the header of a revalidation with the preview id of the build', async () => {
    const { dir, get } = running();
    const { preview } = JSON.parse(readFileSync(join(dir, '.next/prerender-manifest.json'), 'utf8'));
    const asked = await get('/account', { 'x-prerender-revalidate': preview.previewModeId });
    expect([typeof preview.previewModeId, asked.status]).toEqual(['string', 401]);
  });

  it('opens what a rule opens to a visitor without a session', async () => {
    const start = await running().get('/');
    const text = await start.text();
    expect(start.status).toBe(200);
    expect(text).toContain('ADOPTER-start');
    expect(text).toContain('Hello, stranger');
    expect(start.headers.get('vary')).toMatch(COOKIE);
    expect(await (await running().get('/robots.txt')).text()).toContain('ADOPTER-robots');
  });
}

function checkSessions(running: () => Running): void {
  it('shows a page with the name of the user after the sign-in', async () => {
    const { signedIn, at } = running();
    const { response, hops } = (await signedIn()).visit;
    const text = await response.text();
    expect([response.status, new URL(hops.at(-1)?.url ?? '').pathname]).toEqual([200, at('/account')]);
    expect(text).toContain('ADOPTER-account');
    expect(text).toContain('Hello, Ana Plain');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('vary')).toMatch(COOKIE);
  });

  it('shows a session on an optional page, and a file that needs one', async () => {
    const { signedIn, at } = running();
    const { browser } = await signedIn();
    const { response } = await browser.navigate(at('/'));
    expect(await response.text()).toContain('Hello, Ana Plain');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    const file = await browser.fetch(at('/closed.txt'));
    expect([file.status, await file.text()]).toEqual([200, 'ADOPTER-closed\n']);
  });

  it('knows the session in a route handler or an API route', async () => {
    const { signedIn, at } = running();
    const { browser } = await signedIn();
    expect(await (await browser.fetch(at('/api/who'))).json()).toEqual({ sub: 'ana' });
  });
}

/** The rule that the owner has told `gatehouse init`. */
export function checkRole(running: () => Running): void {
  it('opens a page for a role to a session with that role alone', async () => {
    const { signedIn, at } = running();
    const refused = await (await signedIn()).browser.navigate(at('/admin'));
    expect(refused.response.status).toBe(403);
    expect(await refused.response.text()).not.toContain('ADOPTER');
    const { response } = await (await signedIn('budi')).browser.navigate(at('/admin'));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('ADOPTER-admin');
  });
}

function checkSignOut(running: () => Running): void {
  it('ends the session at a sign-out', async () => {
    const { signedIn, at, url, issuer } = running();
    const { browser } = await signedIn();
    const { hops } = await browser.post(at('/auth/logout'));
    const { origin, searchParams } = new URL(hops[0]?.headers.get('location') ?? '');
    expect([hops[0]?.status, origin]).toEqual([303, issuer]);
    expect(searchParams.get('post_logout_redirect_uri')).toBe(new URL(url).href); // an origin alone has a slash at its end
    expect((await browser.fetch(at('/account'))).status).toBe(401);
    expect((await browser.navigate(at('/account'), { redirect: 'manual' })).response.status).toBe(303);
  });
}
