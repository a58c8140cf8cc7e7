/** What the rewrites of a site open, and to which origins they send its requests. */
import { match } from 'path-to-regexp';
import type { Rule } from '../policy/rule.ts';
import { openness } from '../policy/rules.ts';
import type { Rewrite, Site } from './built-site.ts';
import type { Row } from './judgement.ts';
import type { Policy } from './load-config.ts';
import { described, isOpen, METHODS, rulesAt } from './rule-lookup.ts';
import { OWN_FILES, sample, servedAt, servedBy } from './sample-paths.ts';
import { shownDestination } from './shown-destination.ts';

export const LEFT_OUT = 'the matcher of middleware.ts leaves it out';
const OUTSIDE = 'it is outside the base path, where Next calls no middleware: put the assetPrefix below it';

/** A rewrite opens what is behind it to every request that may open a path that it serves. */
export function rewriteRow(rewrite: Rewrite, { locales, isGated }: Site, policy: Policy): Row {
  const { source, destination, outside } = rewrite;
  const ways = waysThrough(rewrite, locales, policy).filter(({ end }) => !`${end}/`.startsWith(`${OWN_FILES}/`));
  const opens = ways.some(({ path, end }) =>
    METHODS.some((method) => isOpen(path, method, policy) && !isOpen(end, method, policy)),
  );
  const isJudged = isInside(rewrite) && destination !== '/404'; // elsewhere these rules say nothing
  return {
    route: textOf(rewrite),
    rules: described(rulesAt([sample(source), ...ways.map(({ path }) => path)], policy)),
    ...(isJudged && opens && { fault: `opens what the rule of ${shownDestination(destination)} keeps closed` }),
    ...(isJudged && !isGated(sample(source)) && { fault: LEFT_OUT }),
    ...(isJudged && outside && { fault: OUTSIDE }),
  };
}

const textOf = ({ source, destination }: Rewrite) => `${source} ⇒ ${shownDestination(destination)}`;

const isInside = ({ destination }: Rewrite) => destination.startsWith('/');

/**
 * Paths that a rewrite serves, and where they end. The build's own files are open, also where an `assetPrefix`
 * leads to them.
 */
const waysThrough = (rewrite: Rewrite, locales: readonly string[], policy: Policy) =>
  candidates(rewrite, policy).flatMap((path) => endsOf(rewrite, locales, path).map((end) => ({ path, end })));

/** The source of a rewrite that is compared with the locale has one in front. */
const candidates = ({ source, locale }: Rewrite, policy: Policy) => [
  ...servedBy(source, policy),
  ...(locale === false ? servedBy(source.replace(/^\/[^/]+/, '') || '/', policy) : []),
];

type Parameters = Readonly<Record<string, string | readonly string[]>>;

/**
 * The parameters that the source of a rewrite finds in a path, or nothing when it does not serve it: compiled by the library
 * and with the options that Next compiles it with. Next gives unnamed parameters no value.
 */
export function sourceMatcher(source: string): (path: string) => Parameters | undefined {
  const serves = match<Record<string, string | string[]>>(source, { strict: true, sensitive: false, delimiter: '/' });
  return (path) => {
    const found = serves(path);
    if (!found) return undefined;
    return Object.fromEntries(Object.entries(found.params).filter(([name]) => !/^\d+$/.test(name)));
  };
}

/** Where a rewrite leads a path, in each locale; nowhere when it does not serve it. */
function endsOf(rewrite: Rewrite, locales: readonly string[], path: string): string[] {
  const serves = sourceMatcher(rewrite.source);
  const prefixes = rewrite.locale === false ? ['', ...locales.map((locale) => `/${locale}`)] : [''];
  return prefixes.flatMap((prefix) => {
    const parameters = serves(path === '/' && prefix ? prefix : prefix + path); // `/en`, and not `/en/`
    return parameters ? [filled(rewrite, parameters, locales)] : [];
  });
}

/** Where a rewrite ends. */
function filled({ source, destination }: Rewrite, parameters: Parameters, locales: readonly string[]): string {
  const [path = ''] = destination.split(/[?#]/);
  const end = path.replace(/:(\w+)(?:\([^)]*\))?[*+]?/g, (_, name) =>
    [parameters[name] ?? (source.includes(`:${name}`) ? '' : 'any')].flat().join('/'),
  );
  const [, first = ''] = end.split('/');
  return locales.includes(first) ? end.slice(first.length + 1) || '/' : end;
}

/** Whether any rewrite serves a path. */
export const isRewritten = (path: string, { rewrites, locales }: Site): boolean =>
  rewrites.some((rewrite) => endsOf(rewrite, locales, path).length > 0);

/**
 * Next sends a request that a rewrite leads to another origin there with its `Cookie` header as the middleware has left
 * it: the session with it, unless the rules hide it.
 */
export function handedOver(site: Site, policy: Policy): string[] {
  return site.rewrites.flatMap((rewrite, place) => {
    const paths = candidates(rewrite, policy).filter((path) => leaves(path, place, site));
    const hands = `${textOf(rewrite)} hands the session cookie to another origin`;
    if (paths.some((path) => rewrite.outside || !site.isGated(path)))
      return [`${hands}, because no middleware is called for it: put it where the matcher and the base path reach`];
    const showing = described(rulesAt(paths, policy).filter(showsCookies));
    if (showing.length === 0) return [];
    return [`${hands} under ${showing.join('; ')}: ${HIDE}`];
  });
}

export const HIDE =
  "add `cookies: 'hidden'` to that rule, or put a rule with it before that for what this rewrite serves";

/** A public rule hides the session from the site in any case. */
export const showsCookies = (rules: readonly Rule[]) =>
  openness(rules) !== 'public' && !rules.every(({ cookies }) => cookies === 'hidden');

/** Whether a rewrite leads a path to another origin, by itself or because a later one serves the path that it makes. */
function leaves(path: string, place: number, site: Site): boolean {
  const rewrite = site.rewrites[place];
  if (!rewrite || isAnswered(path, rewrite, site)) return false;
  const ends = endsOf(rewrite, site.locales, path);
  if (!isInside(rewrite)) return ends.length > 0;
  return ends.some((end) => site.rewrites.some((_, later) => later > place && leaves(end, later, site)));
}

/** Whether a page or file of the site comes before this rewrite. */
const isAnswered = (path: string, { stage = 'beforeFiles' }: Rewrite, { routes }: Site): boolean =>
  stage !== 'beforeFiles' &&
  routes.some((route) => (stage === 'fallback' || !route.includes('[') ? servedAt(route)(path) : false));
