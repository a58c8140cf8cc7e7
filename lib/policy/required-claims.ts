import type { Json, NamedByRules } from '../types/claims.ts';
import type { Requirements, Rule } from './rule.ts';

/**
 * What the rules of a site look at in a session, which is what a cookie that is too small keeps longest. The scope stands
 * among the claims, as `scope`.
 */
export function namedByRules(rules: readonly Rule[]): NamedByRules {
  const named = new Map<string, Set<Json> | 'whole'>();
  for (const { allow } of rules) {
    if (typeof allow !== 'object') continue;
    for (const [claim, values] of looksAt(allow)) {
      const known = named.get(claim);
      if (values === 'whole' || known === 'whole') named.set(claim, 'whole');
      else named.set(claim, new Set([...(known ?? []), ...values]));
    }
  }
  return named;
}

/** The claims that a rule looks at. */
export const claimsOf = (requirements: Requirements): readonly string[] =>
  looksAt(requirements).map(([claim]) => claim);

function looksAt({
  roles,
  permissions,
  scopes,
  claims = {},
}: Requirements): [claim: string, values: readonly Json[] | 'whole'][] {
  return [
    ...(roles ? [['roles', roles] as [string, readonly Json[]]] : []),
    ...(permissions ? [['permissions', permissions] as [string, readonly Json[]]] : []),
    ...(scopes ? [['scope', scopes] as [string, readonly Json[]]] : []),
    ...Object.entries(claims).map(([claim, test]): [string, readonly Json[] | 'whole'] => [
      claim,
      test.oneOf ?? (test.includes === undefined ? 'whole' : [test.includes]),
    ]),
  ];
}
