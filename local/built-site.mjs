/** What `next build` says of a site, in the manifests that it leaves for `next start`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isMetadataRoute } from 'next/dist/lib/metadata/is-metadata-route.js';
import { draftModeUses } from './routes/draft-mode.mjs';
import { unique } from './routes/paths.mjs';

/**
 * @typedef {object} Rewrite paths of the site, without base path and locale
 * @property {string} source
 * @property {string} destination
 * @property {boolean} [outside] true when the source is not below the base path
 * @property {'beforeFiles' | 'afterFiles' | 'fallback'} [stage] when Next tries it: before it looks for pages and files,
 *   before it looks for dynamic routes, or after both
 * @property {false} [locale] there when the source is compared with the locale in front of the path
 *
 * @typedef {object} Action a function behind `'use server'`
 * @property {string} name under which it is exported
 * @property {string} file
 * @property {readonly string[]} pages that it answers at
 *
 * @typedef {{ source: string, headers: readonly { key: string, value: string }[] }} Headers
 *
 * @typedef {object} Site
 * @property {readonly string[]} routes as Next writes them, `[id]` and all
 * @property {readonly string[]} locales
 * @property {readonly Rewrite[]} rewrites
 * @property {readonly Action[]} actions
 * @property {readonly string[]} draftMode where Draft Mode or preview data is used
 * @property {readonly string[]} cookieless routes that browsers and crawlers fetch without cookies
 * @property {readonly Headers[]} headers that the site sets in its configuration
 * @property {number} bodyLimit bytes of a request's body that Next hands on
 * @property {(path: string) => boolean} isGated whether the middleware sees a path, in every locale, or it is a 404
 */

/** @param {string} folder @param {string} build @returns {Site} */
export function builtSite(folder, build) {
  if (!existsSync(join(build, 'BUILD_ID'))) throw new Error(`There is no build in ${build}: run \`next build\` first.`);
  const { rewrites = [], headers = [], basePath = '', i18n, caseSensitive } = read(build, 'routes-manifest.json');
  /** @type {readonly string[]} */
  const locales = i18n?.locales ?? [];
  const appRoutes = read(build, 'app-path-routes-manifest.json');
  const { beforeFiles = [], afterFiles = Array.isArray(rewrites) ? rewrites : [], fallback = [] } = rewrites;
  const early = [...staged('beforeFiles', beforeFiles), ...staged('afterFiles', afterFiles)]; // before dynamic routes
  const bare = bareOf(basePath, locales);
  const nowhere = early.filter((rewrite) => isUnconditional(rewrite) && bare(rewrite.destination) === '/404');
  const expressions = [
    ...matchersOf(build).map(({ regexp }) => new RegExp(regexp)),
    ...nowhere.map(({ regex }) => new RegExp(regex, caseSensitive ? '' : 'i')),
  ];
  const routes = unique([...routesOf(build, appRoutes).map(bareOf('', locales)), ...publicFiles(folder), OPTIMIZER]);
  const metadata = Object.entries(appRoutes).flatMap(([entry, route]) => (isMetadataRoute(entry) ? [route] : []));
  return {
    routes,
    locales,
    draftMode: draftModeUses(build),
    cookieless: routes.filter((route) => COOKIELESS.test(route) || metadata.includes(route)),
    headers: headers.map((/** @type {Headers} */ one) => ({ ...one, source: bare(one.source) })),
    bodyLimit: bodyLimitOf(build),
    rewrites: [...early, ...staged('fallback', fallback)].map(({ source, destination, locale, stage }) => ({
      source: bare(source),
      destination: bare(destination),
      stage,
      ...(locale === false && { locale }),
      ...(!isBelow(source, basePath) && { outside: true }),
    })),
    actions: actionsOf(build, appRoutes),
    isGated: (path) =>
      asMatched(path, locales).every((seen) => expressions.some((expression) => expression.test(basePath + seen))),
  };
}

const OPTIMIZER = '/_next/image';

/** What browsers and crawlers look for by its name, and fetch without cookies. */
const COOKIELESS = new RegExp(
  [
    '^/\\.well-known/',
    '^/(robots|(app-)?ads|security|humans|llms(-full)?)\\.txt$',
    '^/(browserconfig|crossdomain)\\.xml$',
    '/(manifest\\.json|[^/]+\\.webmanifest|sitemap[^/]*\\.xml(\\.gz)?)$',
    '/favicon[^/]*\\.\\w+$',
    '/(icon|apple-icon|apple-touch-icon|android-chrome|mstile|opengraph-image|twitter-image)' +
      '(-?\\d+(x\\d+)?|-precomposed)*\\.(ico|png|svg|jpe?g|gif|webp|avif)$',
  ].join('|'),
);

