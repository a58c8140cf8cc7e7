import type { LoginExtras } from '../types/login.ts';
import type { Rule } from './rule.ts';

type Asked = Pick<LoginExtras, 'acr_values' | 'max_age'>;

/**
 * What a sign-in asks for, when the configuration asks something of all of them: the callback holds the provider to it. An
 * address of `/auth/login` is a link that any site can make, so it may ask for more and not for less: the shorter `max_age`, and of
 * `acr_values` those that the configuration or a rule names.
 */
export function askedStepUp(configured: Asked, extras: LoginExtras, rules: readonly Rule[]): LoginExtras {
  const ages = [configured.max_age, extras.max_age].flatMap((age) => (age === undefined ? [] : [Number(age)]));
  const { acr_values: wanted } = configured;
  const acr = extras.acr_values !== undefined && mayReplace(extras.acr_values, wanted, rules) ? undefined : wanted;
  return {
    ...extras,
    ...(ages.length > 0 && { max_age: String(Math.min(...ages)) }),
    ...(acr !== undefined && { acr_values: acr }),
  };
}

function mayReplace(asked: string, configured: string | undefined, rules: readonly Rule[]): boolean {
  if (configured === undefined) return true;
  const named = rules.flatMap(({ allow }) => (typeof allow === 'object' ? (allow.acr ?? []) : []));
  const known = [...configured.split(' '), ...named];
  return asked.split(' ').every((value) => known.includes(value));
}
