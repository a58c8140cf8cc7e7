import middleware from '../../middleware';

/** The gate of the sample site itself; only the matcher has to stand here, because Next reads it as text. */
export default middleware;

/**
 * With `locale: false`, or Next would compare only what comes behind a locale: on a site with locales it would then call no
 * middleware for `/`, nor for most of what lies below `/_next/`, nor for `/id/_next/static/`, and any dynamic page that
 * fits would answer there. Without locales it is the same matcher as without these words.
 */
export const config = { matcher: [{ source: '/((?!_next/static/).*)', locale: false }] };
