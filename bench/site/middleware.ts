import middleware from 'measured-middleware';

export default middleware;

export const config = { matcher: ['/((?!_next/static/).*)'] };
