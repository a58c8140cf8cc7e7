import type { ProviderSettings } from '../types/settings.ts';

/** What stands for the tenant in an issuer of Microsoft Entra. */
const TENANT = '{tenantid}';

/**
 * Whether an issuer named by another site is the one that this site signs people in at, compared as texts: the issuer of the
 * settings or, where that has a place for a tenant, the issuer of a tenant that may sign in.
 */
export function isOwnIssuer(iss: string, { issuer, tenants }: Pick<ProviderSettings, 'issuer' | 'tenants'>): boolean {
  if (iss === issuer) return true;
  const [before = '', after] = issuer.split(TENANT);
  if (after === undefined || !iss.startsWith(before) || !iss.endsWith(after)) return false;
  const tenant = iss.slice(before.length, iss.length - after.length);
  return /^[\w.-]+$/.test(tenant) && (tenants.includes('*') || tenants.includes(tenant));
}
