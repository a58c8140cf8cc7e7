import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RENEWAL_GAP_SECONDS } from '../../lib/timing';
import type { Browser } from '../world/browser';
import { type RealProvider, TOKEN_SECONDS } from './life';
import { CLIENT, quietly, startOidcProvider } from './oidc-provider';
import { PEOPLE } from './people';
import { createSite, type Site } from './site';

const keys = await generateKeyPair('ES256', { extractable: true });
const signing = await generateKeyPair('PS256', { extractable: true });
const asJwk = async (key: CryptoKey) => ({ ...(await exportJWK(key)), kid: 'of-the-site', alg: 'ES256' });

const DPOP = { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true };
const BOUND = { dpop_bound_access_tokens: true };
/** At its userinfo endpoint, which is asked with a DPoP token too. */
const CLAIMS = { SSO_SCOPE: 'openid profile email roles offline_access', SSO_AUTHORIZATION_PARAMS: 'prompt=consent' };

const WAYS = [
  {
    way: 'DPoP and nonces',
    client: { ...CLIENT, ...BOUND },
    more: { features: { dPoP: DPOP } },
    env: { ...CLAIMS, SSO_CLIENT_SECRET: CLIENT.client_secret, SSO_DPOP: 'auto' },
    rotates: true,
  },
  {
    way: 'its profile of FAPI 2.0',
    client: {
      client_id: CLIENT.client_id,
      ...BOUND,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      id_token_signed_response_alg: 'PS256',
      jwks: { keys: [await asJwk(keys.publicKey)] },
    },
    more: {
      jwks: { keys: [{ ...(await exportJWK(signing.privateKey)), kid: 'of-this-run', alg: 'PS256', use: 'sig' }] },
      features: {
        dPoP: DPOP,
        fapi: { enabled: true, profile: '2.0' },
        pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      },
    },
    env: { ...CLAIMS, SSO_CLIENT_SECRET: JSON.stringify(await asJwk(keys.privateKey)), SSO_PROFILE: 'fapi2' },
    rotates: false,
  },
];

describe.each(WAYS)('the certified library with $way required', ({ client, more, env, rotates }) => {
  quietly();
  let site: Site;
  let provider: RealProvider;
  let browser: Browser;
  const tokenCalls = () =>
    provider.watched.calls
      .filter(({ grantType }) => grantType !== null)
      .map(({ grantType, error }) => [grantType, error]);

  beforeAll(async () => {
    site = await createSite();
    provider = await startOidcProvider(site.url, TOKEN_SECONDS, { client, more });
    await site.start({ SSO_ISSUER: provider.issuer, SSO_CLIENT_ID: CLIENT.client_id, ...env });
    browser = site.browser();
  });
  afterAll(async () => {
    await Promise.all([site?.close(), provider?.close()]);
  });

  it('signs a person in, with the claims of userinfo, and learns the nonce on the way', async () => {
    const { visit } = await provider.signIn(browser, await browser.navigate('/account'), 'budi');
    expect([visit.response.status, visit.hops.at(-1)?.url]).toEqual([200, `${site.url}/account`]);
    expect((await (await browser.fetch('/auth/session')).json()).user).toEqual(PEOPLE.budi);
    expect(tokenCalls()).toEqual([
      ['authorization_code', 'use_dpop_nonce'],
      ['authorization_code', null],
    ]);
    const asked = provider.watched.calls.filter(({ path }) => path === '/me');
    expect(asked.map(({ status }) => status)).toEqual([200]);
  });

  it('renews the tokens once for all requests, and again with the next token', async () => {
    for (const _ of [1, 2]) {
      await delay((RENEWAL_GAP_SECONDS + 1) * 1000);
      const before = provider.watched.refreshes().length;
      const answers = await Promise.all(Array.from({ length: 6 }, () => browser.fetch('/api/me')));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(provider.watched.refreshes().slice(before)).toMatchObject([{ status: 200 }]);
      if (!rotates) return; // the token is the same
    }
  });

  it('signs out at both', async () => {
    const left = await provider.confirmSignOut(browser, await browser.post('/auth/logout'));
    expect([left.response.status, left.hops.at(-1)?.url.split('?')[0]]).toEqual([200, `${site.url}/`]);
    expect(await (await browser.fetch('/auth/session')).json()).toEqual({ user: null });
    expect(site.events.filter(({ event }) => event === 'problem')).toEqual([]);
  });
});
