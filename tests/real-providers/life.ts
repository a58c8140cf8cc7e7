import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { RENEWAL_GAP_SECONDS } from '../../lib/timing';
import type { Browser, Visit } from '../world/browser';
import { LOGINS, type Login } from './people';
import { createSite, type Site } from './site';
import type { Watched } from './watched';

/** What a provider asks a person: who it is, or whether the site may know. */
export type Page = 'login' | 'consent';

/** A provider that is none of ours. */
export interface RealProvider {
  readonly issuer: string;
  readonly watched: Watched;
  /** Answers its pages, one after the other, until the browser is back at the site. */
  signIn(browser: Browser, visit: Visit, login: Login): Promise<{ readonly visit: Visit; readonly pages: Page[] }>;
  /** Presses the button of its sign-out page, where it shows one. */
  confirmSignOut(browser: Browser, visit: Visit): Promise<Visit>;
  /** Takes back what the refresh tokens of a person depend on. */
  forget(login: Login): Promise<void>;
  close(): Promise<void>;
}

export interface Traits {
  /** What the site's owner sets beside `SSO_ISSUER`. */
  readonly env: Readonly<Record<string, string>>;
  /** `user` of `/auth/session`. */
  readonly user: (login: Login) => Readonly<Record<string, unknown>>;
  /** What it asks in the first sign-in, when a person who is signed in there comes again, and after a sign-out. */
  readonly asks: { readonly [When in 'first' | 'again' | 'signedOut']: readonly Page[] };
  /** Whether its ID tokens say when a person signed in (`auth_time`), and of whom the level that `/vault` asks for (`acr`). */
  readonly states: { readonly time: boolean; readonly level: readonly Login[] };
  /** The path of its revocation endpoint; null where there is none. */
  readonly revocation: string | null;
}

/** No access token of these tests lives longer than a session goes without a renewal. */
export const TOKEN_SECONDS = RENEWAL_GAP_SECONDS - 2;

/** A life from the first sign-in to the one after the sign-out, in the order in which it happens. */
export function describeLife(traits: Traits, start: (site: string) => Promise<RealProvider>): void {
  let site: Site;
  let provider: RealProvider;
  let renewableAt = 0;
  const browsers = {} as Record<Login, Browser>;
  const first = {} as Record<Login, { visit: Visit; pages: Page[] }>;
  /** `user` of the session; roles have no order. */
  const userOf = async (browser: Browser) => {
    const { user } = await (await browser.fetch('/auth/session')).json();
    return user?.roles ? { ...user, roles: user.roles.toSorted() } : user;
  };
  /** Where a visit ended, on the site. */
  const pathOf = ({ hops }: Visit) => {
    const { origin, pathname } = new URL(hops.at(-1)?.url ?? '');
    return origin === site.url ? pathname : null;
  };
  const refusesStepUp = async ({ response }: Visit) => {
    expect(response.status).toBe(400);
    const logged = { event: 'problem', code: 'STEP_UP_NOT_MET', ref: response.headers.get('x-request-id') };
    await vi.waitFor(() => expect(site.events).toContainEqual(expect.objectContaining(logged)));
  };
  const open = async (login: Login, path: string) =>
    provider.signIn(browsers[login], await browsers[login].navigate(path), login);

  beforeAll(async () => {
    site = await createSite();
    provider = await start(site.url);
    await site.start({ SSO_ISSUER: provider.issuer, ...traits.env });
    for (const login of LOGINS) {
      browsers[login] = site.browser();
      first[login] = await open(login, '/account');
    }
    renewableAt = Date.now() + (RENEWAL_GAP_SECONDS + 1) * 1000;
  });
  afterAll(async () => {
    await Promise.all([site?.close(), provider?.close()]);
  });

  it.each(LOGINS)('brings %s to the page that was asked for, with the claims of the provider', async (login) => {
    const { visit, pages } = first[login];
    expect(pages).toEqual(traits.asks.first);
    expect([visit.response.status, pathOf(visit)]).toEqual([200, '/account']);
    expect(await userOf(browsers[login])).toEqual(traits.user(login));
  });

  it('opens a page by role', async () => {
    const statusOf = async (login: Login) => (await browsers[login].navigate('/admin')).response.status;
    const expected = LOGINS.map((login) => ([traits.user(login).roles].flat().includes('admin') ? 200 : 403));
    expect([await statusOf('ana'), await statusOf('budi'), await statusOf('citra')]).toEqual(expected);
  });

  it('has a person sign in again when the last time is too long ago, where the provider states the time', async () => {
    await delay(2_100); // a provider compares whole seconds, so one second may look like none
    const { visit, pages } = await open('ana', '/auth/login?max_age=1&returnTo=/dashboard');
    expect(pages[0]).toBe('login');
    if (traits.states.time) expect([visit.response.status, pathOf(visit)]).toEqual([200, '/dashboard']);
    else await refusesStepUp(visit);
    expect(await userOf(browsers.ana)).toEqual(traits.user('ana'));
  });

  it.each(['ana', 'budi'] as const)(
    'opens a page that asks for a level to %s, if the provider states it',
    async (login) => {
      const browser = site.browser();
      const { visit } = await provider.signIn(browser, await browser.navigate('/vault'), login);
      if (traits.states.level.includes(login)) expect([visit.response.status, pathOf(visit)]).toEqual([200, '/vault']);
      else await refusesStepUp(visit);
    },
  );

  it('renews the tokens once for all requests that find them over, and keeps the claims', async () => {
    await delay(renewableAt - Date.now());
    const before = provider.watched.refreshes().length;
    const answers = await Promise.all(Array.from({ length: 6 }, () => browsers.budi.fetch('/api/me')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(provider.watched.refreshes().slice(before)).toMatchObject([{ status: 200 }]);
    expect(await userOf(browsers.budi)).toEqual(traits.user('budi'));
    const { hops } = await browsers.budi.navigate('/account');
    expect(hops.map(({ status }) => status)).toEqual([200]);
  });

  it('ends a session that the provider does not renew, and takes the next page to the provider', async () => {
    await provider.forget('citra');
    const asked = await browsers.citra.navigate('/account');
    expect([asked.hops[0]?.status, new URL(asked.hops[1]?.url ?? '').origin]).toEqual([303, provider.watched.url]);
    const { visit, pages } = await provider.signIn(browsers.citra, asked, 'citra');
    expect(pages).toEqual(traits.asks.again);
    expect([visit.response.status, pathOf(visit)]).toEqual([200, '/account']);
    expect(await userOf(browsers.citra)).toEqual(traits.user('citra'));
  });

  it('signs out at the site and at the provider, and asks again at the next visit', async () => {
    const left = await browsers.budi.post('/auth/logout');
    const after = await provider.confirmSignOut(browsers.budi, left);
    expect([after.response.status, pathOf(after)]).toEqual([200, '/']);
    expect(await userOf(browsers.budi)).toBeNull();
    const revoked = provider.watched.calls.filter(({ path }) => path === traits.revocation);
    if (traits.revocation) expect(revoked.map(({ status }) => status)).toContain(200);
    const { visit, pages } = await open('budi', '/account');
    expect(pages).toEqual(traits.asks.signedOut);
    expect(visit.response.status).toBe(200);
  });

  it('never answers that it is not available', () => {
    expect(site.events.filter(({ status }) => status === 503)).toEqual([]);
  });
}
