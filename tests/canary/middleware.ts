import { gatehouse, type OwnPages } from 'next-gatehouse';
import site from '../../gatehouse.config';

/** Read when it is started, so that a single build is there for all pages of its own. */
const pages = JSON.parse(process.env.CANARY_OWN_PAGES ?? '{}') as OwnPages;

/** The gate of the sample site; only the matcher has to stand here, because Next reads it as text. */
export default gatehouse({ ...site, pages });

/**
 * With `locale: false`, or Next would compare only what comes behind a locale: on a site with locales it would then call no
 * middleware for `/`, nor for most of what lies below `/_next/`, nor for `/id/_next/static/`, and any dynamic page that
 * fits would answer there. Without locales it is the same matcher as without these words. And the segment is optional, or
 * Next would call no middleware for the start page of a site with a base path and without locales.
 */
export const config = { matcher: [{ source: '/:path((?!_next/static/).*)?', locale: false }] };
