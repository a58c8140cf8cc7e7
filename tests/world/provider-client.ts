import * as oauth from 'oauth4webapi';
import { createProvider, type Provider, type ProviderOptions } from './provider';

export const REDIRECT_URI = 'https://site.test/auth/callback';
export const SCOPE = 'openid profile email offline_access roles permissions';

/** Makes the client's proof from what the provider configured it with. */
export type Authentication = (provider: Provider) => Promise<oauth.ClientAuth>;

/** A new provider and a certified client that others have made: what oauth4webapi accepts is honest. */
export async function meet(options: ProviderOptions = {}, auth: Authentication = post) {
  const provider = await createProvider(options);
  const client: oauth.Client = { client_id: provider.clientId };
  const http = { [oauth.customFetch]: (url: string, init: object) => provider.handle(new Request(url, init)) };
  const issuer = new URL(provider.issuer);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));
  const proof = await auth(provider);

  async function authorizationUrl(more: Record<string, string> = {}) {
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const url = new URL(as.authorization_endpoint ?? '');
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: provider.clientId,
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...more,
    }).toString();
    return { url, verifier, state, nonce };
  }
  type Started = Awaited<ReturnType<typeof authorizationUrl>>;
  async function redeem(callback: string, { verifier, state }: Started, redirectUri = REDIRECT_URI) {
    const parameters = oauth.validateAuthResponse(as, client, new URL(callback), state);
    return oauth.authorizationCodeGrantRequest(as, client, proof, parameters, redirectUri, verifier, http);
  }
  async function signIn(more?: Record<string, string>) {
    const started = await authorizationUrl(more);
    const response = await redeem(await provider.signIn(started.url.href), started);
    const checks = { expectedNonce: started.nonce, requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, checks);
    await oauth.validateApplicationLevelSignature(as, response, http);
    return { ...tokens, claims: oauth.getValidatedIdTokenClaims(tokens) as oauth.IDToken };
  }
  const present = (token = '') => oauth.refreshTokenGrantRequest(as, client, proof, token, http);
  const refresh = async (token?: string) => oauth.processRefreshTokenResponse(as, client, await present(token));
  const revoke = async (token: string) =>
    oauth.processRevocationResponse(await oauth.revocationRequest(as, client, proof, token, http));
  return { provider, as, client, http, proof, authorizationUrl, redeem, signIn, present, refresh, revoke };
}

export const post: Authentication = async ({ clientSecret }: Provider) => oauth.ClientSecretPost(clientSecret);
export const basic: Authentication = async ({ clientSecret }: Provider) => oauth.ClientSecretBasic(clientSecret);
export const none: Authentication = async () => oauth.None();
export const privateKey: Authentication = async ({ clientSecret }: Provider) => {
  const ES256 = { name: 'ECDSA', namedCurve: 'P-256' };
  return oauth.PrivateKeyJwt(await crypto.subtle.importKey('jwk', JSON.parse(clientSecret), ES256, false, ['sign']));
};
