import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProvider } from '../../lib/dev-provider/open.mjs';
import { createBrowser } from '../world/browser';

const SITE = 'http://localhost:3000';
const REDIRECT_URI = `${SITE}/auth/callback`;
const CLIENT = { client_id: 'site', client_secret: 'planted-secret-of-the-site' };
const SCOPE = 'openid profile email offline_access roles permissions';

let provider: Awaited<ReturnType<typeof startProvider>>;
beforeAll(async () => {
  provider = await startProvider({ clients: [{ ...CLIENT, redirect_uris: [REDIRECT_URI] }] });
});
afterAll(() => provider.close());

interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
  readonly scope: string;
  readonly error?: string;
}

const sorted = (scope = '') => scope.split(' ').sort().join(' ');
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

/** A person's browser, and a client that asks the provider as `provider` asks to be asked. */
function sitDown() {
  const browser = createBrowser({
    origin: SITE,
    send: async (request) =>
      new URL(request.url).origin === SITE ? new Response('the site') : fetch(request, { redirect: 'manual' }),
  });
  const post = (path: string, form: Record<string, string>) =>
    fetch(provider.issuer + path, { method: 'POST', body: new URLSearchParams({ ...CLIENT, ...form }) });
  const present = async (refresh_token: string) =>
    (await (await post('/token', { grant_type: 'refresh_token', refresh_token })).json()) as Tokens;
  const revoke = (token: string) => post('/oauth/revoke', { token });

  /** Goes to the provider, answers its page where it shows one, and returns the parameters of the callback. */
  async function travel(more: Record<string, string>, account: string) {
    const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const challenge = base64url(
      new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))),
    );
    const asked = { response_type: 'code', client_id: CLIENT.client_id, redirect_uri: REDIRECT_URI, scope: SCOPE };
    const proof = { state: 's', nonce: 'n', code_challenge: challenge, code_challenge_method: 'S256' };
    const query = new URLSearchParams({ ...asked, ...proof, ...more });
    const before = await browser.navigate(`${provider.issuer}/authorize?${query}`);
    const page = before.hops.at(-1)?.url ?? '';
    const asks = page.includes('/sign-in/');
    const after = asks ? await browser.post(page, { form: { account }, origin: provider.issuer }) : before;
    const { searchParams } = new URL(after.hops.at(-1)?.url ?? '');
    return { asks, verifier, answer: Object.fromEntries(searchParams) };
  }
  async function signIn(more: Record<string, string> = {}, account = 'ana') {
    const { asks, verifier, answer } = await travel(more, account);
    const exchange = { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI, code_verifier: verifier };
    const tokens = (await (await post('/token', { ...exchange, code: answer.code ?? '' })).json()) as Tokens;
    return { asks, ...tokens, scope: sorted(tokens.scope) };
  }
  return { present, revoke, signIn, travel };
}

describe('the provider of the stand', () => {
  it('asks who it is once, and gives `offline_access` without a consent page', async () => {
    const { signIn, present } = sitDown();
    const first = await signIn();
    const silent = await signIn({ prompt: 'none' });
    expect([first.asks, silent.asks]).toEqual([true, false]);
    for (const tokens of [first, silent]) {
      expect(tokens.scope).toBe(sorted(SCOPE));
      expect((await present(tokens.refresh_token)).error).toBeUndefined();
    }
  });

  it('says who the person is in the ID token, and all that is about them at userinfo', async () => {
    const { access_token, id_token } = await sitDown().signIn({}, 'budi');
    const told = JSON.parse(Buffer.from(id_token.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(told).toMatchObject({ sub: 'budi', acr: 'urn:sso:loa:password' });
    expect(Object.keys(told)).not.toContain('email');
    const headers = { authorization: `Bearer ${access_token}` };
    const asked = (await (await fetch(`${provider.issuer}/userinfo`, { headers })).json()) as object;
    expect(asked).toMatchObject({ sub: 'budi', email: 'budi@example.test', roles: ['admin'] });
  });

  it('keeps one grant for a session and client: revoking a refresh token of one sign-in ends those of all', async () => {
    const { signIn, revoke, present } = sitDown();
    const [first, second, third] = [await signIn(), await signIn(), await signIn({ prompt: 'login' })];
    await revoke(first.refresh_token);
    for (const { refresh_token } of [first, second, third])
      expect((await present(refresh_token)).error).toBe('invalid_grant');
  });

  it('ends all tokens of the grant when an access token is revoked, and nothing of another browser', async () => {
    const [one, other] = [sitDown(), sitDown()];
    const [first, second, elsewhere] = [await one.signIn(), await one.signIn(), await other.signIn()];
    expect((await one.revoke(first.access_token)).status).toBe(200);
    expect((await one.present(second.refresh_token)).error).toBe('invalid_grant');
    expect((await other.present(elsewhere.refresh_token)).error).toBeUndefined();
  });

  it('adds another scope to the grant when a later sign-in asks for it, and takes none away', async () => {
    const { signIn, present } = sitDown();
    const few = await signIn({ scope: 'openid offline_access' });
    const more = await signIn({ scope: 'openid email offline_access' });
    expect(more).toMatchObject({ asks: false, scope: 'email offline_access openid' });
    expect(sorted((await present(few.refresh_token)).scope)).toBe('offline_access openid');
    expect(sorted((await present(more.refresh_token)).scope)).toBe('email offline_access openid');
  });

  it('answers a silent sign-in with an error where a trip to its pages would be needed', async () => {
    const { signIn, travel } = sitDown();
    expect((await travel({ prompt: 'none' }, 'ana')).answer.error).toBe('login_required');
    await signIn({ scope: 'openid' });
    expect((await travel({ prompt: 'none' }, 'ana')).answer.error).toBe('consent_required');
  });

  it('begins another grant after the old one was revoked, without asking who it is', async () => {
    const { signIn, revoke, present } = sitDown();
    await revoke((await signIn()).refresh_token);
    const { asks, refresh_token } = await signIn();
    expect(asks).toBe(false);
    expect((await present(refresh_token)).error).toBeUndefined();
  });
});
