/** The rules of a site, as the gate reads them. */
import { unique } from './paths.mjs';

/**
 * @typedef {import('../../lib/policy/rule').Rule} Rule
 *
 * @typedef {Pick<typeof import('../../lib/policy/rules'), 'rulesFor' | 'openness'>
 *   & Pick<typeof import('../../lib/policy/path'), 'readings' | 'withHidden'>
 *   & { rules: readonly Rule[], openActions: readonly string[], allowsDraftMode?: boolean | undefined }} Policy
 */

/** @type {readonly import('../../lib/policy/rule').Method[]} */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The rules that a request must meet, all of them, as the gate finds them. @param {Policy} policy */
export function rulesOf(policy, /** @type {string} */ path, /** @type {string} */ method) {
  const readings = policy.readings(path) ?? [path];
  return unique(policy.rulesFor(policy.rules, policy.withHidden(readings) ?? readings, method));
}

/** @param {readonly string[]} paths @param {Policy} policy */
export const caughtBy = (paths, policy) =>
  paths.flatMap((path) => METHODS.map((method) => rulesOf(policy, path, method)));

/** @param {string} path @param {string} method @param {Policy} policy */
export const isOpen = (path, method, policy) => policy.openness(rulesOf(policy, path, method)) !== 'closed';

/** @param {Rule} rule */
export function textOf({ path, methods, allow, alwaysCheck, cookies }) {
  const who =
    typeof allow === 'string'
      ? allow
      : Object.entries(allow)
          .map(
            ([name, value]) =>
              `${name} ${[value].flat().map((one) => (typeof one === 'object' ? JSON.stringify(one) : one))}`,
          )
          .join(', ');
  const more = `${alwaysCheck ? ', alwaysCheck' : ''}${cookies ? `, cookies ${cookies}` : ''}`;
  return `${methods ? `${methods.join(' ')} ` : ''}${path} → ${who}${more}`;
}

/** Rules that must all be met are joined, others are told apart. @param {readonly (readonly Rule[])[]} caught */
export const described = (caught) => unique(caught.map((rules) => rules.map(textOf).join(' and ')));
