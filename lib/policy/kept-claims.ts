import { memberOf } from '../objects.ts';
import { saysNothing } from '../says-nothing.ts';
import type { Claims, FromUserinfo, Json, MissingClaim, NamedByRules } from '../types/claims.ts';
import type { SessionSettings } from '../types/settings.ts';
import { namesOf, textsOf, valueAt } from './claim-values.ts';

export type KeptSettings = Pick<SessionSettings, 'claims' | 'rolesClaim' | 'permissionsClaim'>;

/** Where a kept claim is read, when that is not the claim of its name. */
const placeOf = (name: string, { rolesClaim, permissionsClaim }: KeptSettings): string | undefined =>
  name === 'roles' ? rolesClaim : name === 'permissions' ? permissionsClaim : undefined;

/** The claims of the provider that a kept claim may be read from. */
export function sourcesOf(name: string, settings: KeptSettings): readonly string[] {
  const place = placeOf(name, settings);
  return place === undefined ? [name] : namesOf(place);
}

/**
 * The claims that the session keeps (`SESSION_CLAIMS`), of all that the provider says. `roles` and `permissions` are lists of
 * texts in it, whatever their place and shape was. What is `null` is left out.
 */
export const keptClaims = (said: Readonly<Record<string, unknown>>, settings: KeptSettings): Claims =>
  Object.fromEntries(
    settings.claims.flatMap((name) => {
      const place = placeOf(name, settings);
      const value = place === undefined ? memberOf(said, name) : valueAt(said, place);
      if (value === undefined || value === null || name === 'sub') return [];
      return [[name, place === undefined ? (value as Json) : textsOf(value)]];
    }),
  );

/**
 * The claims that the session would keep and does not have. One that is there and empty is said to be so, and is not missing:
 * people without roles would otherwise cost the provider a call at each sign-in.
 *
 * @param isMissing by name
 */
export const missingClaims = (
  kept: Claims,
  settings: KeptSettings,
  named: NamedByRules,
  isMissing = (name: string) => memberOf(kept, name) === undefined,
): readonly MissingClaim[] =>
  settings.claims
    .filter((name) => name !== 'sub' && isMissing(name))
    .map((name) => ({ name, sources: sourcesOf(name, settings), isNeeded: named.has(name) }));

/** The claims of an ID token, which come first, with those of userinfo where they say nothing. */
export function filledClaims(
  kept: Claims,
  said: Claims,
): { readonly claims: Claims; readonly userinfo?: FromUserinfo } {
  const filled = Object.entries(said).filter(
    ([name, value]) => saysNothing(memberOf(kept, name)) && !saysNothing(value),
  );
  if (filled.length === 0) return { claims: kept };
  return {
    claims: { ...kept, ...Object.fromEntries(filled) },
    userinfo: Object.fromEntries(filled.map(([name]) => [name, true])),
  };
}

/**
 * Claims that the session would keep and that the provider has left elsewhere, by its names: distributed claims (OIDC Core
 * §5.6.2), which are not fetched. Microsoft Entra has them for users of more than 200 groups, or `hasgroups`.
 */
export function claimsElsewhere(said: Readonly<Record<string, unknown>>, settings: KeptSettings): readonly string[] {
  const listed = memberOf(said, '_claim_names');
  const names = typeof listed === 'object' && listed !== null ? Object.keys(listed) : [];
  const elsewhere = [...names, ...(memberOf(said, 'hasgroups') === true ? ['groups'] : [])];
  const sources = settings.claims.flatMap((name) => sourcesOf(name, settings));
  return [...new Set(sources)].filter((name) => elsewhere.includes(name));
}
