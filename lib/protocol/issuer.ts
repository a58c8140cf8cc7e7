import { ProviderError, RequestError } from '../errors.ts';
import { type ProviderSettings, TENANT } from '../types/settings.ts';
import type { Metadata } from './discovery.ts';

type Tenants = Pick<ProviderSettings, 'tenants'>;

/** A tenant id, as it stands in an issuer. */
const isTenant = (text: unknown): text is string => typeof text === 'string' && /^[A-Za-z0-9.-]{1,100}$/.test(text);

const maySignIn = (tenant: string, { tenants }: Tenants) => tenants.includes('*') || tenants.includes(tenant);

/** Whether two texts are one URL: an origin is the same with and without a slash. */
export const isSameUrl = (one: string, other: string): boolean => new URL(one).href === new URL(other).href;

/** Whether a text is the issuer, or with `{tenantid}` in it that of a tenant that may sign in. */
export function isIssuer(text: string, issuer: string, client: Tenants): boolean {
  if (text === issuer) return true;
  const [before = '', after] = issuer.split(TENANT);
  if (after === undefined || !text.startsWith(before) || !text.endsWith(after)) return false;
  const tenant = text.slice(before.length, text.length - after.length);
  return isTenant(tenant) && maySignIn(tenant, client);
}

/** The same of a text that no token has: an origin with and without a slash is one issuer. */
export const namesIssuer = (text: string, { issuer, tenants }: Tenants & Pick<ProviderSettings, 'issuer'>): boolean =>
  isIssuer(text, issuer, { tenants }) || (URL.canParse(text) && isSameUrl(text, issuer));

/**
 * The metadata by which an ID token is checked: with `{tenantid}` in the issuer those of the tenant that the token names, so
 * that its `iss` must be the issuer of its own `tid`. The claims are not proven yet.
 *
 * @throws {ProviderError} `ID_TOKEN_INVALID` without a `tid`
 * @throws {RequestError} `SIGN_IN_DENIED` when the tenant is none of `SSO_TENANTS`
 */
export function metadataFor({ tid }: Readonly<Record<string, unknown>>, metadata: Metadata, client: Tenants): Metadata {
  const { issuer } = metadata;
  if (!issuer.includes(TENANT)) return metadata;
  if (!isTenant(tid)) throw new ProviderError('ID_TOKEN_INVALID', { reason: 'tid, which the issuer needs' });
  if (!maySignIn(tid, client)) throw new RequestError('SIGN_IN_DENIED', { reason: 'tid is none of SSO_TENANTS' });
  return { ...metadata, issuer: issuer.replace(TENANT, tid) };
}
