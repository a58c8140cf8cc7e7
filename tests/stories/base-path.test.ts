import { beforeEach, describe, expect, it } from 'vitest';
import { postToken, providerSession } from '../world/logout';
import { createWorld, type World } from '../world/world';

describe('a site that lives below a base path', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld({ basePath: '/base' });
  });
  const path = (location: string | null) => {
    const url = new URL(world.resolve(location));
    return url.pathname + url.search;
  };

  it('signs people in and brings them back to their page', async () => {
    const { response, hops } = await world.browser().navigate('/base/dashboard?a=1');
    expect(response.status).toBe(200);
    expect(hops.map(({ url }) => new URL(url).pathname)).toEqual([
      '/base/dashboard',
      '/authorize',
      '/base/auth/callback',
      '/base/dashboard',
    ]);
    expect(hops.at(-1)?.url).toBe(`${world.site}/base/dashboard?a=1`);
  });

  it('has its rules without the base path, and opens by them', async () => {
    expect((await world.browser().navigate('/base/signed-out')).hops).toHaveLength(1);
    expect((await world.browser().fetch('/base/dashboard')).status).toBe(401);
    const browser = await world.signedIn('/base/dashboard');
    expect((await browser.fetch('/base/admin')).status).toBe(403);
    expect((await browser.fetch('/base/ADMIN/x')).status).toBe(403);
  });

  it('has its routes below it', async () => {
    const browser = await world.signedIn('/base/dashboard');
    expect(await (await browser.fetch('/base/auth/session')).json()).toMatchObject({
      user: { sub: expect.any(String) },
    });
    const { response } = await browser.post('/base/auth/logout', { redirect: 'manual' });
    expect(response.status).toBe(303);
    expect((await browser.fetch('/base/api/me')).status).toBe(401);
  });

  it('leads to the sign-in below it, from data, actions, forms and pages of the gate', async () => {
    const browser = world.browser();
    const data = await browser.fetch('/base/api/me', { headers: { referer: `${world.site}/base/board` } });
    expect(await data.json()).toMatchObject({ loginUrl: '/base/auth/login?returnTo=%2Fbase%2Fboard' });
    const action = await browser.fetch('/base/board', { method: 'POST', headers: { 'next-action': '7f' } });
    // Next's client puts the base path in front of it
    expect(action.headers.get('x-action-redirect')).toBe('/auth/login?returnTo=%2Fbase%2Fboard;push');
    const form = await browser.post('/base/board', { redirect: 'manual' });
    expect(path(form.response.headers.get('location'))).toBe('/base/auth/login?returnTo=%2Fbase');
    const page = await (await browser.navigate('/base/auth/callback?state=x&code=y')).response.text();
    expect(page).toContain('href="/base/auth/login');
    expect(page).toContain('href="/base"');
    const confirm = await (await browser.navigate('/base/auth/logout')).response.text();
    expect(confirm).toContain('action="/base/auth/logout"');
    expect(confirm).toContain('href="/base"');
    const forbidden = await (await (await world.signedIn('/base/dashboard')).navigate('/base/admin')).response.text();
    expect(forbidden).toContain('href="/base/auth/logout"');
  });

  it.each([
    ['/somewhere/else', '/base'],
    ['/basement', '/base'],
    ['/base/../x', '/base'],
    ['/base/..%2Fx', '/base'],
    ['/base/auth/logout', '/base'],
    ['/base/reports', '/base/reports'],
    ['/base', '/base'],
  ])('takes %s for a way back to %s', async (wanted, expected) => {
    const { hops } = await world.browser().navigate(`/base/auth/login?returnTo=${encodeURIComponent(wanted)}`);
    expect(path(hops.at(-2)?.headers.get('location') ?? null)).toBe(expected);
  });

  it('is where a way back leads that is too long for the flow', async () => {
    const wanted = `/base/board?a=${'\\'.repeat(1_000)}`; // within 1 KB, and twice as much under the seal
    const { hops } = await world.browser().navigate(`/base/auth/login?returnTo=${encodeURIComponent(wanted)}`);
    expect(path(hops.at(-2)?.headers.get('location') ?? null)).toBe('/base');
  });

  it('goes home on a callback that comes again', async () => {
    const browser = await world.signedIn('/base/dashboard');
    const { response } = await browser.navigate('/base/auth/callback?state=x&code=y', { redirect: 'manual' });
    expect([response.status, path(response.headers.get('location'))]).toEqual([303, '/base']);
  });

  it('sends a request to the same place of an upstream, and a redirect of it leads back below', async () => {
    const browser = await world.signedIn('/base/dashboard');
    world.api.answer = ({ url }) =>
      url.endsWith('/moved') ? new Response(null, { status: 303, headers: { location: 'items' } }) : Response.json([]);
    expect((await browser.fetch('/base/api/backend/items')).status).toBe(200);
    const answer = await browser.fetch('/base/api/backend/moved');
    expect(world.resolve(answer.headers.get('location'))).toBe(`${world.site}/base/api/backend/items`);
    expect(world.api.calls.map(({ url }) => url)).toEqual([`${world.api.base}/items`, `${world.api.base}/moved`]);
  });

  it('takes a logout token', async () => {
    const browser = await world.signedIn('/base/dashboard');
    const token = await world.provider.logoutToken({ sid: providerSession(browser) });
    const response = await postToken(world, token, { path: '/base/auth/backchannel-logout' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect((await browser.fetch('/base/api/me')).status).toBe(401);
  });

  it('takes the frame of a front-channel logout, also for tokens that are over', async () => {
    world = await createWorld({ basePath: '/base', env: { SSO_FRONTCHANNEL: 'on' } });
    const browser = await world.signedIn('/base/dashboard');
    world.pass(901);
    const { issuer } = world.provider;
    const query = new URLSearchParams({ iss: issuer, sid: providerSession(browser) });
    const frame = await world
      .browser()
      .embed(`/base/auth/frontchannel-logout?${query}`, { as: 'iframe', origin: issuer });
    expect(frame.status).toBe(200);
    expect((await browser.fetch('/base/api/me')).status).toBe(401);
  });

  it('is where a sign-in leads that another site initiates', async () => {
    const origin = 'https://portal.test';
    const browser = await world.signedIn('/base/dashboard');
    const to = async (target_link_uri: string) => {
      const form = { iss: world.provider.issuer, target_link_uri };
      const { hops } = await browser.post('/base/auth/login', { form, origin });
      expect(hops[0]?.status).toBe(303);
      expect(new URL(hops[1]?.url ?? '').pathname).toBe('/base/auth/login');
      return world.resolve(hops[1]?.headers.get('location'));
    };
    expect(await to(`${world.site}/base/reports`)).toBe(`${world.site}/base/reports`);
    expect(await to('/base/reports')).toBe(`${world.site}/base/reports`);
    expect(await to(`${world.site}/reports`)).toBe(`${world.site}/base`);
  });
});
