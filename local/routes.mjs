/**
 * `npm run routes`: every route of the build with the rules that catch it. Exits with 1 when something can be opened
 * that no rule opens: a route that the middleware's matcher leaves out, a rewrite from an open path to a closed one, or
 * a Server Action at an open page.
 *
 * `node local/routes.mjs <folder> <build>` looks at another site.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getPathMatch } from 'next/dist/shared/lib/router/utils/path-match.js';
import { builtSite, matchersOf } from './built-site.mjs';
import { root } from './setup.mjs';

/**
 * @typedef {import('./built-site.mjs').Site} Site
 * @typedef {import('./built-site.mjs').Rewrite} Rewrite
 * @typedef {import('./built-site.mjs').Action} Action
 * @typedef {import('../lib/types').Rule} Rule
 *
 * @typedef {object} Row
 * @property {string} route
 * @property {readonly string[]} rules each as `path → who`
 * @property {string} [fault]
 *
 * @typedef {Pick<typeof import('../lib/policy/rules'), 'rulesFor' | 'openness'>
 *   & Pick<typeof import('../lib/policy/path'), 'readings' | 'withHidden'>
 *   & { rules: readonly Rule[], openActions: readonly string[] }} Policy
 */

/**
 * Judges a site by its rules.
 *
 * @param {Site} site @param {Policy} policy
 * @returns {{ rows: Row[], idle: string[] }} `idle` are rules that catch no route: misspelt, or behind another one
 */
export function inspect(site, policy) {
  const routes = [...site.routes].sort().map((route) => routeRow(route, site, policy));
  const rewrites = site.rewrites.map((rewrite) => rewriteRow(rewrite, site, policy));
  const actions = site.actions.flatMap((action) => actionRow(action, policy));
  const used = new Set(site.routes.flatMap((route) => caughtBy(samples(route, policy.rules), policy).flat()));
  return {
    rows: [...routes, ...rewrites, ...actions],
    idle: policy.rules.filter((rule) => !used.has(rule)).map(({ path }) => path),
  };
}

/** @param {string} route @param {Site} site @param {Policy} policy @returns {Row} */
function routeRow(route, { isGated, locales }, policy) {
  const paths = samples(route, policy.rules);
  const ungated = paths.find((path) => !isGated(path));
  return {
    route,
    rules: described(caughtBy(paths, policy)),
    ...(ungated && { fault: route.includes('[') ? leftOut(ungated) : LEFT_OUT }),
    ...(ungated && locales.length > 0 && { fault: `${LEFT_OUT}, in some locale or without one: ${REMEDY}` }),
  };
}

/** The build's own files. Where there is none, Next goes on to any dynamic route that fits. */
const OWN_FILES = '/_next/static';
/** With locales Next leaves out what lies below `/_next`, unless the matcher says otherwise; its rewrites ignore case. */
const OWN_PLACES = [OWN_FILES, '/_next', '/_next/DATA', '/_next/IMAGE'];
const OUTSIDE = 'it is outside the base path, where Next calls no middleware: put the assetPrefix below it';
const LEFT_OUT = 'the matcher of middleware.ts leaves it out';
const REMEDY = `give that matcher, and the rewrite of ${OWN_FILES} to /404, \`locale: false\``;

/** @param {string} path */
function leftOut(path) {
  if (path.startsWith(OWN_FILES))
    return `it answers below ${OWN_FILES}, which the matcher leaves out: rewrite that to /404 in next.config`;
  return path.startsWith('/_next/') ? 'it answers below /_next, which the matcher leaves out' : LEFT_OUT;
}

/** The rules that a request must meet, all of them, as the gate finds them. @param {Policy} policy */
function rulesOf(policy, /** @type {string} */ path, /** @type {string} */ method) {
  const readings = policy.readings(path) ?? [path];
  return unique(policy.rulesFor(policy.rules, policy.withHidden(readings) ?? readings, method));
}

/** @param {readonly string[]} paths @param {Policy} policy */
const caughtBy = (paths, policy) => paths.flatMap((path) => METHODS.map((method) => rulesOf(policy, path, method)));

