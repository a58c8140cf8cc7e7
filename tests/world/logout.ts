import type { Browser } from './browser';
import type { Isolate } from './isolate';
import type { World } from './world';

/** The address that a provider's requests come from. */
const PROVIDER_ADDRESS = '198.51.100.7';

export interface LogoutRequest {
  readonly isolate?: Isolate;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
  readonly path?: string;
}

/** Posts a logout token as a provider does (OpenID Connect Back-Channel Logout 1.0 §2.5). */
export const postToken = (world: World, token: string, request: LogoutRequest = {}) =>
  postForm(world, new URLSearchParams({ logout_token: token }).toString(), request);

/** Posts any body to the same place. */
export function postForm(world: World, body: BodyInit | null, request: LogoutRequest = {}) {
  const { isolate = world.isolate, headers, address = PROVIDER_ADDRESS, path = '/auth/backchannel-logout' } = request;
  const sent = new Headers({
    host: new URL(world.site).host,
    'content-type': 'application/x-www-form-urlencoded',
    'x-forwarded-for': address,
    ...headers,
  });
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers: sent, body, duplex: 'half' };
  return isolate.send(new Request(world.site + path, init));
}

/** The provider's session that a browser has there: the `sid` of its ID tokens. */
export function providerSession(browser: Browser): string {
  const sid = browser.cookies.get('op_session')?.value;
  if (!sid) throw new Error('the browser has no session at the provider');
  return sid;
}

/** Whether the browser is signed in, as a page of the site sees it. */
export const isSignedIn = async (browser: Browser): Promise<boolean> => (await browser.fetch('/api/me')).status === 200;

/** The same cookies, in a browser whose requests go to another isolate. */
export function through(isolate: Isolate, browser: Browser, world: World): Browser {
  const other = world.browser(isolate);
  const name = '__Host-Http-session';
  other.cookies.set(name, browser.cookies.get(name)?.value ?? '');
  return other;
}

/** How many sessions the log says have ended from outside. */
export const endedSessions = (world: World): number =>
  world.events('sessions_ended').reduce((sum, { sessions }) => sum + Number(sessions), 0);
