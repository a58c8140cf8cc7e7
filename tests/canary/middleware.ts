import middleware from '../../middleware';

/** The gate of the sample site itself; only the matcher has to stand here, because Next reads it as text. */
export default middleware;

export const config = { matcher: ['/((?!_next/static/).*)'] };