/** @param {string} path @param {string} method @param {Policy} policy */
const isOpen = (path, method, policy) => policy.openness(rulesOf(policy, path, method)) !== 'closed';

/**
 * A rewrite opens what is behind it to whoever may open a path that it serves.
 *
 * @param {Rewrite} rewrite @param {Site} site @param {Policy} policy
 * @returns {Row}
 */
function rewriteRow(rewrite, { locales, isGated }, policy) {
  const { source, destination, outside } = rewrite;
  const ways = waysThrough(rewrite, locales, policy.rules);
  const opens = ways.some(({ path, end }) =>
    METHODS.some((method) => isOpen(path, method, policy) && !isOpen(end, method, policy)),
  );
  const isInside = destination.startsWith('/') && destination !== '/404'; // elsewhere these rules say nothing
  return {
    route: `${source} ⇒ ${destination}`,
    rules: described(caughtBy([sample(source), ...ways.map(({ path }) => path)], policy)),
    ...(isInside && opens && { fault: `opens what the rule of ${destination} keeps closed` }),
    ...(isInside && !isGated(sample(source)) && { fault: LEFT_OUT }),
    ...(isInside && outside && { fault: OUTSIDE }),
  };
}

/**
 * Paths that a rewrite serves, and where they end; but for the build's own files, which are everybody's also where an
 * `assetPrefix` leads to them.
 *
 * @param {Rewrite} rewrite @param {readonly string[]} locales @param {readonly Rule[]} rules
 */
function waysThrough(rewrite, locales, rules) {
  const serves = getPathMatch(rewrite.source, { strict: true, removeUnnamedParams: true });
  const prefixes = rewrite.locale === false ? ['', ...locales.map((locale) => `/${locale}`)] : [''];
  const ways = servedBy(rewrite.source, rules).flatMap((path) =>
    prefixes.flatMap((prefix) => {
      const params = serves(path === '/' && prefix ? prefix : prefix + path); // `/en`, and not `/en/`
      return params ? [{ path, end: filled(rewrite, params, locales) }] : [];
    }),
  );
  return ways.filter(({ end }) => !`${end}/`.startsWith(`${OWN_FILES}/`));
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

/** The page that answers wherever there is none. */
const NOT_FOUND = '/_not-found';

const CALLABLE =
  'anybody may call it there: move it to a file that no open page imports, or name it in openActions of lib/site.ts';

/** Nothing for an action that no open page has. @param {Action} action @param {Policy} policy @returns {Row[]} */
function actionRow({ name, file, pages }, policy) {
  const addresses = (/** @type {string} */ page) => samples(page === NOT_FOUND ? '/[...any]' : page, policy.rules);
  const at = pages.filter((page) => addresses(page).some((path) => isOpen(path, 'POST', policy)));
  if (at.length === 0) return [];
  // Next calls every action that is written inside of a component alike, so a name of its making opens nothing.
  const isMeant = !name.startsWith('$$') && policy.openActions.includes(name);
  return [
    {
      route: `action ${name} (${file})`,
      rules: [`at ${at.join(', ')}`],
      ...(!isMeant && { fault: CALLABLE }),
    },
  ];
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** @template T @param {readonly T[]} list */
const unique = (list) => [...new Set(list)];

/** @param {Rule} rule */
function describe({ path, methods, allow, fresh }) {
  const who =
    typeof allow === 'string'
      ? allow
      : Object.entries(allow)
          .map(
            ([name, value]) =>
              `${name} ${[value].flat().map((one) => (typeof one === 'object' ? JSON.stringify(one) : one))}`,
          )
          .join(', ');
  return `${methods ? `${methods.join(' ')} ` : ''}${path} → ${who}${fresh ? ', fresh' : ''}`;
}

/** Rules that must all be met are joined, others are told apart. @param {readonly (readonly Rule[])[]} caught */
const described = (caught) => unique(caught.map((rules) => rules.map(describe).join(' and ')));

/** A path that a route or the source of a rewrite serves. @param {string} route */
const sample = (route) =>
  route
    .replace(/\/\[\[\.\.\.[^\]]+\]\]/, '/any/thing')
    .replace(/\[\.\.\.[^\]]+\]/, 'any/thing')
    .replace(/\[[^\]]+\]/g, 'any')
    .replace(/:\w+(?:\((?:[^()]|\([^()]*\))*\))?[*+?]?/g, 'any') || '/';

