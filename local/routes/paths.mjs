/** Paths that stand for all that a route or a rewrite serves, so that rules can be tried on them. */

/** @typedef {import('../../lib/policy/rule').Rule} Rule */

/** @template T @param {readonly T[]} list */
export const unique = (list) => [...new Set(list)];

/** A path that a route or the source of a rewrite serves. @param {string} route */
export const sample = (route) =>
  route
    .replace(/\/\[\[\.\.\.[^\]]+\]\]/, '/any/thing')
    .replace(/\[\.\.\.[^\]]+\]/, 'any/thing')
    .replace(/\[[^\]]+\]/g, 'any')
    .replace(/:\w+(?:\((?:[^()]|\([^()]*\))*\))?[*+?]?/g, 'any') || '/';

/** Paths that a rule may catch, in the likeness of another path. @param {string} pattern @param {string} like */
export function likeness(pattern, like) {
  const others = like.split('/');
  const segments = pattern.replace(/\/\*$/, '').split('/');
  const base = segments.map((segment, place) => (segment.startsWith(':') ? others[place] || 'any' : segment)).join('/');
  if (!pattern.endsWith('/*')) return [base || '/'];
  const rest = others.slice(segments.length).join('/');
  return unique([base || '/', `${base}/any`, `${base}/any/thing`, ...(rest ? [`${base}/${rest}`] : [])]);
}

/** Paths that the source of a rewrite may serve, and some that it does not. @param {string} source @param {readonly Rule[]} rules */
export const servedBy = (source, rules) =>
  unique([sample(source), ...rules.flatMap(({ path }) => likeness(path, sample(source)))]);

/** The build's own files. Where there is none, Next goes on to any dynamic route that fits. */
export const OWN_FILES = '/_next/static';
/** With locales Next leaves out what lies below `/_next`, unless the matcher says otherwise; its rewrites ignore case. */
const OWN_PLACES = [OWN_FILES, '/_next', '/_next/DATA', '/_next/IMAGE'];
const DEPTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** @param {string} route @returns {(path: string) => boolean} whether it serves a path */
export function servedAt(route) {
  const pattern = route
    .replace(/[.*+?^${}()|\\]/g, '\\$&')
    .replace(/\/\[\[[^\]]*\]\]/g, '(/.+)?')
    .replace(/\[\\\.\\\.\\\.[^\]]*\]/g, '.+')
    .replace(/\[[^\]]+\]/g, '[^/]+');
  const serves = new RegExp(`^${pattern || '/'}$`);
  return (path) => serves.test(path);
}

/**
 * Paths that a route serves, one for each rule that may catch some of them: `/docs/[slug]` serves `/docs/free` too.
 *
 * @param {string} route @param {readonly Rule[]} rules
 */
export function samples(route, rules) {
  const named = rules.flatMap(({ path }) => [path, ...likeness(path, sample(route))]);
  const places = route.includes('[') ? OWN_PLACES : [];
  const own = places.flatMap((place) => DEPTHS.map((depth) => place + '/any'.repeat(depth)));
  return unique([sample(route), ...[...named, ...own].filter(servedAt(route))]);
}
