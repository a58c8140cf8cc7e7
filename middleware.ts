import { gatehouse } from 'next-gatehouse';
import site from './gatehouse.config';

export default gatehouse(site);

// Next reads this without running the file, so it is a literal. Only the build's own static files are left out. The segment
// is optional: with a `basePath` Next compares the start page without a slash behind it.
export const config = { matcher: [{ source: '/:path((?!_next/static/).*)?', locale: false }] };
