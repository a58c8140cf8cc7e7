/** Paths that stand for all that a route or a rewrite serves, so that rules can be tried on them. */
import type { Policy } from './load-config.ts';

export const unique = <Value>(list: readonly Value[]): Value[] => [...new Set(list)];

/** A path that a route or the source of a rewrite serves. */
export const sample = (route: string): string =>
  route
    .replace(/\/\[\[\.\.\.[^\]]+\]\]/, '/any/thing')
    .replace(/\[\.\.\.[^\]]+\]/, 'any/thing')
    .replace(/\[[^\]]+\]/g, 'any')
    .replace(/:\w+(?:\((?:[^()]|\([^()]*\))*\))?[*+?]?/g, 'any') || '/';

/** Paths that the pattern of a rule may match, in the likeness of another path. */
export function likeness(pattern: string, like: string): string[] {
  const others = like.split('/');
  const segments = pattern.replace(/\/\*$/, '').split('/');
  const base = segments.map((segment, place) => (segment.startsWith(':') ? others[place] || 'any' : segment)).join('/');
  if (!pattern.endsWith('/*')) return [base || '/'];
  const rest = others.slice(segments.length).join('/');
  return unique([base || '/', `${base}/any`, `${base}/any/thing`, ...(rest ? [`${base}/${rest}`] : [])]);
}

type Table = Pick<Policy, 'rules' | 'locales'>;

/** Paths that the rules of a site may match, in the likeness of another path: as they are, and behind each locale. */
function named({ rules, locales = [] }: Table, like: string): string[] {
  const bare = rules.flatMap(({ path }) => likeness(path, like));
  const inner = like.replace(/^\/[^/]+/, '') || '/';
  const behind = locales.flatMap((locale) =>
    [like, inner, ...bare, ...rules.flatMap(({ path }) => likeness(path, inner))].map((path) => inLocale(locale, path)),
  );
  return unique([...bare, ...behind]);
}

/** A path with a locale in front. */
export const inLocale = (locale: string, path: string): string => `/${locale}${path === '/' ? '' : path}`;

/** A parameter in front that is called like what it stands for. */
const LOCALE = /^\/\[(?:locale|lang|language|lng)\](?=\/|$)/i;

/**
 * Of the paths that a route serves, those whose rules are shown: `/[locale]/about` is meant for the locales, and what it
 * answers to `/admin/about` is of no interest to a reader.
 */
export function shown(route: string, paths: readonly string[], { locales = [] }: Table): readonly string[] {
  if (!LOCALE.test(route)) return paths;
  const meant = paths.filter((path) => locales.includes(path.split('/')[1] ?? ''));
  return meant.length > 0 ? meant : paths;
}

/** Paths that the source of a rewrite may serve, and some that it does not. */
export const servedBy = (source: string, table: Table): string[] =>
  unique([sample(source), ...named(table, sample(source))]);

/** The build's own files. For a path where there is none, Next goes on to any dynamic route that fits. */
export const OWN_FILES = '/_next/static';
/** With locales Next leaves out what lies below `/_next`, unless the matcher says otherwise; its rewrites ignore case. */
const OWN_PLACES = [OWN_FILES, '/_next', '/_next/DATA', '/_next/IMAGE'];
const DEPTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Whether a route serves a path. */
export function servedAt(route: string): (path: string) => boolean {
  const pattern = route
    .replace(/[.*+?^${}()|\\]/g, '\\$&')
    .replace(/\/\[\[[^\]]*\]\]/g, '(/.+)?')
    .replace(/\[\\\.\\\.\\\.[^\]]*\]/g, '.+')
    .replace(/\[[^\]]+\]/g, '[^/]+');
  const serves = new RegExp(`^${pattern || '/'}$`);
  return (path) => serves.test(path);
}

/** Paths that a route serves, one for each rule that may match some of them: `/docs/[slug]` serves `/docs/free` too. */
export function samples(route: string, table: Table): string[] {
  const paths = [...table.rules.map(({ path }) => path), ...named(table, sample(route))];
  const places = route.includes('[') ? OWN_PLACES : [];
  const own = places.flatMap((place) => DEPTHS.map((depth) => place + '/any'.repeat(depth)));
  return unique([sample(route), ...[...paths, ...own].filter(servedAt(route))]);
}
