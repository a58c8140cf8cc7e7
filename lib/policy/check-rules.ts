// What the types of rules say (`rule-types.ts`), checked at run time: for JavaScript, and for tables that are computed. A
// misspelt requirement would otherwise require nothing, and a misspelt path protect nothing.

import { isObject, type Members } from '../objects.ts';

const PARTS = ['path', 'methods', 'cookies', 'allow', 'alwaysCheck'];
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const REQUIREMENTS = ['roles', 'permissions', 'scopes', 'claims', 'acr', 'maxAge'];

/**
 * What is wrong with a table of rules, by the place of the rule; empty when it is in order. Texts name members and never hold
 * a value of the table.
 *
 * @example ruleFaults([{ path: '/admin', allow: { role: ['admin'] } }]) // { 'rules[0]': 'allow has an unknown member' }
 */
export function ruleFaults(rules: unknown): Readonly<Record<string, string>> {
  if (!Array.isArray(rules)) return { rules: 'must be a list, as defineRules makes it' };
  const faults = rules.flatMap((rule: unknown, place) => {
    const fault = ruleFault(rule);
    return fault === undefined ? [] : [[`rules[${place}]`, fault]];
  });
  return Object.fromEntries(faults);
}

function ruleFault(rule: unknown): string | undefined {
  if (!isObject(rule)) return 'must be an object';
  if ('fresh' in rule) return 'fresh is called alwaysCheck';
  if (!hasOnly(rule, PARTS)) return 'has an unknown member';
  const { path, methods, cookies, allow, alwaysCheck } = rule;
  const opens = allow === 'public' || allow === 'optional';
  if (typeof path !== 'string' || !isPattern(path)) return 'path is no pattern that a path can match';
  if (methods !== undefined && !isListOf(methods, (one) => METHODS.includes(String(one))))
    return 'methods must be a list of methods';
  if (cookies !== undefined && cookies !== 'hidden') return "cookies must be 'hidden'";
  if (alwaysCheck !== undefined && (alwaysCheck !== true || opens))
    return 'alwaysCheck must be true, on a rule that needs a session';
  if (opens || allow === 'session') return undefined;
  return requirementsFault(allow);
}

/** What is wrong with the requirements of a rule or of `requireSession`. */
export function requirementsFault(requirements: unknown): string | undefined {
  if (!isObject(requirements)) return 'allow must be public, optional, session or an object of requirements';
  if (!hasOnly(requirements, REQUIREMENTS)) return 'allow has an unknown member';
  if (Object.keys(requirements).length === 0) return 'allow without a requirement requires nothing';
  const { roles, permissions, scopes, claims, acr, maxAge } = requirements;
  for (const [name, list] of Object.entries({ roles, permissions, scopes }))
    if (name in requirements && !isListOf(list, isText)) return `${name} must be a list of texts`;
  if ('acr' in requirements && !isListOf(acr, (one) => isText(one) && !/\s/.test(String(one))))
    return 'acr must be a list of values without spaces';
  if ('maxAge' in requirements && !(Number.isSafeInteger(maxAge) && Number(maxAge) >= 0))
    return 'maxAge must be a whole number of seconds';
  if ('claims' in requirements && !isClaims(claims)) return 'claims must be tests by name: equals, includes or oneOf';
  return undefined;
}

export const hasOnly = (value: Members, names: readonly string[]) =>
  Object.keys(value).every((name) => names.includes(name));
const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
export const isListOf = (value: unknown, fits: (one: unknown) => boolean) =>
  Array.isArray(value) && value.length > 0 && value.every(fits);

function isClaims(claims: unknown): boolean {
  return isObject(claims) && Object.keys(claims).length > 0 && Object.values(claims).every(isClaimTest);
}

function isClaimTest(test: unknown): boolean {
  if (!isObject(test) || Object.keys(test).length !== 1) return false;
  const [[name, value] = []] = Object.entries(test);
  if (name === 'oneOf') return isListOf(value, isPlain);
  return name === 'equals' ? isPlain(value) : name === 'includes' && isPlain(value) && typeof value !== 'boolean';
}

/** A decoded and resolved path with `:name` for a segment and `/*` at the end, as `matches` reads it. */
export function isPattern(path: string): boolean {
  if (path === '/' || path === '/*') return true;
  if (!path.startsWith('/') || path.endsWith('/') || /[?#%\\[\]]/.test(path)) return false;
  const segments = (path.endsWith('/*') ? path.slice(0, -2) : path).slice(1).split('/');
  return segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..' && isSegment(segment));
}

const isSegment = (segment: string) => /^:\w+$/.test(segment) || !/[*:]/.test(segment);
