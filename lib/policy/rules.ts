import type { Session } from '../types/session.ts';
import { textsOf } from './claim-values.ts';
import { type Locales, withoutLocale } from './locales.ts';
import { isBelow, readings } from './path.ts';
import type { ClaimTest, Requirements, Rule, Rules } from './rule.ts';
import type { ValidRules } from './rule-types.ts';

/**
 * A site's table of rules. A pattern that can match nothing would protect nothing and look as if it did, so this does not
 * compile with one. At run time the gate checks the same (`ruleFaults`): with a rule that is not valid every answer is a 503
 * (`MISCONFIGURED`), and the log names the rule.
 *
 * @example const rules = defineRules([{ path: '/admin/*', allow: { roles: ['admin'] } }]);
 */
export const defineRules = <const Table extends readonly Rule[]>(rules: Table & ValidRules<Table>): Rules =>
  rules as unknown as Rules;

/** What everything needs that no rule names. */
const FALLBACK: Rule = { path: '/*', allow: 'session' };

/** The rules that a request falls under, one or more for each reading of its path: all of them must be met. */
export const rulesFor = (
  rules: readonly Rule[],
  readings: readonly string[],
  method: string,
  locales?: Locales,
): readonly Rule[] =>
  locales
    ? readings.flatMap((path) => rulesInLocale(rules, path, method, locales))
    : readings.map((path) => ruleFor(rules, path, method));

const ruleFor = (rules: readonly Rule[], path: string, method: string) =>
  rules.find((rule) => appliesTo(rule, method) && matches(rule, path)) ?? FALLBACK;

/**
 * A path with a locale in front falls under the first rule that matches it without the locale, or that has the locale itself
 * in its pattern. A locale in front is a language and no value of a parameter: `/:slug` must not open `/de`, which is the
 * start page. A restricting rule does take it for one, and is then to be met besides: on a site whose rules are written as
 * `/:locale/admin/*`, the members of `locales` must not open what these keep closed.
 */
function rulesInLocale(rules: readonly Rule[], path: string, method: string, locales: Locales): readonly Rule[] {
  const localized = withoutLocale(path, locales);
  if (!localized) return [ruleFor(rules, path, method)];
  const { inner, isExact } = localized;
  const besides: Rule[] = [];
  for (const rule of rules) {
    if (!appliesTo(rule, method)) continue;
    const named = matches(rule, path);
    // An opening rule takes a locale to the letter alone, as it takes the rest of the path.
    if ((isExact || !opens(rule)) && matches(rule, inner)) return [...besides, rule];
    if (named && !rule.path.startsWith('/:')) return [...besides, rule];
    if (named && !opens(rule)) besides.push(rule);
  }
  return besides.length > 0 ? besides : [FALLBACK];
}

/**
 * The rules that a request to a route of the gate falls under. Such a route needs a session in any case, so one that opens
 * it says nothing more, and one for the site as a whole (`/*`) is not about it: only paths below `/auth` name the gate.
 */
export function rulesOfRoute(rules: readonly Rule[], path: string, method: string): readonly Rule[] {
  const applicable = rulesFor(rules, [path], method);
  return applicable.filter((rule) => !opens(rule) && isBelow(rule.path.toLowerCase(), '/auth'));
}

const opens = ({ allow }: Rule) => allow === 'public' || allow === 'optional';

/** `public` when every reading is; `optional` when none of them needs a session, but one wants to see it. */
export function openness(applicable: readonly Rule[]): 'public' | 'optional' | 'closed' {
  if (!applicable.every(opens)) return 'closed';
  return applicable.every((rule) => rule.allow === 'public') ? 'public' : 'optional';
}

/** What the rules say of a path of the site for GET, as the configuration writes it. */
export function opennessOf(pathname: string, rules: readonly Rule[], locales?: Locales): ReturnType<typeof openness> {
  const found = readings(pathname);
  return found ? openness(rulesFor(rules, found, 'GET', locales)) : 'closed';
}

/** Whether a page that visitors without a session can open too sees the session of those with one. */
export function showsSession(pathname: string, rules: readonly Rule[], locales?: Locales): boolean {
  const applicable = rulesFor(rules, readings(pathname) ?? [], 'GET', locales);
  return openness(applicable) === 'optional' && !applicable.some(({ cookies }) => cookies === 'hidden');
}

/** HEAD is GET without a body (RFC 9110 §9.3.2): a rule for one is a rule for both. */
const appliesTo = ({ methods }: Rule, method: string) =>
  methods === undefined || methods.some((named) => named === method || (named === 'GET' && method === 'HEAD'));

