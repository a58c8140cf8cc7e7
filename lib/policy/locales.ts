import { isPattern } from './check-rules.ts';

/** The locales of a site as they are written in its paths, by their lower case. */
export type Locales = ReadonlyMap<string, string>;

/** Undefined without any, so that a site without `locales` pays for none. */
export const localesOf = (locales: readonly string[] = []): Locales | undefined =>
  locales.length > 0 ? new Map(locales.map((locale) => [locale.toLowerCase(), locale])) : undefined;

/** What is wrong with `locales`, by its name; empty when it is in order. */
export const localeFaults = (locales: unknown): Readonly<Record<string, string>> =>
  Array.isArray(locales) && locales.every(isLocale) && localesOf(locales)?.size === (locales.length || undefined)
    ? {}
    : { locales: 'must be a list of path segments, each of them once, and none of auth, api and _next' };

/** A decoded segment, and none of the gate, of API routes and of Next. */
const isLocale = (one: unknown) =>
  typeof one === 'string' && isPattern(`/${one}`) && !/^$|[/:*]|^(auth|api|_next)$/i.test(one);

/** A path with a locale in front. */
export interface Localized {
  /** The path without the locale. */
  readonly inner: string;
  /** Whether the locale is written to the letter. */
  readonly isExact: boolean;
}

/** Takes one locale off the front of a path; undefined when there is none. */
export function withoutLocale(path: string, locales: Locales): Localized | undefined {
  const end = path.indexOf('/', 1);
  const first = end < 0 ? path.slice(1) : path.slice(1, end);
  const locale = locales.get(first.toLowerCase());
  return locale === undefined ? undefined : { inner: end < 0 ? '/' : path.slice(end), isExact: locale === first };
}
