import type { Browser, Visit } from '../world/browser';
import type { Page } from './life';
import { type Login, PASSWORD } from './people';

/**
 * What its page does, a script that calls the API: the password unless it was given, consent to scopes that were not granted,
 * and a button to go on. With `max_age` the button leads to the page again, until the person has chosen to give the password.
 */
export async function signIn(browser: Browser, visit: Visit, login: Login) {
  const pages: Page[] = [];
  let at = visit;
  for (let insists = false; at.hops.at(-1)?.url.includes('/login.html?'); insists = true) {
    const page = new URL(at.hops.at(-1)?.url ?? '');
    const asked = (name: string) => page.searchParams.get(name) ?? '';
    const [client, scope] = [asked('client_id'), encodeURIComponent(asked('scope'))];
    const call = (method: string, path: string, body?: unknown) => api(browser, page.origin, method, path, body);
    const scopes = Object.values<Scope>(await call('GET', `/auth/scheme/?scope=${scope}`));
    if (insists || asked('prompt') === 'login' || !scopes.every((one) => one.password_authenticated)) {
      pages.push('login');
      await call('POST', '/auth/', { username: login, password: PASSWORD });
    }
    const grants = await call('GET', `/auth/grant/${client}/${scope}`);
    if (!grants.scope.every(({ granted }: { granted: boolean }) => granted)) {
      pages.push('consent');
      await call('PUT', `/auth/grant/${client}`, { scope: asked('scope') });
    }
    at = await browser.navigate(`${asked('callback_url')}&g_continue`, { origin: page.origin });
  }
  return { visit: at, pages };
}

/** Of a person who is not signed in it says nothing. */
interface Scope {
  readonly password_authenticated?: boolean;
}

/** The same for the sign-out: it ends the session at the client, and the person's own. */
export async function confirmSignOut(browser: Browser, visit: Visit): Promise<Visit> {
  const page = new URL(visit.hops.at(-1)?.url ?? '');
  await api(browser, page.origin, 'DELETE', `/oidc/session/${page.searchParams.get('sid')}`);
  await api(browser, page.origin, 'DELETE', '/auth/');
  return browser.navigate(page.searchParams.get('callback_url') ?? '', { origin: page.origin });
}

/** A call of a script of its pages. */
export async function api(browser: Browser, base: string, method: string, path: string, body?: unknown) {
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await browser.fetch(`${base}/api${path}`, { method, origin: base, ...sent });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
