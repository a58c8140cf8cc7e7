import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visit } from '../world/browser';
import { submit } from './forms';
import { type RealProvider, TOKEN_SECONDS } from './life';
import { CLIENT, quietly, startOidcProvider } from './oidc-provider';
import { PEOPLE } from './people';
import { createSite, type Site } from './site';

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const asJwk = async (key: CryptoKey) => ({ ...(await exportJWK(key)), kid: 'of-the-site', alg: 'ES256' });

const WAYS = [
  {
    way: 'a pushed request (PAR), a Basic secret, and an answer that the browser posts',
    client: { ...CLIENT, token_endpoint_auth_method: 'client_secret_basic' },
    env: {
      SSO_CLIENT_SECRET: CLIENT.client_secret,
      SSO_CLIENT_AUTH_METHOD: 'client_secret_basic',
      SSO_PAR: 'always',
      SSO_RESPONSE_MODE: 'form_post',
    },
  },
  {
    way: 'a pushed request (PAR), and a key in place of a secret',
    client: {
      client_id: CLIENT.client_id,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [await asJwk(publicKey)] },
    },
    env: {
      SSO_CLIENT_SECRET: JSON.stringify(await asJwk(privateKey)),
      SSO_CLIENT_AUTH_METHOD: 'private_key_jwt',
      SSO_PAR: 'always',
    },
  },
];

describe.each(WAYS)('the certified library by $way', ({ client, env }) => {
  quietly();
  let site: Site;
  let provider: RealProvider;
  const urls = ({ hops }: Visit) => hops.map(({ url }) => url.split('?')[0]);

  beforeAll(async () => {
    site = await createSite();
    provider = await startOidcProvider(site.url, TOKEN_SECONDS, { client });
    const scope = 'openid profile email roles';
    await site.start({ SSO_ISSUER: provider.issuer, SSO_CLIENT_ID: CLIENT.client_id, SSO_SCOPE: scope, ...env });
  });
  afterAll(async () => {
    await Promise.all([site?.close(), provider?.close()]);
  });

  it('signs a person in, with the claims of the provider', async () => {
    const browser = site.browser();
    const asked = await browser.navigate('/account');
    const { origin, searchParams } = new URL(asked.hops.at(-2)?.url ?? '');
    expect([origin, [...searchParams.keys()].sort()]).toEqual([provider.issuer, ['client_id', 'request_uri']]);
    const { visit } = await provider.signIn(browser, asked, 'budi');
    const posts = env.SSO_RESPONSE_MODE === 'form_post';
    const after = posts ? await submit(browser, visit, {}) : visit;
    const callback = `${site.url}/auth/callback`;
    const expected = [...(posts ? [callback] : []), callback, `${site.url}/account`];
    expect([after.response.status, urls(after).slice(-expected.length)]).toEqual([200, expected]);
    expect((await (await browser.fetch('/auth/session')).json()).user).toEqual(PEOPLE.budi);
  });
});
