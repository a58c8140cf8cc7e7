import type { Target } from '../types/record.ts';

/** Further tokens that a session keeps; with more targets in turn each request would have to ask the provider. */
export const MAX_TARGETS = 8;

/** RFC 6749 §3.3. */
const SCOPE = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/;

interface Named {
  readonly resource?: unknown;
  readonly scope?: unknown;
}

/** What is wrong with the target of an access token (RFC 8707 §2, RFC 6749 §3.3). */
export function targetFault({ resource, scope }: Named): string | undefined {
  if (resource !== undefined && !(URL.canParse(String(resource)) && /^[^#\s]+$/.test(String(resource))))
    return 'resource must be an absolute URI without a fragment';
  return scope === undefined || SCOPE.test(String(scope))
    ? undefined
    : 'scope must be names with one space between them';
}

/** The target that is named; undefined for the token of the sign-in. */
export function targetOf({ resource, scope }: Named): Target | undefined {
  if (!resource && !scope) return undefined;
  return { ...(resource ? { resource: String(resource) } : {}), ...(scope ? { scope: String(scope) } : {}) };
}

/** A scope is a set of words (RFC 6749 §3.3): equal for scopes that mean the same. */
export const wordsOf = (scope = ''): string => [...new Set(scope.split(' ').filter(Boolean))].sort().join(' ');

/** Equal for targets that mean the same. */
export const targetKey = ({ resource = '', scope }: Target): string => JSON.stringify([resource, wordsOf(scope)]);
