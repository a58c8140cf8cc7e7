import middleware from 'measured-middleware';

export default middleware;

export const config = { matcher: ['/:path((?!_next/static/).*)?'] };