/** Paths that a rule may catch, in the likeness of another path. @param {string} pattern @param {string} like */
function likeness(pattern, like) {
  const others = like.split('/');
  const segments = pattern.replace(/\/\*$/, '').split('/');
  const base = segments.map((segment, place) => (segment.startsWith(':') ? others[place] || 'any' : segment)).join('/');
  if (!pattern.endsWith('/*')) return [base || '/'];
  const rest = others.slice(segments.length).join('/');
  return unique([base || '/', `${base}/any`, `${base}/any/thing`, ...(rest ? [`${base}/${rest}`] : [])]);
}

/** Paths that the source of a rewrite may serve, and some that it does not. @param {string} source @param {readonly Rule[]} rules */
const servedBy = (source, rules) =>
  unique([sample(source), ...rules.flatMap(({ path }) => likeness(path, sample(source)))]);

const DEPTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * Paths that a route serves, one for each rule that may catch some of them: `/docs/[slug]` serves `/docs/free` too.
 *
 * @param {string} route @param {readonly Rule[]} rules
 */
function samples(route, rules) {
  const pattern = route
    .replace(/[.*+?^${}()|\\]/g, '\\$&')
    .replace(/\/\[\[[^\]]*\]\]/g, '(/.+)?')
    .replace(/\[\\\.\\\.\\\.[^\]]*\]/g, '.+')
    .replace(/\[[^\]]+\]/g, '[^/]+');
  const serves = new RegExp(`^${pattern || '/'}$`);
  const named = rules.flatMap(({ path }) => [path, ...likeness(path, sample(route))]);
  const places = route.includes('[') ? OWN_PLACES : [];
  const own = places.flatMap((place) => DEPTHS.map((depth) => place + '/any'.repeat(depth)));
  return unique([sample(route), ...[...named, ...own].filter((path) => serves.test(path))]);
}

/**
 * The rules of a site and the code that reads them, from their TypeScript; a site that has none is judged by ours.
 *
 * @param {string} folder @returns {Promise<Policy>}
 */
async function loadPolicy(folder) {
  const { runnerImport } = await import('vite');
  const home = [folder, join(folder, 'src')].find((place) => existsSync(join(place, 'lib/site.ts'))) ?? root;
  const load = async (/** @type {string} */ file) =>
    (await runnerImport(join(home, file), { configFile: false, logLevel: 'silent' })).module;
  const { rules, openActions } = /** @type {typeof import('../lib/site')} */ (await load('lib/site.ts'));
  const { rulesFor, openness } = /** @type {typeof import('../lib/policy/rules')} */ (
    await load('lib/policy/rules.ts')
  );
  const { readings, withHidden } = /** @type {typeof import('../lib/policy/path')} */ (
    await load('lib/policy/path.ts')
  );
  return { rules, openActions, rulesFor, openness, readings, withHidden };
}

async function main() {
  const folder = resolve(process.argv[2] ?? root);
  const build = resolve(process.argv[3] ?? join(folder, '.next'));
  const { rows, idle } = inspect(builtSite(folder, build), await loadPolicy(folder));
  if (matchersOf(build).length === 0) console.log('This build has no middleware. Is middleware.ts beside app/?\n');
  const width = Math.max(...rows.map(({ route }) => route.length));
  for (const { route, rules, fault } of rows) {
    console.log(`${route.padEnd(width)}  ${rules.join('; ')}${fault ? `  PUBLIC: ${fault}` : ''}`);
  }
  if (idle.length > 0) console.log(`\nNo route of the build is caught by: ${idle.join(', ')}`);
  const faults = rows.filter(({ fault }) => fault);
  console.log(`\n${rows.length} routes, ${faults.length} of them open without a rule that says so.`);
  if (faults.length > 0) process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
