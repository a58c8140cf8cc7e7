/** A path with nothing in it that could be read in two ways: no escape, no dot segment, no empty one. */
const PLAIN = /^\/(?:(?!\.{1,2}(?:\/|$))[\w.~-]+(?:\/(?=[^/])|$))*$/;

/**
 * The ways in which a path can be read, canonical: decoded once, slashes collapsed, no trailing slash.
 *
 * There are two when it holds an encoded slash or dot segment. Next reads `/users/..%2F..` as the page `/users/[id]`,
 * with one segment for the id (so the literal reading keeps that slash as `%2F`); a proxy or a file system behind it
 * may read `/`. Whoever decides by one reading alone opens the other, so a caller must be content with all of them.
 *
 * @returns one or two paths, or null when the path cannot be decoded, or decodes to what no page can be called (a NUL,
 *   a backslash, or something that would decode once more)
 */
export function readings(pathname: string): readonly string[] | null {
  if (PLAIN.test(pathname)) return [pathname]; // as good as every path that a person asks for
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\') || /%[0-9a-f]{2}/i.test(decoded)) return null;
  const segments = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const literal = `/${segments.map((segment) => segment.replaceAll('/', '%2F')).join('/')}`;
  const resolved = resolveDots(decoded);
  return literal === resolved ? [resolved] : [resolved, literal];
}

/** Deeper than any site nests them. Who sends more wants to see us count. */
const MAX_READINGS = 16;

/**
 * The canonical paths, and what else Next makes of them:
 *
 * - `/_next/data/<build>/page.json` is the page `/page`, also behind a locale or the path of an `assetPrefix`;
 * - `/page.rsc`, `/page.prefetch.rsc` and `/page.segments/_tree.segment.rsc` are files that a platform in front of Next
 *   has prerendered for `/page`, and `/page.action` is where it sends the page's actions, where `next start` knows no such
 *   addresses. Next takes a `.rsc` at the end away before middleware sees it;
 * - an intercepting route answers to its own name: `/feed/(..)photo/7` is what `/feed` shows in the place of `/photo/7`;
 * - with a base path and locales together Next (16.4.6) hands on `/base/id/page` with both still in front.
 *
 * A rule for the page must hold for all of these. They are further readings to be content with, so a path that only looks
 * like this is guarded too well and never too little.
 *
 * @returns null when there is no end to it
 */
export function withHidden(paths: readonly string[], locale = ''): readonly string[] | null {
  if (!locale && !paths.some((path) => /[.(]|\/_next\//.test(path))) return paths; // as good as every path again
  const found = new Set(paths);
  for (const path of found) {
    for (const inner of hiddenIn(path, locale.toLowerCase())) found.add(inner); // the loop comes to these as well
    if (found.size > MAX_READINGS) return null;
  }
  return [...found];
}

function hiddenIn(path: string, locale: string): string[] {
  const segments = path.split('/');
  const behind = (place: number) => `/${segments.slice(place + 1).join('/')}`;
  const localeAt = locale ? segments.findIndex((segment) => segment.toLowerCase() === locale) : -1;
  const dataAt = segments.findIndex((segment, place) => segment === '_next' && segments[place + 1] === 'data');
  const hasPage = dataAt > 0 && segments.length > dataAt + 3;
  const pages = [
    ...(hasPage ? [behind(dataAt + 2).replace(/\.json$/, '')] : []),
    ...prerendered(path),
    ...intercepted(segments),
  ];
  return [...(localeAt > 0 ? [behind(localeAt)] : []), ...pages.map((page) => (page === '/index' ? '/' : page))];
}

const SUFFIX = /\.(rsc|prefetch|action)$/i;
const SEGMENTS = '.segments/';

/** In linear time: one expression for the whole name would try every `.segments/` with everything behind it. */
function prerendered(path: string): string[] {
  const suffix = SUFFIX.exec(path)?.[0];
  if (suffix !== undefined) return [withoutSlash(path.slice(0, -suffix.length))];
  if (!/\.segment$/i.test(path)) return [];
  const folded = path.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()); // these keep their length
  const at = folded.lastIndexOf(SEGMENTS, path.length - `${SEGMENTS}x.segment`.length);
  return at > 0 ? [withoutSlash(path.slice(0, at))] : [];
}

const withoutSlash = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);

const STAND_IN = /^((?:\(\.{1,3}\))+)(.+)$/;

/** The page that an intercepting route stands in for: one level up for each `(..)`, the root for `(...)`. */
function intercepted(segments: readonly string[]): string[] {
  const at = segments.findIndex((segment) => STAND_IN.test(segment));
  const [, marks = '', name] = STAND_IN.exec(segments[at] ?? '') ?? [];
  if (name === undefined) return [];
  const up = marks.split('(..)').length - 1;
  const above = marks.includes('(...)') ? [''] : segments.slice(0, Math.max(1, at - up));
  return [[...above, name, ...segments.slice(at + 1)].join('/')];
}

/**
 * Whether a segment is written as Next writes a route (`[slug]`, `[...slug]`, `[[...slug]]`). On a platform in front of Next
 * the route itself answers at that address, and takes its parameters from the query: which page that is, no rule can tell.
 * A bracket inside a name is no notation, and the files of a build are called after their routes.
 */
export function namesRoute(path: string): boolean {
  if (!path.includes('[')) return false;
  const segments = path.split('/');
  const files = segments.findIndex((segment, place) => segment === '_next' && segments[place + 1] === 'static');
  const routed = files < 0 ? segments : segments.slice(0, files);
  return routed.some((segment) => segment.length > 2 && segment.startsWith('[') && segment.endsWith(']'));
}

/**
 * Whether a query has a name under which Next's router hands a parameter of a route on (`nxtPslug`, `nxtIslug`): what is
 * behind it would take the page from there and not from the path that the rules are for.
 */
export function namesParameters(url: string): boolean {
  const query = /^[^?#]*\?([^#]*)/.exec(url)?.[1];
  if (!query || !/nxt|%/.test(query)) return false; // as good as every query
  return [...new URLSearchParams(query).keys()].some((name) => /^nxt[PI]/.test(name));
}

function resolveDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

/**
 * The readings of the picture that Next's optimizer is asked for: its rule decides, or a public page could not show a
 * public picture and everybody signed in could see those for administrators. Null when it is not a path of this site.
 */
export function imageSource({ searchParams }: URL, basePath: string): readonly string[] | null {
  const [source, ...more] = searchParams.getAll('url');
  if (!source?.startsWith('/') || more.length > 0 || !URL.canParse(source, 'https://site.invalid')) return null;
  const { hostname, pathname } = new URL(source, 'https://site.invalid');
  if (hostname !== 'site.invalid' || !isBelow(pathname, basePath || '/')) return null;
  return readings(pathname.slice(basePath.length));
}

/** True for `prefix` itself and everything below it; both canonical. */
export const isBelow = (path: string, prefix: string): boolean =>
  path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
