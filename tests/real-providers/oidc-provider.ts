import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, vi } from 'vitest';
import { Provider } from '../../lib/dev-provider/library.mjs';
import { submit } from './forms';
import type { Page, RealProvider } from './life';
import { type Login, PEOPLE } from './people';
import { watch } from './watched';

export const CLIENT = { client_id: 'site', client_secret: 'planted-secret-of-the-site' };

/** What the library has to be told of people; by default it knows nothing of them but the name that they sign in with. */
const KNOWN_PEOPLE = {
  claims: { profile: ['name', 'given_name', 'family_name'], email: ['email', 'email_verified'], roles: ['roles'] },
  findAccount: (_ctx: unknown, sub: Login) => ({ accountId: sub, claims: () => PEOPLE[sub] }),
};

/**
 * The certified library with its own defaults: its pages for development, its store in memory, its rotation, its claims. What
 * is set is what it does not start without, keys and a client, and what it is told of people. The access token's life is
 * the one exception, because a test cannot wait for an hour.
 */
export async function startOidcProvider(
  site: string,
  accessTokenSeconds: number,
  {
    people = KNOWN_PEOPLE,
    client = CLIENT,
    more = {},
  }: { readonly people?: object; readonly client?: object; readonly more?: object } = {},
): Promise<RealProvider> {
  let inner = '';
  const watched = await watch(() => inner);
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(watched.url, {
    clients: [
      {
        ...client,
        redirect_uris: [`${site}/auth/callback`],
        post_logout_redirect_uris: [`${site}/`],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'of-this-run', use: 'sig' }] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    ...people,
    ...more,
    ttl: { AccessToken: accessTokenSeconds },
  });
  /** The grant of each person's last sign-in. */
  const grants = new Map<string, string>();
  provider.on(
    'grant.success',
    ({ oidc }: { oidc: { entities: Record<string, { jti?: string; accountId?: string }> } }) => {
      const { Grant } = oidc.entities;
      if (Grant?.accountId && Grant.jti) grants.set(Grant.accountId, Grant.jti);
    },
  );
  const server = createServer(provider.callback()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  inner = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer: watched.url,
    watched,
    async signIn(browser, visit, login) {
      const pages: Page[] = [];
      let at = visit;
      while (at.hops.at(-1)?.url.includes('/interaction/')) {
        const asksWho = (await at.response.clone().text()).includes('name="login"');
        pages.push(asksWho ? 'login' : 'consent');
        at = await submit(browser, at, asksWho ? { login, password: 'any is right' } : {});
      }
      return { visit: at, pages };
    },
    confirmSignOut: (browser, visit) => submit(browser, visit, { logout: 'yes' }),
    async forget(login) {
      await (await provider.Grant.find(grants.get(login)))?.destroy();
    },
    async close() {
      await watched.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The library warns of its defaults on the console, at the start and at the first use of each. */
export function quietly(): void {
  beforeAll(() => {
    for (const level of ['info', 'warn'] as const) vi.spyOn(console, level).mockReturnValue();
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
}
