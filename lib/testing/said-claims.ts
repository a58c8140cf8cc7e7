import { type KeptSettings, keptClaims } from '../policy/kept-claims.ts';
import type { Claims } from '../types/claims.ts';

interface Wanted {
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
  readonly claims?: Claims;
}

/**
 * What a provider says so that the session keeps these claims: roles and permissions stand where `SSO_ROLES_CLAIM` and
 * `SSO_PERMISSIONS_CLAIM` look for them.
 *
 * @throws when a claim would not be kept, so that a test does not look for it in vain
 */
export function saidClaims({ roles, permissions, claims = {} }: Wanted, settings: KeptSettings): Claims {
  const wanted: Claims = { ...claims, ...(roles && { roles }), ...(permissions && { permissions }) };
  const lost = Object.keys(wanted).filter((name) => !settings.claims.includes(name));
  if (lost.length > 0)
    throw new Error(`SESSION_CLAIMS does not name ${lost.join(', ')}: no session of this site has it`);
  const said: Claims = {
    ...claims,
    ...(roles && at(settings.rolesClaim, roles)),
    ...(permissions && at(settings.permissionsClaim, permissions)),
  };
  const kept = keptClaims(said, settings);
  const differs = Object.keys(wanted).filter((name) => JSON.stringify(kept[name]) !== JSON.stringify(wanted[name]));
  if (differs.length > 0)
    throw new Error(`the site reads ${differs.join(', ')} from another claim or in another shape`);
  return said;
}

/** By its whole path as a name, which is looked for first: a name may have dots itself. */
const at = (path: string, value: readonly string[]): Claims => ({ [path]: value });
