/** The routes that the files of `app/` and `pages/` make, before there is a build that could say. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cookielessRoutes } from './metadata-routes.ts';

export interface Routes {
  /** Pages, route handlers and API routes, in the notation of rules (`/blog/:slug`, `/docs/*`). */
  readonly pages: readonly string[];
  /** What crawlers and browsers fetch without cookies: metadata files, and names that are looked for anywhere. */
  readonly cookieless: readonly string[];
}

const PAGE = /^(page|route)\.(tsx?|jsx?|mdx?)$/;
const CODE = /\.(tsx?|jsx?)$/;
const ICON = /^(icon|apple-icon|opengraph-image|twitter-image)\d?\.(ico|jpe?g|png|gif|svg|tsx?|jsx?)$/;
const NAMED =
  /^(favicon\.ico|robots\.(txt|tsx?|jsx?)|manifest\.(json|webmanifest|tsx?|jsx?)|sitemap\.(xml|tsx?|jsx?))$/;

export function routesOf({
  app,
  pages,
}: {
  readonly app: string | undefined;
  readonly pages: string | undefined;
}): Routes {
  const found = [...(app ? appFiles(app, '') : []), ...(pages ? pagesFiles(pages, '') : [])];
  const routes = unique(found.flatMap(({ page }) => page ?? []));
  const metadata = found.flatMap(({ metadata }) => metadata ?? []);
  return { pages: routes, cookieless: unique([...metadata, ...cookielessRoutes(routes, {})]) };
}

const unique = (list: readonly string[]) => [...new Set(list)].sort();

interface Found {
  readonly page?: string;
  readonly metadata?: string;
}

/** @param at the folder below `app/`, with slashes around each segment but the last */
function appFiles(app: string, at: string): Found[] {
  return readdirSync(join(app, at), { withFileTypes: true }).flatMap((entry): Found[] => {
    const path = `${at}/${entry.name}`;
    if (entry.isDirectory()) return /^(_|node_modules$)|^@?\(\.{1,3}\)/.test(entry.name) ? [] : appFiles(app, path);
    const route = routeOf(at);
    if (route === null) return [];
    if (PAGE.test(entry.name)) return [{ page: route || '/' }];
    const metadata = route.endsWith('/*') ? null : metadataRoute(join(app, path), at, entry.name);
    return metadata === null ? [] : [{ metadata: route + metadata }];
  });
}

/** Groups and slots are no part of an address; an intercepted route is one that is elsewhere. */
function routeOf(at: string): string | null {
  if (at.split('/').some((segment) => /^\(\.{1,3}\)/.test(segment))) return null;
  const segments = at.split('/').filter((segment) => segment !== '' && !/^(\(.*\)|@.*)$/.test(segment));
  return segments.map((segment) => `/${patternOf(segment)}`).join('');
}

function patternOf(segment: string): string {
  if (/^\[\[?\.\.\./.test(segment)) return '*';
  const [, name] = /^\[(.+)\]$/.exec(segment) ?? [];
  return name === undefined
    ? decodeURIComponent(segment.replace(/%(?![0-9a-f]{2})/gi, '%25'))
    : `:${name.replace(/\W/g, '_')}`;
}

/** The last part of the address at which Next serves a metadata file. */
function metadataRoute(file: string, at: string, name: string): string | null {
  const isCode = CODE.test(name);
  if (NAMED.test(name)) {
    const served = name
      .replace(CODE, '')
      .replace(/^robots$/, 'robots.txt')
      .replace(/^manifest$/, 'manifest.webmanifest');
    if (!name.startsWith('sitemap')) return at === '' ? `/${served}` : null;
    return isCode && makesSeveral(file) ? '/sitemap/*' : '/sitemap.xml';
  }
  if (!ICON.test(name)) return null;
  const [base = '', end = ''] = name.split('.');
  const served = `/${base}${suffixOf(at)}${isCode ? '' : `.${end}`}`;
  return isCode && makesSeveral(file) ? `${served}/*` : served;
}

const makesSeveral = (file: string) => /\bgenerate(ImageMetadata|Sitemaps)\b/.test(readFileSync(file, 'utf8'));

/** What Next adds to the name of a picture in a group or a slot, so that two do not have one address (djb2 of the folder). */
function suffixOf(at: string): string {
  if (!at.split('/').some((segment) => /^(\(.*\)|@.*)$/.test(segment))) return '';
  let hash = 5381;
  for (const char of at) hash = ((hash << 5) + hash + char.charCodeAt(0)) & 0xffffffff;
  return `-${(hash >>> 0).toString(36).slice(0, 6)}`;
}

const SPECIAL = /^_(app|document|error|middleware)$/;

function pagesFiles(pages: string, at: string): Found[] {
  return readdirSync(join(pages, at), { withFileTypes: true }).flatMap((entry): Found[] => {
    if (entry.isDirectory()) return pagesFiles(pages, `${at}/${entry.name}`);
    const [, name] = /^(.+)\.(?:tsx?|jsx?|mdx?)$/.exec(entry.name) ?? [];
    if (name === undefined || name.endsWith('.d') || (at === '' && (SPECIAL.test(name) || /^(404|500)$/.test(name))))
      return [];
    const segments = `${at}${name === 'index' ? '' : `/${name}`}`.split('/').filter(Boolean);
    return [{ page: segments.map((segment) => `/${patternOf(segment)}`).join('') || '/' }];
  });
}

/** Whether the two patterns have a path in common. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [one, other].map((pattern) => pattern.split('/').filter(Boolean)) as [string[], string[]];
  for (let place = 0; ; place += 1) {
    const [left, right] = [a[place], b[place]];
    if (left === '*' || right === '*') return true;
    if (left === undefined || right === undefined) return left === right;
    if (!left.startsWith(':') && !right.startsWith(':') && left !== right) return false;
  }
}
