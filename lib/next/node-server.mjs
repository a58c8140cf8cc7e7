import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { DEFAULT_MAX_BODY_BYTES, limitBody } from './body-limit.mjs';
import { keepCacheHeaders } from './cache-headers.mjs';
import { removeRevalidation } from './internal-headers.mjs';
import { keepRouteParameters } from './route-parameters.mjs';
import { guardUpgrades } from './upgrades.mjs';

/** Node publishes every request here, with its response, before a listener has seen the one or written to the other. */
const REQUESTS = 'http.server.request.start';

/** And here every connection; a request that asks for an upgrade is not published as a request. */
const CONNECTIONS = 'net.server.socket';

/** Where the process keeps how to undo the call before: a build may hold this module twice. */
const UNDO = Symbol.for('gatehouse.supportGate.undo');

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

/**
 * Does for the gate what a middleware cannot do, in the Node process that runs Next:
 *
 * - what the gate has said about caching stands (`cache-headers.mjs`);
 * - a request cannot skip the middleware with the header of Next's own revalidation (`internal-headers.mjs`);
 * - a body over the limit is refused instead of cut (`body-limit.mjs`);
 * - an `Upgrade` that Next does not proxy is answered and closed (`upgrades.mjs`);
 * - the gate sees a parameter of a route in the query, which Next removes as well (`route-parameters.mjs`);
 * - the gate sees a prefetch. Next removes the header of its own `<Link>` before the middleware runs, and such a request
 *   would prolong the session like a context. It is said again in the browsers' header (Fetch Metadata, `Sec-Purpose`). What
 *   Next fetches ahead in full, with `prefetch={true}`, has no such header and looks like a context.
 *
 * Called by `withGatehouse` in `next.config.mjs`, which `next start` reads in the process that serves. Where no
 * configuration is read when the site runs (`output: 'standalone'`), call it from `register()` of an `instrumentation.ts`;
 * `withGatehouse` has put its limit into the build, so that it need not be named again. The last call counts.
 *
 * @param {{ maxBodyBytes?: number }} [options]
 */
export function supportGate({ maxBodyBytes } = {}) {
  // Read by its full name, which is what a build replaces.
  const limit = maxBodyBytes ?? (Number(process.env.GATEHOUSE_MAX_BODY_BYTES) || DEFAULT_MAX_BODY_BYTES);
  /** @param {unknown} message */
  const onRequest = (message) => {
    const { request, response } = /** @type {{ request: Request, response: Response }} */ (message);
    removeRevalidation(request);
    if (request.headers['next-router-prefetch'] !== undefined) request.headers['sec-purpose'] ??= 'prefetch';
    keepRouteParameters(request);
    keepCacheHeaders(response);
    limitBody(request, response, limit);
  };
  /** @param {unknown} message */
  const onConnection = (message) => guardUpgrades(/** @type {any} */ (message).socket.server);

  const state = /** @type {Record<symbol, (() => void) | undefined>} */ (/** @type {unknown} */ (globalThis));
  state[UNDO]?.();
  subscribe(REQUESTS, onRequest);
  subscribe(CONNECTIONS, onConnection);
  state[UNDO] = () => {
    unsubscribe(REQUESTS, onRequest);
    unsubscribe(CONNECTIONS, onConnection);
  };
}
