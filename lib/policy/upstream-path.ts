import type { ResolvedUpstream } from './upstream.ts';

type Place = Pick<ResolvedUpstream, 'prefix' | 'isOpenEnded' | 'base'>;

/**
 * The URL at the upstream for a path of this site: what follows the prefix goes as it came, because a segment that is decoded
 * here and encoded anew is another segment to many servers. So it must be one that every server reads in the same way.
 *
 * @param pathname as it came, without base path and locale
 * @returns null when the path could be read as another one, or the URL would not lie below the upstream's base
 */
export function upstreamUrl({ prefix, isOpenEnded, base }: Place, pathname: string, search: string): URL | null {
  const front = encodeURI(prefix);
  if (!pathname.startsWith(front)) return null; // an escape in the prefix
  const rest = pathname.slice(front.length);
  if (!isPlain(rest) || !(isOpenEnded || rest === '' || rest === '/')) return null;
  const url = new URL(base + rest + search);
  const { origin, pathname: below } = new URL(base);
  const isBelow = url.origin === origin && url.pathname === (joined(below, rest) || '/');
  return isBelow && !url.username && !url.hash ? url : null;
}

/**
 * Where a redirect of the upstream leads on this site; null when it leads elsewhere.
 *
 * @param location relative to `url`, which was asked for
 * @param site origin and base path of this site
 */
export function siteUrl({ prefix, isOpenEnded, base }: Place, location: string, url: URL, site: string): URL | null {
  if (!URL.canParse(location, url)) return null;
  const to = new URL(location, url);
  const { origin, pathname } = new URL(base);
  const below = pathname === '/' ? '' : pathname;
  const rest = to.pathname.slice(below.length);
  const isThere = to.origin === origin && !to.username && !to.password && to.pathname.startsWith(below);
  if (!isThere || !isPlain(rest) || !(isOpenEnded || rest === '' || rest === '/')) return null;
  return new URL(`${site}${encodeURI(prefix)}${rest}${to.search}${to.hash}`);
}

/**
 * The paths that an upstream may take a path for, so that the rules of all of them hold: many servers take parameters off a
 * segment (RFC 3986 §3.3, `/admin;x=1`), some the dots and spaces at its end.
 */
export function upstreamReadings(readings: readonly string[]): readonly string[] {
  const bare = readings.map((path) =>
    path
      .split('/')
      .map((segment) => segment.replace(/;.*/s, '').replace(/[. ]+$/, ''))
      .join('/'),
  );
  return [...new Set([...readings, ...bare.map((path) => path.replace(/\/+(?=\/|$)/g, '') || '/')])];
}

const joined = (path: string, rest: string) => (path === '/' ? rest : path + rest);

/** Nothing, or segments that each begin with a slash and cannot be read as another path. The last one may be empty. */
const isPlain = (rest: string): boolean =>
  rest === '' || (rest.startsWith('/') && rest.split('/').slice(1).every(isPlainSegment));

function isPlainSegment(segment: string, place: number, all: readonly string[]): boolean {
  if (segment === '') return place === all.length - 1;
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    return false;
  }
  // Servlet containers take `..;x` for a dot segment (RFC 3986 §3.3, parameters of a segment).
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return !/[\0-\x1f\x7f/\\]|%[0-9a-f]{2}|^\.{1,2}(;|$)/i.test(decoded);
}
