import type { Rule, Session } from '../types';
import { isBelow } from './path';

/** What everything needs that no rule names. */
const FALLBACK: Rule = { path: '/*', allow: 'session' };

/** The rules that a path falls under, one for each of its readings: all of them must be met. */
export const rulesFor = (rules: readonly Rule[], readings: readonly string[]): readonly Rule[] =>
  readings.map((path) => rules.find((rule) => matches(rule, path)) ?? FALLBACK);

/** True when no session is needed: every reading of the path is public. */
export const isPublic = (applicable: readonly Rule[]): boolean => applicable.every((rule) => rule.allow === 'public');

/**
 * A rule that opens a path is matched to the letter. A rule that restricts one ignores case: a host or file system
 * that folds case would otherwise serve `/Admin` under the fallback.
 */
function matches(rule: Rule, path: string): boolean {
  const fold = (text: string) => (rule.allow === 'public' ? text : text.toLowerCase());
  const pattern = fold(rule.path);
  const wanted = fold(path);
  return pattern.endsWith('/*') ? isBelow(wanted, pattern.slice(0, -2)) : wanted === pattern;
}

/** True when the path is worth a question to Redis on every request. */
export const isFresh = (applicable: readonly Rule[]): boolean =>
  applicable.some((rule) => rule.allow !== 'public' && rule.fresh === true);

/** Whether the session meets the rule. Roles are the strings of the `roles` claim; one of those named is enough. */
export function meets(rule: Rule, session: Session): boolean {
  if (rule.allow === 'public' || rule.allow === 'session') return true;
  const { roles } = session.claims;
  return Array.isArray(roles) && rule.allow.roles.some((role) => roles.includes(role));
}
