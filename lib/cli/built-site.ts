/** What `next build` says of a site, in the manifests that it leaves for `next start`. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { CommandError } from './command-error.ts';
import { draftModeUses } from './draft-mode.ts';
import { type HeaderRule, type ManifestRewrite, readManifest } from './manifests.ts';
import { cookielessRoutes } from './metadata-routes.ts';
import { unique } from './sample-paths.ts';

/** When Next tries a rewrite: before it looks for pages and files, before it looks for dynamic routes, or after both. */
type Stage = 'beforeFiles' | 'afterFiles' | 'fallback';

/** A rewrite between paths of the site, without base path and locale. */
export interface Rewrite {
  readonly source: string;
  readonly destination: string;
  /** True when the source is not below the base path. */
  readonly outside?: boolean;
  readonly stage?: Stage;
  /** There when the source is compared with the locale in front of the path. */
  readonly locale?: false;
}

/** A function behind `'use server'`. */
export interface Action {
  /** Under which it is exported. */
  readonly name: string;
  readonly file: string;
  /** The pages that it answers at. */
  readonly pages: readonly string[];
}

export interface Site {
  /** As Next writes them, `[id]` and all. */
  readonly routes: readonly string[];
  readonly locales: readonly string[];
  readonly rewrites: readonly Rewrite[];
  readonly actions: readonly Action[];
  /** Where Draft Mode or preview data is used. */
  readonly draftMode: readonly string[];
  /** Routes that browsers and crawlers fetch without cookies. */
  readonly cookieless: readonly string[];
  /** Headers that the site sets in its configuration. */
  readonly headers: readonly HeaderRule[];
  /** Bytes of a request's body that Next hands on. */
  readonly bodyLimit: number;
  /** Whether the middleware is called for a path, in every locale, or the path is a 404. */
  readonly isGated: (path: string) => boolean;
}

type AppRoutes = Readonly<Record<string, string>>;

/** @throws {CommandError} there is no build, or a manifest of it is not JSON */
export function builtSite(folder: string, build: string): Site {
  if (!existsSync(join(build, 'BUILD_ID')))
    throw new CommandError(
      `there is no build in ${build}: run \`next build\` first, or name the folder of the build (\`gatehouse routes . build\`).`,
    );
  const { headers = [], basePath = '', i18n } = readManifest(build, 'routes-manifest.json');
  const locales = i18n?.locales ?? [];
  const appRoutes = readManifest(build, 'app-path-routes-manifest.json') as AppRoutes;
  const rewrites = stagedRewrites(build);
  const bare = bareOf(basePath, locales);
  const routes = unique([...routesOf(build, appRoutes).map(bareOf('', locales)), ...publicFiles(folder), OPTIMIZER]);
  return {
    routes,
    locales,
    draftMode: draftModeUses(build),
    cookieless: cookielessRoutes(routes, appRoutes),
    headers: headers.map((one) => ({ ...one, source: bare(one.source) })),
    bodyLimit: bodyLimitOf(build),
    rewrites: rewrites.map(({ source, destination, locale, stage }) => ({
      source: bare(source),
      destination: bare(destination),
      stage,
      ...(locale === false && { locale }),
      ...(!isBelow(source, basePath) && { outside: true }),
    })),
    actions: actionsOf(build, appRoutes),
    isGated: gatedBy(build, rewrites, basePath, locales),
  };
}

/** The rewrites in the order in which Next tries them. */
function stagedRewrites(build: string): (ManifestRewrite & { readonly stage: Stage })[] {
  const { rewrites = {} } = readManifest(build, 'routes-manifest.json');
  const stages = 'length' in rewrites ? { afterFiles: rewrites } : rewrites;
  return (['beforeFiles', 'afterFiles', 'fallback'] as const).flatMap((stage) =>
    (stages[stage] ?? []).map((rewrite) => ({ ...rewrite, stage })),
  );
}