/**
 * A rule that opens a path is matched to the letter, as Next routes it. A rule that restricts one ignores case: a host
 * or file system that folds case would otherwise serve `/Admin` under the fallback.
 */
export function matches(rule: Rule, path: string): boolean {
  const fold = (text: string) => (opens(rule) ? text : text.toLowerCase());
  const pattern = fold(rule.path);
  const wanted = fold(path);
  if (!pattern.includes(':'))
    return pattern.endsWith('/*') ? isBelow(wanted, pattern.slice(0, -2)) : wanted === pattern;
  const segments = pattern.split('/');
  const parts = wanted.split('/');
  const open = segments.at(-1) === '*';
  if (open) segments.pop();
  const long = open ? parts.length >= segments.length : parts.length === segments.length;
  return (
    long &&
    segments.every((segment, place) => (segment.startsWith(':') ? parts[place] !== '' : segment === parts[place]))
  );
}

/** Whether Redis is asked on every request if the session was ended elsewhere. */
export const alwaysChecks = (applicable: readonly Rule[]): boolean =>
  applicable.some((rule) => rule.alwaysCheck === true);

/** What a stronger or a more recent sign-in has to bring, in the terms of OIDC Core §3.1.2.1. */
export interface StepUp {
  readonly acr_values?: string;
  readonly max_age?: string;
}

/**
 * What the rules ask of a sign-in, all of them together; empty when it may be any. Null when none can meet them all, since
 * a sign-in has one `acr`: a browser that was sent to one would be sent again.
 */
export function stepUpOf(applicable: readonly Rule[]): StepUp | null {
  const requirements = applicable.flatMap((rule) => requirementsOf(rule) ?? []);
  const [first, ...others] = requirements.flatMap(({ acr }): (readonly string[])[] => (acr ? [acr] : []));
  const acr = first?.filter((value) => others.every((list) => list.includes(value)));
  if (acr?.length === 0) return null;
  const ages = requirements.flatMap(({ maxAge }) => (maxAge === undefined ? [] : [maxAge]));
  return {
    ...(acr && { acr_values: acr.join(' ') }),
    ...(ages.length > 0 && { max_age: String(Math.min(...ages)) }),
  };
}

/**
 * Whether a session meets a rule: `forbidden` when no sign-in would help, `step-up` when a stronger or a more recent
 * one would.
 *
 * @param now seconds since the epoch
 * @param tolerance seconds by which the provider's clock may differ
 */
export function verdict(rule: Rule, session: Session, now: number, tolerance: number): 'met' | 'step-up' | 'forbidden' {
  const requirements = requirementsOf(rule);
  if (!requirements) return 'met';
  if (!isPermitted(requirements, session)) return 'forbidden';
  const { acr, maxAge } = requirements;
  const { authTime } = session;
  if (acr && !acr.some((value) => value === session.acr)) return 'step-up';
  if (maxAge === undefined) return 'met';
  // What the callback has just let in, clocks being what they are, must not be sent round again at once.
  const allowed = now - session.createdAt <= tolerance ? maxAge + tolerance : maxAge;
  // A provider that names no `auth_time` has not said when it was.
  return authTime === undefined || now - authTime > allowed ? 'step-up' : 'met';
}

const requirementsOf = ({ allow }: Rule): Requirements | undefined => (typeof allow === 'object' ? allow : undefined);

function isPermitted({ roles, permissions, scopes, claims = {} }: Requirements, session: Session): boolean {
  const among = (claim: unknown) => {
    // A list since it was kept; a session that was sealed before may have another shape.
    const texts = Array.isArray(claim) ? claim : textsOf(claim);
    return (value: string) => texts.includes(value);
  };
  return (
    (roles === undefined || roles.some(among(session.claims.roles))) &&
    (permissions === undefined || permissions.every(among(session.claims.permissions))) &&
    (scopes === undefined || scopes.every(among(session.scope.split(' ')))) &&
    Object.entries(claims).every(([name, test]) => passes(test, name === 'sub' ? session.sub : session.claims[name]))
  );
}

/** A provider that makes a list of several values often makes a text of a single one: `includes` and `oneOf` take both. */
function passes(test: ClaimTest, claim: unknown): boolean {
  if (test.equals !== undefined) return claim === test.equals;
  const wanted: readonly unknown[] = test.oneOf ?? [test.includes];
  return Array.isArray(claim) ? claim.some((value) => wanted.includes(value)) : wanted.includes(claim);
}
