import { isListOf, isPattern } from './check-rules.ts';

/** The locales of a site as they are written in its paths, by their lower case. */
export type Locales = ReadonlyMap<string, string>;

/** Undefined without any, so that a site without `locales` pays for none. */
export const localesOf = (locales: readonly string[] = []): Locales | undefined =>
  locales.length > 0 ? new Map(locales.map((locale) => [locale.toLowerCase(), locale])) : undefined;

/** The first segments of the gate, of API routes and of Next: none of them is a language. */
const RESERVED = ['auth', 'api', '_next'];

/** What is wrong with `locales`, by its name; empty when it is in order. */
export function localeFaults(locales: unknown): Readonly<Record<string, string>> {
  if (locales === undefined || (Array.isArray(locales) && locales.length === 0)) return {};
  if (!isListOf(locales, (one) => typeof one === 'string' && isSegment(one)))
    return { locales: 'must be a list of segments as paths begin with them, decoded and without a slash' };
  const lower = (locales as readonly string[]).map((locale) => locale.toLowerCase());
  if (lower.some((locale) => RESERVED.includes(locale)))
    return { locales: `must be none of ${RESERVED.join(', ')}, which are no language` };
  return new Set(lower).size < lower.length ? { locales: 'must name each locale once, whatever its case' } : {};
}

/** A segment that the path of a rule may begin with, and no parameter. */
const isSegment = (text: string) => text !== '' && !/[/:*]/.test(text) && isPattern(`/${text}`);

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
