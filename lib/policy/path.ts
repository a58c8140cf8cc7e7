/** A path with nothing in it that could be read in two ways: no escape, no dot segment, no empty one. */
const PLAIN = /^\/(?:(?!\.{1,2}(?:\/|$))[\w.~-]+(?:\/(?=[^/])|$))*$/;

/**
 * The ways in which a path can be read, canonical: decoded once, slashes collapsed, no trailing slash.
 *
 * There are two when it holds an encoded slash or dot segment. Next reads `/users/..%2F..` as the page `/users/[id]`,
 * with one segment for the id (so the literal reading keeps that slash as `%2F`); a proxy or a file system behind it may
 * read `/`. Whoever decides by one reading alone opens the other, so a caller
 * must be content with all of them.
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
 * The canonical paths, and what else Next makes of them. It serves `/id/_next/data/<build>/page.json` as the page
 * `/page`; a platform in front of it serves `/page.rsc` and `/page.segments/_tree.segment.rsc` from the files that were
 * prerendered for `/page`, where `next start` knows no such address; and with a base path and locales together it hands on `/base/id/page` with both still in front (16.4.6); a
 * rule for `/page` must hold for those too. They are further readings to be content with, so a path that only looks
 * like this is guarded too well and never too little.
 *
 * @returns null when there is no end to it
 */
export function withHidden(paths: readonly string[], locale = ''): readonly string[] | null {
  const found = new Set(paths);
  for (const path of found) {
    for (const inner of hiddenIn(path, locale.toLowerCase())) found.add(inner); // the loop comes to these as well
    if (found.size > MAX_READINGS) return null;
  }
  return [...found];
}

function hiddenIn(path: string, locale: string): string[] {
  const segments = path.split('/');
  const rest = (skipped: number) => `/${segments.slice(skipped).join('/')}`;
  const at = locale ? segments.findIndex((segment) => segment.toLowerCase() === locale) : -1;
  const behindLocale = at > 0 ? [rest(at + 1)] : [];
  const isData = segments[1] === '_next' && segments[2] === 'data' && segments.length > 4;
  const data = isData ? [rest(4).replace(/\.json$/, '')] : [];
  const [, prerendered] = /^(.+)\.(?:segments\/.+\.segment(?:\.rsc)?|rsc)$/i.exec(path) ?? [];
  const pages = [...data, ...(prerendered ? [prerendered] : [])];
  return [...behindLocale, ...pages.map((page) => (page === '/index' ? '/' : page))];
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
