import { isObject } from '../objects.ts';

/**
 * The value of a claim, or of a path of names through objects (`realm_access.roles`). A name may itself have dots, as URLs and
 * client ids do: the longest that is there is tried first, so the claim of that very name comes before any path. Own
 * members only.
 */
export function valueAt(claims: unknown, path: string): unknown {
  if (!isObject(claims)) return undefined;
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    const value = Object.hasOwn(claims, name) ? valueAt(claims[name], path.slice(dot + 1)) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The claims that the first step of a path may name. */
export const namesOf = (path: string): readonly string[] =>
  path.split('.').map((_, place, steps) => steps.slice(0, place + 1).join('.'));

/**
 * Roles or permissions, in whatever shape they came, as a list of texts: the texts and numbers of a list; one text, as a whole
 * and in its parts where blanks separate them (as a `scope` is written); of an object the keys, but for those whose value
 * says no.
 */
export function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return unique(value.flatMap(textOf));
  if (isObject(value)) return unique(Object.keys(value).filter((key) => value[key] !== null && value[key] !== false));
  return unique(textOf(value).flatMap((text) => [text, ...text.split(/\s+/)]));
}

const textOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'number' ? [String(value)] : [];

const unique = (texts: readonly string[]) => [...new Set(texts)].filter((text) => text !== '');
