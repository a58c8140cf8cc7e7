import type { Session } from '../types/session.ts';
import type { StepUp } from './rules.ts';

const MAX_CHALLENGE = 2_048;

/** One parameter of a challenge (RFC 9110 §11.2): a token, or a quoted string. */
const PARAMETER = /\s*([\w.-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([\w.!#$%&'*+^`|~-]+))\s*(?:,|$)/y;
/** As `/auth/login` takes them. */
const ACR_VALUES = /^[!#-[\]-~]{1,200}( [!#-[\]-~]{1,200}){0,9}$/;

/**
 * The sign-in that a resource asks for (RFC 9470 §3, `insufficient_user_authentication`); null for any other challenge, and
 * for one that does not say what is missing.
 */
export function stepUpAsked(challenge: string | null): StepUp | null {
  const { error, acr_values: acr, max_age: age } = parametersOf(challenge ?? '') ?? {};
  if (error !== 'insufficient_user_authentication' || (acr === undefined && age === undefined)) return null;
  if ((acr !== undefined && !ACR_VALUES.test(acr)) || (age !== undefined && !/^\d{1,9}$/.test(age))) return null;
  return { ...(acr !== undefined && { acr_values: acr }), ...(age !== undefined && { max_age: age }) };
}

/** Of a single challenge, each once; null for anything else. */
function parametersOf(challenge: string): Readonly<Record<string, string>> | null {
  const [scheme] = /^\s*(Bearer|DPoP)\s/i.exec(challenge) ?? [];
  if (scheme === undefined || challenge.length > MAX_CHALLENGE) return null;
  const found = new Map<string, string>();
  PARAMETER.lastIndex = scheme.length;
  for (let at = scheme.length; at < challenge.length; at = PARAMETER.lastIndex) {
    const [, name = '', quoted, token = ''] = PARAMETER.exec(challenge) ?? [];
    if (!name || found.has(name.toLowerCase())) return null;
    found.set(name.toLowerCase(), quoted ?? token);
  }
  return Object.fromEntries(found);
}

/**
 * Whether a session has already what a resource asks for: another sign-in would bring the same, and so on without end.
 *
 * @param now seconds since the epoch
 * @param tolerance seconds by which the clocks may differ; a session that was just signed in is given as many
 */
export function hasSteppedUp(
  { acr_values, max_age }: StepUp,
  { acr, authTime, createdAt }: Session,
  now: number,
  tolerance: number,
): boolean {
  const hasAcr = acr_values === undefined || acr_values.split(' ').some((value) => value === acr);
  const allowed = Number(max_age) + (now - createdAt <= tolerance ? tolerance : 0);
  return hasAcr && (max_age === undefined || (authTime !== undefined && now - authTime <= allowed));
}
