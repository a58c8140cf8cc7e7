import type { Session } from '../types/session.ts';
import type { StepUp } from './rules.ts';

const MAX_CHALLENGE = 2_048;

/** One parameter of a challenge (RFC 9110 §11.2): a token, or a quoted string without an escape in it. */
const PARAMETER = /(?:^|[\s,])(error|acr_values|max_age)\s*=\s*(?:"([^"\\]*)"|([\w.!#$%&'*+^`|~-]+))(?=\s*(?:,|$))/gi;
/** As `/auth/login` takes them. */
const ACR_VALUES = /^[!#-[\]-~]{1,200}( [!#-[\]-~]{1,200}){0,9}$/;

/**
 * The sign-in that a resource asks for (RFC 9470 §3, `insufficient_user_authentication`); null for any other challenge, and
 * for one that does not say what is missing.
 */
export function stepUpAsked(challenge: string | null): StepUp | null {
  if (challenge === null || challenge.length > MAX_CHALLENGE || !/^\s*(Bearer|DPoP)\s/i.test(challenge)) return null;
  const found = new Map<string, string>();
  for (const [, name = '', quoted, token = ''] of challenge.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (found.has(key)) return null; // several challenges, or one that contradicts itself
    found.set(key, quoted ?? token);
  }
  if (found.get('error') !== 'insufficient_user_authentication') return null;
  const acr = found.get('acr_values');
  const age = found.get('max_age');
  if (acr !== undefined && !ACR_VALUES.test(acr)) return null;
  if (age !== undefined && !/^\d{1,9}$/.test(age)) return null;
  if (acr === undefined && age === undefined) return null;
  return { ...(acr !== undefined && { acr_values: acr }), ...(age !== undefined && { max_age: age }) };
}

/** Whether a session has already what a resource asks for: another sign-in would bring the same, and so on without end. */
export function hasSteppedUp({ acr_values, max_age }: StepUp, { acr, authTime }: Session, now: number): boolean {
  const hasAcr = acr_values === undefined || acr_values.split(' ').some((value) => value === acr);
  return hasAcr && (max_age === undefined || (authTime !== undefined && now - authTime <= Number(max_age)));
}
