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

interface Open {
  readonly way: string;
  readonly rotates: boolean;
  readonly site: Site;
  readonly provider: RealProvider;
  readonly browser: Browser;
}

async function open({ way, client, more, env, rotates }: (typeof WAYS)[number]): Promise<Open> {
  const site = await createSite();
  const provider = await startOidcProvider(site.url, TOKEN_SECONDS, { client, more });
  await site.start({ SSO_ISSUER: provider.issuer, SSO_CLIENT_ID: CLIENT.client_id, ...env });
  return { way, rotates, site, provider, browser: site.browser() };
}

/** Both at once, because what they do most is to wait for tokens to end. */
describe('the certified library requires', () => {
  quietly();
  const all: Open[] = [];
  const opened = (index: number) => all[index] as Open;
  beforeAll(async () => {
    all.push(...(await Promise.all(WAYS.map(open))));
  });
  afterAll(() => Promise.all(all.flatMap(({ site, provider }) => [site.close(), provider.close()])));

  it.each(WAYS.map(({ way }, index) => [way, index] as const))(
    '%s: a person signs in, with the claims of userinfo, and the nonce is learnt on the way',
    async (_, index) => {
      const { site, provider, browser } = opened(index);
      const { visit } = await provider.signIn(browser, await browser.navigate('/account'), 'budi');
      expect([visit.response.status, visit.hops.at(-1)?.url]).toEqual([200, `${site.url}/account`]);
      expect((await (await browser.fetch('/auth/session')).json()).user).toEqual(PEOPLE.budi);
      const exchanges = provider.watched.calls.filter(({ grantType }) => grantType === 'authorization_code');
      expect(exchanges.map(({ error }) => error)).toEqual(['use_dpop_nonce', null]);
      const asked = provider.watched.calls.filter(({ path }) => path === '/me');
      expect(asked.map(({ status }) => status)).toEqual([200]);
    },
  );

  it.each([
    ['renewed', () => all],
    ['renewed with a token that has rotated', () => all.filter(({ rotates }) => rotates)],
  ])('and its tokens are %s, once for all requests', async (_, some) => {
    await delay((RENEWAL_GAP_SECONDS + 1) * 1000);
    for (const { provider, browser } of some()) {
      const before = provider.watched.refreshes().length;
      const answers = await Promise.all(Array.from({ length: 6 }, () => browser.fetch('/api/me')));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(provider.watched.refreshes().slice(before)).toMatchObject([{ status: 200 }]);
    }
  });

  it.each(WAYS.map(({ way }, index) => [way, index] as const))('%s: the person signs out at both', async (_, index) => {
    const { site, provider, browser } = opened(index);
    const left = await provider.confirmSignOut(browser, await browser.post('/auth/logout'));
    expect([left.response.status, left.hops.at(-1)?.url.split('?')[0]]).toEqual([200, `${site.url}/`]);
    expect(await (await browser.fetch('/auth/session')).json()).toEqual({ user: null });
    expect(site.events.filter(({ event }) => event === 'problem')).toEqual([]);
  });
});
