import { createBrowser } from '../world/browser';

type Env = Readonly<Record<string, string>>;

export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
  readonly error?: string;
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

/** A person's browser and the site, both over HTTP, with the variables that the command printed. */
export function client({ SSO_ISSUER = '', SSO_CLIENT_ID = '', SSO_CLIENT_SECRET = '', APP_URL = '', ...env }: Env) {
  const browser = createBrowser({
    origin: APP_URL,
    send: async (request) =>
      request.url.startsWith(APP_URL) ? new Response('the site') : fetch(request, { redirect: 'manual' }),
  });
  const post = async (form: Record<string, string>) => {
    const body = new URLSearchParams({ client_id: SSO_CLIENT_ID, client_secret: SSO_CLIENT_SECRET, ...form });
    return (await (await fetch(`${SSO_ISSUER}/token`, { method: 'POST', body })).json()) as Tokens;
  };

  /** A whole code flow; the person is asked where the provider shows its page. */
  async function signIn(account: string, more: Record<string, string> = {}, answer: Record<string, string> = {}) {
    const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const redirect_uri = `${APP_URL}/auth/callback`;
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: SSO_CLIENT_ID,
      redirect_uri,
      scope: env.SSO_SCOPE ?? '',
      state: 's',
      code_challenge: base64url(new Uint8Array(digest)),
      code_challenge_method: 'S256',
      ...more,
    });
    const before = await browser.navigate(`${SSO_ISSUER}/authorize?${query}`);
    const page = before.hops.at(-1)?.url ?? '';
    const isAsked = page.includes('/sign-in/');
    const form = { account, ...answer };
    const after = isAsked ? await browser.post(page, { form, origin: SSO_ISSUER }) : before;
    const { searchParams } = new URL(after.hops.at(-1)?.url ?? '');
    const code = searchParams.get('code') ?? '';
    const tokens = await post({ grant_type: 'authorization_code', redirect_uri, code_verifier: verifier, code });
    const policy = before.response.headers.get('content-security-policy') ?? '';
    return { isAsked, policy, page: isAsked ? await before.response.text() : '', ...tokens };
  }

  return {
    browser,
    signIn,
    refresh: (refresh_token: string) => post({ grant_type: 'refresh_token', refresh_token }),
    userinfo: async ({ access_token }: Tokens) =>
      (await fetch(`${SSO_ISSUER}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } })).json(),
    redis: async (...words: string[]) => {
      const headers = { authorization: `Bearer ${env.UPSTASH_REDIS_REST_TOKEN}` };
      const address = env.UPSTASH_REDIS_REST_URL ?? '';
      const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(words) });
      return ((await answer.json()) as { result: unknown }).result;
    },
  };
}

export const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
