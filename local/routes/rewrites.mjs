/** What the rewrites of a site open, and to whom they send its requests. */
import { getPathMatch } from 'next/dist/shared/lib/router/utils/path-match.js';
import { OWN_FILES, sample, servedAt, servedBy } from './paths.mjs';
import { caughtBy, described, isOpen, METHODS } from './policy.mjs';

/**
 * @typedef {import('../built-site.mjs').Site} Site
 * @typedef {import('../built-site.mjs').Rewrite} Rewrite
 * @typedef {import('./policy.mjs').Policy} Policy
 * @typedef {import('./policy.mjs').Rule} Rule
 */

export const LEFT_OUT = 'the matcher of middleware.ts leaves it out';
const OUTSIDE = 'it is outside the base path, where Next calls no middleware: put the assetPrefix below it';

/**
 * A rewrite opens what is behind it to every request that may open a path that it serves.
 *
 * @param {Rewrite} rewrite @param {Site} site @param {Policy} policy
 * @returns {import('../routes.mjs').Row}
 */
export function rewriteRow(rewrite, { locales, isGated }, policy) {
  const { source, destination, outside } = rewrite;
  const ways = waysThrough(rewrite, locales, policy.rules).filter(({ end }) => !`${end}/`.startsWith(`${OWN_FILES}/`));
  const opens = ways.some(({ path, end }) =>
    METHODS.some((method) => isOpen(path, method, policy) && !isOpen(end, method, policy)),
  );
  const isJudged = isInside(rewrite) && destination !== '/404'; // elsewhere these rules say nothing
  return {
    route: `${source} ⇒ ${destination}`,
    rules: described(caughtBy([sample(source), ...ways.map(({ path }) => path)], policy)),
    ...(isJudged && opens && { fault: `opens what the rule of ${destination} keeps closed` }),
    ...(isJudged && !isGated(sample(source)) && { fault: LEFT_OUT }),
    ...(isJudged && outside && { fault: OUTSIDE }),
  };
}

/** @param {Rewrite} rewrite */
const isInside = ({ destination }) => destination.startsWith('/');

/**
 * Paths that a rewrite serves, and where they end. The build's own files are open, also where an `assetPrefix`
 * leads to them.
 *
 * @param {Rewrite} rewrite @param {readonly string[]} locales @param {readonly Rule[]} rules
 */
const waysThrough = (rewrite, locales, rules) =>
  candidates(rewrite, rules).flatMap((path) => endsOf(rewrite, locales, path).map((end) => ({ path, end })));

/** The source of a rewrite that is compared with the locale has one in front. @param {Rewrite} rewrite @param {readonly Rule[]} rules */
const candidates = ({ source, locale }, rules) => [
  ...servedBy(source, rules),
  ...(locale === false ? servedBy(source.replace(/^\/[^/]+/, '') || '/', rules) : []),
];

/** Where a rewrite leads a path, in each locale; nowhere when it does not serve it. */
function endsOf(/** @type {Rewrite} */ rewrite, /** @type {readonly string[]} */ locales, /** @type {string} */ path) {
  const serves = getPathMatch(rewrite.source, { strict: true, removeUnnamedParams: true });
  const prefixes = rewrite.locale === false ? ['', ...locales.map((locale) => `/${locale}`)] : [''];
  return prefixes.flatMap((prefix) => {
    const params = serves(path === '/' && prefix ? prefix : prefix + path); // `/en`, and not `/en/`
    return params ? [filled(rewrite, params, locales)] : [];
  });
}

/**
 * Where a rewrite ends.
 *
 * @param {Rewrite} rewrite @param {Record<string, string | string[]>} params @param {readonly string[]} locales
 */
function filled({ source, destination }, params, locales) {
  const [path = ''] = destination.split(/[?#]/);
  const end = path.replace(/:(\w+)(?:\([^)]*\))?[*+]?/g, (_, name) =>
    [params[name] ?? (source.includes(`:${name}`) ? '' : 'any')].flat().join('/'),
  );
  const [, first = ''] = end.split('/');
  return locales.includes(first) ? end.slice(first.length + 1) || '/' : end;
}

/** Whether any rewrite serves a path. @param {string} path @param {Site} site */
export const isRewritten = (path, { rewrites, locales }) =>
  rewrites.some((rewrite) => endsOf(rewrite, locales, path).length > 0);

/**
 * Next sends a request that a rewrite leads to another origin there with its `Cookie` header as the middleware has left
 * it: the session with it, unless the rules hide it.
 *
 * @param {Site} site @param {Policy} policy @returns {string[]}
 */
export function handedOver(site, policy) {
  return site.rewrites.flatMap((rewrite, place) => {
    const paths = candidates(rewrite, policy.rules).filter((path) => leaves(path, place, site));
    const hands = `${rewrite.source} ⇒ ${rewrite.destination} hands the session cookie to another origin`;
    if (paths.some((path) => rewrite.outside || !site.isGated(path)))
      return [`${hands}, because no middleware is called for it: put it where the matcher and the base path reach`];
    const showing = described(caughtBy(paths, policy).filter((rules) => showsCookies(rules, policy)));
    if (showing.length === 0) return [];
    return [`${hands} under ${showing.join('; ')}: ${HIDE}`];
  });
}

const HIDE = "add `cookies: 'hidden'` to that rule, or put a rule with it before that for what this rewrite serves";

/** A public rule hides the session from the site in any case. @param {readonly Rule[]} rules @param {Policy} policy */
const showsCookies = (rules, policy) =>
  policy.openness(rules) !== 'public' && !rules.every(({ cookies }) => cookies === 'hidden');

/**
 * Whether a rewrite leads a path to another origin, by itself or because a later one serves the path that it makes.
 *
 * @param {string} path @param {number} place of the rewrite @param {Site} site @returns {boolean}
 */
function leaves(path, place, site) {
  const rewrite = site.rewrites[place];
  if (!rewrite || isAnswered(path, rewrite, site)) return false;
  const ends = endsOf(rewrite, site.locales, path);
  if (!isInside(rewrite)) return ends.length > 0;
  return ends.some((end) => site.rewrites.some((_, later) => later > place && leaves(end, later, site)));
}

/** Whether a page or file of the site comes before this rewrite. @param {string} path @param {Rewrite} rewrite @param {Site} site */
const isAnswered = (path, { stage = 'beforeFiles' }, { routes }) =>
  stage !== 'beforeFiles' &&
  routes.some((route) => (stage === 'fallback' || !route.includes('[') ? servedAt(route)(path) : false));
