import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RENEWAL_GAP_SECONDS } from '../../lib/timing';
import type { Browser, Visit } from '../world/browser';
import { type Page, type RealProvider, TOKEN_SECONDS } from './life';
import { CLIENT, quietly, startOidcProvider } from './oidc-provider';
import { createSite, type Site } from './site';

describe('the certified library and a site, with nothing set on either side but the client', () => {
  quietly();
  let site: Site;
  let provider: RealProvider;
  let browser: Browser;
  let first: { visit: Visit; pages: Page[] };
  const statuses = ({ hops }: Visit) => hops.map(({ status }) => status);

  beforeAll(async () => {
    site = await createSite();
    provider = await startOidcProvider(site.url, TOKEN_SECONDS, { people: {} });
    const secret = { SSO_CLIENT_ID: CLIENT.client_id, SSO_CLIENT_SECRET: CLIENT.client_secret };
    await site.start({ SSO_ISSUER: provider.issuer, ...secret });
    browser = site.browser();
    const asked = await browser.navigate('/account');
    first = await provider.signIn(browser, asked, 'ana');
    first = { ...first, visit: { ...first.visit, hops: [...asked.hops, ...first.visit.hops] } };
  });
  afterAll(async () => {
    await Promise.all([site?.close(), provider?.close()]);
  });

  it('asks for those scopes of the default that the provider has', () => {
    const { searchParams } = new URL(first.visit.hops[1]?.url ?? '');
    expect(searchParams.get('scope')).toBe('openid offline_access');
  });

  it('signs a person in of whom the provider says no more than the subject', async () => {
    expect(first.pages).toEqual(['login', 'consent']);
    expect(first.visit.response.status).toBe(200);
    expect((await (await browser.fetch('/auth/session')).json()).user).toEqual({ sub: 'ana' });
  });

  it('keeps the session beyond the access token when the provider gave no refresh token', async () => {
    await delay((RENEWAL_GAP_SECONDS + 1) * 1000);
    expect(statuses(await browser.navigate('/account'))).toEqual([200]);
    expect(provider.watched.refreshes()).toEqual([]);
  });

  it('signs out at both, and asks again at the next visit', async () => {
    const left = await provider.confirmSignOut(browser, await browser.post('/auth/logout'));
    expect([left.response.status, left.hops.at(-1)?.url.split('?')[0]]).toEqual([200, `${site.url}/`]);
    const { visit, pages } = await provider.signIn(browser, await browser.navigate('/account'), 'ana');
    expect([visit.response.status, pages]).toEqual([200, ['login', 'consent']]);
  });
});
