/** Paths that stand for all that a route or a rewrite serves, so that rules can be tried on them. */
import type { Rule } from '../policy/rule.ts';

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

/** Paths that the source of a rewrite may serve, and some that it does not. */
export const servedBy = (source: string, rules: readonly Rule[]): string[] =>
  unique([sample(source), ...rules.flatMap(({ path }) => likeness(path, sample(source)))]);

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
export function samples(route: string, rules: readonly Rule[]): string[] {
  const named = rules.flatMap(({ path }) => [path, ...likeness(path, sample(route))]);
  const places = route.includes('[') ? OWN_PLACES : [];
  const own = places.flatMap((place) => DEPTHS.map((depth) => place + '/any'.repeat(depth)));
  return unique([sample(route), ...[...named, ...own].filter(servedAt(route))]);
}
