/** The rules that apply to a request, found by the code of the gate. */
import { withHidden } from '../next/hidden-paths.ts';
import { localesOf } from '../policy/locales.ts';
import { readings } from '../policy/path.ts';
import type { Method, Rule } from '../policy/rule.ts';
import { openness, rulesFor, rulesOfRoute } from '../policy/rules.ts';
import { SESSIONS } from '../routes.ts';
import type { Policy } from './load-config.ts';
import { unique } from './sample-paths.ts';

export const METHODS: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The rules that a request must meet, all of them. */
export function rulesOf({ rules, locales }: Policy, path: string, method: string): Rule[] {
  const paths = readings(path) ?? [path];
  return unique(rulesFor(rules, withHidden(paths) ?? paths, method, localesOf(locales)));
}

/** The rules of some paths, for each path and method. */
export const rulesAt = (paths: readonly string[], policy: Policy): Rule[][] =>
  paths.flatMap((path) => METHODS.map((method) => rulesOf(policy, path, method)));

/** Those that hold for the one route of the gate that takes rules. */
export const rulesOfSessions = ({ rules }: Policy): Rule[] =>
  unique(['GET', 'POST'].flatMap((method) => rulesOfRoute(rules, SESSIONS, method)));

export const isOpen = (path: string, method: string, policy: Policy): boolean =>
  openness(rulesOf(policy, path, method)) !== 'closed';

/** A rule as `GET /path → who`. */
export function textOf({ path, methods, allow, alwaysCheck, cookies }: Rule): string {
  const who = typeof allow === 'string' ? allow : Object.entries(allow).map(requirementText).join(', ');
  const more = `${alwaysCheck ? ', alwaysCheck' : ''}${cookies ? `, cookies ${cookies}` : ''}`;
  return `${methods ? `${methods.join(' ')} ` : ''}${path} → ${who}${more}`;
}

const requirementText = ([name, value]: [string, unknown]) =>
  `${name} ${[value].flat().map((one) => (typeof one === 'object' ? JSON.stringify(one) : one))}`;

/** Rules that must all be met are joined, others are listed one by one. */
export const described = (applicable: readonly (readonly Rule[])[]): string[] =>
  unique(applicable.map((rules) => rules.map(textOf).join(' and ')));
