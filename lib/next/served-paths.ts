import { isBelow, readings } from '../policy/path.ts';
import type { RequestContext } from '../types/request.ts';
import { withHidden } from './hidden-paths.ts';
import { namesParameters, namesRoute } from './route-notation.ts';

/** What Next serves at an address: canonical paths, whose rules must all be met; or nothing that rules are for. */
export type Served = readonly string[] | 'unreadable' | 'build file';

/**
 * @param plain the readings of the path
 * @param locale of the request, on a site with locales
 */
export function servedPaths(
  plain: readonly string[],
  context: Pick<RequestContext, 'url' | 'basePath'>,
  locale: string | undefined,
): Served {
  const [path, ...others] = plain;
  // Only where that is the one reading: `/users/..%2F_next%2Fimage` is a page to Next, and its rule is the page's.
  const isImage = path === '/_next/image' && others.length === 0;
  const source = isImage ? imageSource(context.url, context.basePath) : null;
  if (isImage && context.url.searchParams.getAll('url').some(namesParameters)) return 'unreadable';
  // A picture that a page imports is one of the build's own files, which the matcher leaves to all.
  if (source?.length === 1 && isBelow(source[0] ?? '', '/_next/static')) return 'build file';
  const paths = withHidden(source ?? plain, locale);
  return paths === null || paths.some(namesRoute) ? 'unreadable' : paths;
}

/**
 * The readings of the picture that Next's optimizer is asked for: its rule decides, or a public page could not show a
 * public picture and every session could see those for administrators. Null when it is not a path of this site.
 */
export function imageSource({ searchParams }: URL, basePath: string): readonly string[] | null {
  const [source, ...more] = searchParams.getAll('url');
  if (!source?.startsWith('/') || more.length > 0 || !URL.canParse(source, 'https://site.invalid')) return null;
  const { hostname, pathname } = new URL(source, 'https://site.invalid');
  if (hostname !== 'site.invalid' || !isBelow(pathname, basePath || '/')) return null;
  return readings(pathname.slice(basePath.length));
}

/** Where Next serves what is no page: files and data of the build, and pictures that its optimizer makes. */
export const isBuildPath = (pathname: string): boolean => pathname.startsWith('/_next/');
