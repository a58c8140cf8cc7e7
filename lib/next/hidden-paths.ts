/** Deeper than any site nests them. A longer list is an attack on the time it takes. */
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
