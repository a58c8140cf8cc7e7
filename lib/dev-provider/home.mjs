import { homePage } from './pages.mjs';

/** Where another program learns whose port this is. */
export const MARK = '/gatehouse-dev.json';

/**
 * The address of the provider itself: a page for a person, a line of JSON for a program.
 *
 * @param {readonly any[]} clients
 * @param {import('./people.mjs').Directory} people
 * @returns {import('./library.mjs').Middleware}
 */
export function homeRoute(clients, people) {
  const sites = clients.flatMap(({ client_uri }) => client_uri ?? []);
  return async (ctx, next) => {
    if (ctx.method !== 'GET' || (ctx.path !== '/' && ctx.path !== MARK)) return next();
    ctx.set('cache-control', 'no-store');
    if (ctx.path === '/') return homePage(ctx, sites, people.all().length);
    ctx.body = { sites };
  };
}
