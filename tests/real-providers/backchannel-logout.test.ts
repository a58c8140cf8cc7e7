import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Browser } from '../world/browser';
import type { RealProvider } from './life';
import { CLIENT, quietly, startOidcProvider } from './oidc-provider';
import { createSite, type Site } from './site';

const CHECK_SECONDS = 2;
/** The tokens outlive the test, so that no renewal ends a session. */
const TOKEN_SECONDS = 3_600;

/** The library refuses to call loopback addresses, by the dispatcher that it hands over. */
const more = {
  features: { backchannelLogout: { enabled: true } },
  fetch: (url: string, { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown }) => fetch(url, options),
};

describe.each(['sid', 'sub'] as const)('signed in on two devices, ended at the provider (by %s)', (scope) => {
  quietly();
  let site: Site;
  let elsewhere: string;
  let provider: RealProvider;
  const devices: Browser[] = [];

  const signIn = async () => {
    const browser = site.browser();
    const { visit } = await provider.signIn(browser, await browser.navigate('/account'), 'ana');
    expect([visit.response.status, visit.hops.at(-1)?.url]).toEqual([200, `${site.url}/account`]);
    return browser;
  };
  /** Of both devices, in the process that the provider calls, or in the other one. */
  const statuses = (address: string) =>
    Promise.all(devices.map(async (browser) => (await browser.fetch(`${address}/api/me`)).status));
  /** Signs out on the page of the provider itself, to which no site sends the browser. */
  const endAtProvider = async (browser: Browser) =>
    provider.confirmSignOut(browser, await browser.navigate(`${provider.issuer}/session/end`));

  beforeAll(async () => {
    site = await createSite();
    const client = {
      ...CLIENT,
      backchannel_logout_uri: `${site.url}/auth/backchannel-logout`,
      backchannel_logout_session_required: true,
    };
    provider = await startOidcProvider(site.url, TOKEN_SECONDS, { client, more });
    await site.start({
      SSO_ISSUER: provider.issuer,
      SSO_CLIENT_ID: CLIENT.client_id,
      SSO_CLIENT_SECRET: CLIENT.client_secret,
      SSO_BACKCHANNEL_SCOPE: scope,
      SESSION_CHECK_SECONDS: String(CHECK_SECONDS),
    });
    elsewhere = await site.startAnother();
    devices.push(await signIn(), await signIn());
  });
  afterAll(async () => {
    await Promise.all([site?.close(), provider?.close()]);
  });

  it('both devices open pages, in two processes of the site', async () => {
    expect([await statuses(site.url), await statuses(elsewhere)]).toEqual([
      [200, 200],
      [200, 200],
    ]);
  });

  it('the device whose session ended is refused in both, and the other one where the whole person is meant', async () => {
    const [phone] = devices as [Browser];
    await endAtProvider(phone);
    const expected = scope === 'sub' ? [401, 401] : [401, 200];
    expect(await statuses(site.url)).toEqual(expected);
    await vi.waitFor(async () => expect(await statuses(elsewhere)).toEqual(expected), {
      timeout: 10_000,
      interval: 200,
    });
    const ended = { event: 'sessions_ended', cause: 'backchannel_logout', sessions: scope === 'sub' ? 2 : 1 };
    expect(site.events).toContainEqual(expect.objectContaining(ended));
  });

  it('the other device is refused after its own session ended, and both pages ask to sign in again', async () => {
    const [phone, laptop] = devices as [Browser, Browser];
    if (scope === 'sid') await endAtProvider(laptop);
    await vi.waitFor(async () => expect(await statuses(elsewhere)).toEqual([401, 401]), {
      timeout: 10_000,
      interval: 200,
    });
    expect(await statuses(site.url)).toEqual([401, 401]);
    const asked = await phone.navigate('/account');
    expect([asked.hops[0]?.status, new URL(asked.hops[1]?.url ?? '').origin]).toEqual([303, provider.issuer]);
    expect((await provider.signIn(phone, asked, 'ana')).pages).toEqual(['login', 'consent']);
    expect(await statuses(site.url)).toEqual([200, 401]);
  });

  it('no logout token was refused', () => {
    expect(site.events.filter(({ event, status }) => event === 'problem' && status !== 401)).toEqual([]);
  });
});