/** @param {NonNullable<Rewrite['stage']>} stage @param {readonly any[]} rewrites as the manifest has them */
const staged = (stage, rewrites) => rewrites.map((rewrite) => ({ ...rewrite, stage }));

const DEFAULT_BODY_LIMIT = 10 * 1024 * 1024;

/** In bytes; Next has already read `'4mb'` and the option's former name. @param {string} build @returns {number} */
function bodyLimitOf(build) {
  const { config = {} } = read(build, 'required-server-files.json');
  return config.experimental?.proxyClientMaxBodySize ?? DEFAULT_BODY_LIMIT;
}

/**
 * A path as Next compares it with the matcher: with the locale in front, also where a browser leaves it out. Only what
 * lies below `/_next` comes without one as well; the optimizer may, because it asks the gate for what it shows.
 *
 * @param {string} path @param {readonly string[]} locales
 */
function asMatched(path, locales) {
  if (locales.length === 0) return [path];
  const localized = locales.map((locale) => `/${locale}${path === '/' ? '' : path}`);
  return path.startsWith('/_next/') && path !== OPTIMIZER ? [path, ...localized] : localized;
}

/**
 * Takes the base path and the locale off, as Next has compiled them into a path of its manifests. Leaves other hosts.
 *
 * @param {string} basePath @param {readonly string[]} locales
 */
const bareOf = (basePath, locales) => (/** @type {string} */ path) => {
  if (!path.startsWith('/')) return path;
  const inside = isBelow(path, basePath) ? path.slice(basePath.length) : path;
  const compiled = inside.replace(/^\/:nextInternalLocale(?:\([^)]*\))?(?=\/|$)/, '');
  const [, first = ''] = compiled.split('/');
  const isLocale = locales.some((locale) => locale.toLowerCase() === first.toLowerCase());
  return (isLocale ? compiled.slice(first.length + 1) : compiled) || '/';
};

/** @param {string} path @param {string} basePath */
const isBelow = (path, basePath) => path === basePath || path.startsWith(`${basePath}/`);

/** @param {{ has?: unknown, missing?: unknown }} condition what Next does only for some requests is not to be relied on */
const isUnconditional = ({ has, missing }) => !has && !missing;

/** What the middleware of a build is called for. @param {string} build @returns {{ regexp: string }[]} */
export function matchersOf(build) {
  const { middleware = {} } = read(build, 'server/middleware-manifest.json');
  const { functions = {} } = read(build, 'server/functions-config-manifest.json'); // there when it is proxy.ts
  const matchers = middleware['/']?.matchers ?? functions['/_middleware']?.matchers ?? [];
  return matchers.filter(isUnconditional);
}

/** @param {string} build @param {Record<string, string>} appRoutes */
const routesOf = (build, appRoutes) => [
  ...Object.keys(read(build, 'server/pages-manifest.json')).filter(
    (path) => !/^\/(_app|_document|_error|(?:[^/]+\/)?(?:404|500))$/.test(path),
  ),
  ...Object.values(appRoutes).filter((path) => !/^\/_(global-error|not-found)$/.test(path)),
];

/** @param {string} folder */
function publicFiles(folder) {
  const publicFolder = join(folder, 'public');
  if (!existsSync(publicFolder)) return [];
  return readdirSync(publicFolder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => `/${relative(publicFolder, join(file.parentPath ?? file.path, file.name))}`);
}

/**
 * Next bundles every export of a `'use server'` file into each page that imports one of them, and lists the pages.
 *
 * @param {string} build @param {Record<string, string>} appRoutes
 * @returns {Action[]}
 */
function actionsOf(build, appRoutes) {
  const { node = {}, edge = {} } = read(build, 'server/server-reference-manifest.json');
  return [...Object.entries(node), ...Object.entries(edge)].map(([id, { exportedName, filename, workers = {} }]) => ({
    name: exportedName ?? id,
    file: filename ?? 'an unknown file',
    pages: unique(Object.keys(workers).map((worker) => routeOf(worker.replace(/^app/, ''), appRoutes))),
  }));
}

/** @param {string} entry as `/(group)/page` @param {Record<string, string>} appRoutes */
const routeOf = (entry, appRoutes) => appRoutes[entry] ?? (entry.replace(/\/page$/, '') || '/');

/** @param {string} build @param {string} file */
function read(build, file) {
  const path = join(build, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}
