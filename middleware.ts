import { gatehouse } from 'next-gatehouse';
import site from './gatehouse.config';

export default gatehouse(site);

// Next reads this without running the file, so it is a literal. Only the build's own static files are left out.
export const config = { matcher: [{ source: '/((?!_next/static/).*)', locale: false }] };
