import { importJWK, type JWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { ProviderError } from '../errors.ts';
import type { ClientAuthMethod, ProviderSettings } from '../types/settings.ts';
import type { Metadata } from './discovery.ts';
import { see } from './failure.ts';

type Client = Pick<ProviderSettings, 'clientId' | 'clientSecret' | 'clientAuthMethod' | 'clientAssertionAudience'>;

export const clientOf = ({
  clientId,
  clockToleranceSeconds,
}: Pick<ProviderSettings, 'clientId' | 'clockToleranceSeconds'>): oauth.Client => ({
  client_id: clientId,
  [oauth.clockTolerance]: clockToleranceSeconds,
});

/**
 * How this client proves itself at the token, revocation and PAR endpoints (OIDC Core §9). Without a configured method
 * the provider's announcement decides, `client_secret_post` first; one that announces none means
 * `client_secret_basic` (OIDC Discovery §3).
 *
 * @param announced of the endpoint, where it has a list of its own
 */
export async function clientAuthentication(
  client: Client,
  metadata: Metadata,
  announced?: readonly string[],
): Promise<oauth.ClientAuth> {
  const secret = client.clientSecret;
  if (!secret) return oauth.None(); // a public client: what is announced for the others is nothing to it
  const method = methodOf(client, metadata, announced);
  if (method === 'none') return oauth.None();
  if (method === 'client_secret_post') return oauth.ClientSecretPost(secret);
  if (method === 'client_secret_basic') return basic(secret);
  return privateKeyJwt(secret, client, metadata);
}

/** RFC 8414 §2, `revocation_endpoint_auth_methods_supported`: some take Basic alone, whatever the token endpoint takes. */
export const revocationAuthentication = (client: Client, metadata: Metadata): Promise<oauth.ClientAuth> =>
  clientAuthentication(client, metadata, metadata.revocation_endpoint_auth_methods_supported);

const WITH_SECRET = ['client_secret_post', 'client_secret_basic'] as const;

function methodOf({ clientAuthMethod }: Client, metadata: Metadata, own?: readonly string[]): ClientAuthMethod {
  const chosen = WITH_SECRET.find((method) => own?.includes(method));
  if (clientAuthMethod === undefined) return chosen ?? chooseMethod(metadata);
  const isOther = own !== undefined && !own.includes(clientAuthMethod) && clientAuthMethod.startsWith('client_secret');
  return isOther ? (chosen ?? clientAuthMethod) : clientAuthMethod;
}

function chooseMethod(metadata: Metadata): ClientAuthMethod {
  const announced = metadata.token_endpoint_auth_methods_supported;
  if (!Array.isArray(announced)) return 'client_secret_basic';
  const method = WITH_SECRET.find((candidate) => announced.includes(candidate));
  if (!method)
    throw new ProviderError('CLIENT_REJECTED', {
      reason: see('the provider takes no client secret', 'SSO_CLIENT_AUTH_METHOD'),
    });
  return method;
}

/**
 * RFC 6749 §2.3.1: both parts are form-encoded. Unreserved characters stay as they are (RFC 3986 §2.3): oauth4webapi encodes them
 * as well, and servers that do not decode refuse every id or secret with a hyphen.
 */
const basic =
  (secret: string): oauth.ClientAuth =>
  (_, { client_id }, __, headers) =>
    headers.set('authorization', `Basic ${btoa(`${formEncoded(client_id)}:${formEncoded(secret)}`)}`);

const formEncoded = (text: string) =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

/** What of a JWK names its certificate (RFC 7515 §4.1.7, §4.1.8): Microsoft Entra finds the key by it. */
const CERTIFICATE = ['x5t', 'x5t#S256'] as const;

/** RFC 7523 §2.2 with the private key as JWK; its `alg` decides the signature, ES256 or RS256 where it has none. */
async function privateKeyJwt(
  jwkText: string,
  { clientAssertionAudience }: Client,
  { issuer, token_endpoint }: Metadata,
): Promise<oauth.ClientAuth> {
  const jwk = JSON.parse(jwkText) as JWK;
  const key = (await importJWK(jwk, jwk.alg ?? (jwk.kty === 'RSA' ? 'RS256' : 'ES256'))) as CryptoKey;
  return oauth.PrivateKeyJwt(jwk.kid ? { key, kid: jwk.kid } : key, {
    [oauth.modifyAssertion](header, payload) {
      if (jwk.alg) header.alg = jwk.alg; // `EdDSA` and `Ed25519` are one algorithm by two names (RFC 9864)
      for (const name of CERTIFICATE) if (typeof jwk[name] === 'string') header[name] = jwk[name];
      payload.aud = clientAssertionAudience === 'token_endpoint' ? token_endpoint : issuer;
      // Optional, and refused by a provider whose clock is behind.
      delete payload.nbf;
    },
  });
}

/** Per-request options of oauth4webapi: plain http only where the issuer itself is on a loopback host. */
export const insecureFor = (metadata: Metadata) => ({
  [oauth.allowInsecureRequests]: metadata.issuer.startsWith('http:'),
});
