import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createDeps, type Deps } from '../../lib/context';
import type { LogEvent } from '../../lib/events';
import { createGate } from '../../lib/gate';
import { type Access, accessToken, type TokenDemand } from '../../lib/renewal/access-token';
import { openSession } from '../../lib/session/session-cookie';
import { overTheWire } from '../processes/wires';
import { type Browser, createBrowser } from '../world/browser';
import { pendingWork } from '../world/isolate';
import { CLIENT, quietly, startOidcProvider } from './oidc-provider';

const SITE = 'http://localhost:3999';
const NAME = 'gatehouse_session';
const ORDERS = 'https://orders.example/';
const BILLS = 'https://bills.example/';
/** The library has no resource by default. Of one that the sign-in has not named it gives no token. */
const RESOURCES = {
  resourceIndicators: {
    enabled: true,
    getResourceServerInfo: (_ctx: unknown, resource: string) => ({
      scope: 'orders:read orders:write',
      audience: resource,
      accessTokenFormat: 'jwt',
      accessTokenTTL: 300,
    }),
  },
};

describe('the certified library with resource indicators (RFC 8707)', () => {
  quietly();
  const events: LogEvent[] = [];
  const { waitUntil, settled } = pendingWork();
  let provider: Awaited<ReturnType<typeof startOidcProvider>>;
  let deps: Deps;
  let browser: Browser;

  beforeAll(async () => {
    provider = await startOidcProvider(SITE, 300, {
      more: { features: RESOURCES, scopes: ['openid', 'offline_access'], rotateRefreshToken: true },
    });
    const { url, token } = inject('redis');
    const env = {
      APP_URL: SITE,
      SSO_ISSUER: provider.issuer,
      SSO_CLIENT_ID: CLIENT.client_id,
      SSO_CLIENT_SECRET: CLIENT.client_secret,
      SSO_SCOPE: 'openid offline_access orders:read orders:write',
      SSO_AUTHORIZATION_PARAMS: `prompt=consent&resource=${encodeURIComponent(ORDERS)}`,
      SESSION_SECRET: `resources-session-secret-${crypto.randomUUID()}`,
      UPSTASH_REDIS_REST_URL: url,
      UPSTASH_REDIS_REST_TOKEN: token,
    };
    const log = (event: LogEvent) => void events.push(event);
    deps = { ...createDeps(env), log };
    const gate = createGate({ load: () => deps, log });
    browser = createBrowser({
      origin: SITE,
      async send(request) {
        if (!request.url.startsWith(SITE)) return overTheWire(request);
        request.headers.set('host', new URL(SITE).host);
        const answer = await gate(request, { waitUntil });
        return answer instanceof Response ? answer : new Response('a page');
      },
    });
    const { visit } = await provider.signIn(browser, await browser.navigate('/'), 'budi');
    expect(visit.response.status).toBe(200);
  });
  afterAll(async () => {
    await settled();
    await provider?.close();
  });

  const ask = async (demand: TokenDemand): Promise<Access> => {
    const { session } = await openSession(`${NAME}=${browser.cookies.get(NAME)?.value}`, deps);
    if (!session) throw new Error('there is no session');
    return accessToken(session, demand, { ref: 'ref', startedAt: Date.now(), waitUntil }, deps);
  };
  const textOf = (access: Access) => (access.kind === 'token' ? access.token.accessToken : access.kind);

  it('gives a further token with the audience and the scope that are asked for', async () => {
    const text = textOf(await ask({ target: { resource: ORDERS, scope: 'orders:read' } }));
    expect(decodeProtectedHeader(text).typ).toBe('at+jwt');
    expect(decodeJwt(text)).toMatchObject({ aud: ORDERS, scope: 'orders:read', sub: 'budi' });
    const all = await ask({ target: { resource: ORDERS } });
    expect(all).toMatchObject({ token: { scope: 'orders:read orders:write', tokenType: 'Bearer' } });
    expect(decodeJwt(textOf(all))).toMatchObject({ aud: ORDERS, scope: 'orders:read orders:write' });
  });

  it('gives it once, and the token of the sign-in stays', async () => {
    const before = provider.watched.calls.length;
    const texts = await Promise.all(
      Array.from({ length: 20 }, async () => textOf(await ask({ target: { resource: ORDERS } }))),
    );
    expect(new Set(texts).size).toBe(1);
    expect(textOf(await ask({}))).not.toBe(texts[0]);
    expect(provider.watched.calls.length).toBe(before);
  });

  it('refuses a resource that the sign-in has not named after it has rotated: the refresh token is not sent again', async () => {
    expect(await ask({ target: { resource: BILLS } })).toMatchObject({ kind: 'denied', error: 'invalid_target' });
    expect(textOf(await ask({ target: { resource: ORDERS } }))).toMatch(/^ey/);
    const before = provider.watched.calls.length;
    await expect(ask({ target: { resource: ORDERS, scope: 'orders:write' } })).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
    expect(provider.watched.calls.length).toBe(before);
  });
});
