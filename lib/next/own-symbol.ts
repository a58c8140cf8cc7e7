/** Where a gate keeps the site's own middleware, for `gatehouse routes`: no part of what is public. */
export const OWN = Symbol.for('gatehouse.then');
