import { importJWK, type JWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { ProviderError } from '../errors.ts';
import type { ClientAuthMethod, ProviderSettings } from '../types/settings.ts';
import type { Metadata } from './discovery.ts';

type Client = Pick<ProviderSettings, 'clientId' | 'clientSecret' | 'clientAuthMethod'>;

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
 */
export async function clientAuthentication(client: Client, metadata: Metadata): Promise<oauth.ClientAuth> {
  const secret = client.clientSecret;
  if (!secret) return oauth.None(); // a public client: what is announced for the others is nothing to it
  const method = client.clientAuthMethod ?? chooseMethod(metadata);
  if (method === 'none') return oauth.None();
  if (method === 'client_secret_post') return oauth.ClientSecretPost(secret);
  if (method === 'client_secret_basic') return oauth.ClientSecretBasic(secret);
  return privateKeyJwt(secret);
}

function chooseMethod(metadata: Metadata): ClientAuthMethod {
  const announced = metadata.token_endpoint_auth_methods_supported;
  if (!Array.isArray(announced)) return 'client_secret_basic';
  const known = ['client_secret_post', 'client_secret_basic'] as const;
  const method = known.find((candidate) => announced.includes(candidate));
  if (!method) throw new ProviderError('CLIENT_REJECTED', { reason: 'the provider takes no client secret' });
  return method;
}

/** RFC 7523 §2.2 with the private key as JWK; its `alg` decides the signature, ES256 or RS256 where it has none. */
async function privateKeyJwt(jwkText: string): Promise<oauth.ClientAuth> {
  const jwk = JSON.parse(jwkText) as JWK;
  const key = await importJWK(jwk, jwk.alg ?? (jwk.kty === 'RSA' ? 'RS256' : 'ES256'));
  return oauth.PrivateKeyJwt(jwk.kid ? { key: key as CryptoKey, kid: jwk.kid } : (key as CryptoKey));
}

/** Per-request options of oauth4webapi: plain http only where the issuer itself is on a loopback host. */
export const insecureFor = (metadata: Metadata) => ({
  [oauth.allowInsecureRequests]: metadata.issuer.startsWith('http:'),
});