/** A path is gated when a matcher of the middleware fits, or when a rewrite makes a 404 of it before a dynamic route fits. */
function gatedBy(
  build: string,
  rewrites: ReturnType<typeof stagedRewrites>,
  basePath: string,
  locales: readonly string[],
): Site['isGated'] {
  const { caseSensitive } = readManifest(build, 'routes-manifest.json');
  const bare = bareOf(basePath, locales);
  const nowhere = rewrites.filter(
    (rewrite) => rewrite.stage !== 'fallback' && isUnconditional(rewrite) && bare(rewrite.destination) === '/404',
  );
  const expressions = [
    ...matchersOf(build).map(({ regexp }) => new RegExp(regexp)),
    ...nowhere.map(({ regex }) => new RegExp(regex, caseSensitive ? '' : 'i')),
  ];
  // The root of a base path has no slash at its end, or one with `trailingSlash`.
  const spellings = (seen: string) => (seen === '/' && basePath ? [basePath, `${basePath}/`] : [basePath + seen]);
  return (path) =>
    asMatched(path, locales)
      .flatMap(spellings)
      .every((seen) => expressions.some((expression) => expression.test(seen)));
}

const OPTIMIZER = '/_next/image';

const DEFAULT_BODY_LIMIT = 10 * 1024 * 1024;

/** In bytes; Next has already read `'4mb'` and the option's former name. */
function bodyLimitOf(build: string): number {
  const { config } = readManifest(build, 'required-server-files.json');
  return config?.experimental?.proxyClientMaxBodySize ?? DEFAULT_BODY_LIMIT;
}

/**
 * A path as Next compares it with the matcher: with the locale in front, also where a browser leaves it out. Only what
 * lies below `/_next` comes without one as well; the optimizer may, because it asks the gate for the picture.
 */
function asMatched(path: string, locales: readonly string[]): string[] {
  if (locales.length === 0) return [path];
  const localized = locales.map((locale) => `/${locale}${path === '/' ? '' : path}`);
  return path.startsWith('/_next/') && path !== OPTIMIZER ? [path, ...localized] : localized;
}

/** Takes the base path and the locale off, as Next has compiled them into a path of its manifests. Leaves other hosts. */
const bareOf = (basePath: string, locales: readonly string[]) => (path: string) => {
  if (!path.startsWith('/')) return path;
  const inside = isBelow(path, basePath) ? path.slice(basePath.length) : path;
  const compiled = inside.replace(/^\/:nextInternalLocale(?:\([^)]*\))?(?=\/|$)/, '');
  const [, first = ''] = compiled.split('/');
  const isLocale = locales.some((locale) => locale.toLowerCase() === first.toLowerCase());
  return (isLocale ? compiled.slice(first.length + 1) : compiled) || '/';
};

const isBelow = (path: string, basePath: string) => path === basePath || path.startsWith(`${basePath}/`);

/** What Next does for some requests only is not to be relied on. */
const isUnconditional = ({ has, missing }: { readonly has?: unknown; readonly missing?: unknown }) => !has && !missing;

/** What the middleware of a build is called for. */
export function matchersOf(build: string): readonly { readonly regexp: string }[] {
  const { middleware = {} } = readManifest(build, 'server/middleware-manifest.json');
  const { functions = {} } = readManifest(build, 'server/functions-config-manifest.json'); // there when it is proxy.ts
  const matchers = middleware['/']?.matchers ?? functions['/_middleware']?.matchers ?? [];
  return matchers.filter(isUnconditional);
}

const routesOf = (build: string, appRoutes: AppRoutes) => [
  ...Object.keys(readManifest(build, 'server/pages-manifest.json')).filter(
    (path) => !/^\/(_app|_document|_error|(?:[^/]+\/)?(?:404|500))$/.test(path),
  ),
  ...Object.values(appRoutes).filter((path) => !/^\/_(global-error|not-found)$/.test(path)),
];

function publicFiles(folder: string): string[] {
  const publicFolder = join(folder, 'public');
  if (!existsSync(publicFolder)) return [];
  return readdirSync(publicFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(publicFolder, name), { throwIfNoEntry: false })?.isFile())
    .map((name) => `/${name.replaceAll(sep, '/')}`);
}

/** Next bundles every export of a `'use server'` file into each page that imports one of them, and lists the pages. */
function actionsOf(build: string, appRoutes: AppRoutes): Action[] {
  const { node = {}, edge = {} } = readManifest(build, 'server/server-reference-manifest.json');
  return [...Object.entries(node), ...Object.entries(edge)].map(([id, { exportedName, filename, workers = {} }]) => ({
    name: exportedName ?? id,
    file: filename ?? 'an unknown file',
    pages: unique(Object.keys(workers).map((worker) => routeOf(worker.replace(/^app/, ''), appRoutes))),
  }));
}

/** @param entry as `/(group)/page` */
const routeOf = (entry: string, appRoutes: AppRoutes) => appRoutes[entry] ?? (entry.replace(/\/page$/, '') || '/');
