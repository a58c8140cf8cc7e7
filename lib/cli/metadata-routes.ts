/** Routes that browsers and crawlers fetch without cookies. */

const IMAGE = String.raw`\d?(-\w{6})?`;

/** The files of an `app/` folder that Next serves as metadata, and nothing below their names. */
const METADATA = new RegExp(
  [
    String.raw`^/(favicon\.ico|robots(\.txt)?|manifest(\.(webmanifest|json))?)$`,
    String.raw`/sitemap(\.xml)?$`,
    String.raw`/icon${IMAGE}(\.(ico|jpg|jpeg|png|svg))?$`,
    String.raw`/apple-icon${IMAGE}(\.(jpg|jpeg|png))?$`,
    String.raw`/(opengraph|twitter)-image${IMAGE}(\.(jpg|jpeg|png|gif))?$`,
  ].join('|'),
);

/** What a route of several icons or sitemaps ends with. */
const ITEM = '/[__metadata_id__]';

/**
 * Whether Next made a route of a metadata file (`icon.tsx`, `sitemap.ts`, `robots.txt`).
 *
 * @param entry of `app-path-routes-manifest.json`: a handler's ends with `/route`, a page's with `/page`
 * @param route at which it answers
 */
export const isMetadataRoute = (entry: string, route: string): boolean =>
  entry.endsWith('/route') && METADATA.test(route.replace(ITEM, ''));

/** Names that browsers and crawlers look for, whatever answers there. */
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

/** @param appRoutes the routes of `app/`, by their entries */
export function cookielessRoutes(routes: readonly string[], appRoutes: Readonly<Record<string, string>>): string[] {
  const metadata = Object.entries(appRoutes).flatMap(([entry, route]) =>
    isMetadataRoute(entry, route) ? [route] : [],
  );
  return routes.filter((route) => COOKIELESS.test(route) || metadata.includes(route));
}
