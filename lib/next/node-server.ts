import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { limitBody } from './body-limit.ts';
import { DEFAULT_MAX_BODY_BYTES } from './body-size.ts';
import { keepCacheHeaders } from './cache-headers.ts';
import { removeRevalidation } from './internal-headers.ts';
import { keepQuery } from './raw-query.ts';
import { keepRouteParameters } from './route-parameters.ts';
import { guardUpgrades } from './upgrades.ts';

/** Node publishes every request here, with its response, before a listener has seen the one or written to the other. */
const REQUESTS = 'http.server.request.start';

/** And here every connection; a request that asks for an upgrade is not published as a request. */
const CONNECTIONS = 'net.server.socket';

/** Where the process keeps how to undo the call before: a build may hold this module twice. */
const UNDO = Symbol.for('gatehouse.supportGate.undo');

/**
 * Does for the gate what a middleware cannot do, in the Node process that runs Next:
 *
 * - what the gate has said about caching stands (`cache-headers.ts`);
 * - a request cannot skip the middleware with the header of Next's own revalidation (`internal-headers.ts`);
 * - a body over the limit is refused instead of cut (`body-limit.ts`);
 * - an `Upgrade` that Next does not proxy is answered and closed (`upgrades.ts`);
 * - the gate sees a parameter of a route in the query, which Next removes as well (`route-parameters.ts`);
 * - the gate sees the query of a request for an upstream as it came (`raw-query.ts`);
 * - the gate sees a prefetch. Next removes the header of its own `<Link>` before the middleware runs, and such a request
 *   would prolong the session like a visit. It is said again in the browsers' header (Fetch Metadata, `Sec-Purpose`). What
 *   Next fetches ahead in full, with `prefetch={true}`, has no such header and looks like a visit.
 *
 * Called by `withGatehouse` in `next.config.ts`, which `next start` reads in the process that serves. Where no
 * configuration is read when the site runs (`output: 'standalone'`), call it from `register()` of an `instrumentation.ts`;
 * `withGatehouse` has put its limit into the build, so that it need not be named again. The last call counts.
 *
 * @param options `maxBodyBytes`: the largest request body, in bytes
 */
export function supportGate({ maxBodyBytes }: { readonly maxBodyBytes?: number } = {}): void {
  // Read by its full name, which is what a build replaces.
  const limit = maxBodyBytes ?? (Number(process.env.GATEHOUSE_MAX_BODY_BYTES) || DEFAULT_MAX_BODY_BYTES);
  const onRequest = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    removeRevalidation(request);
    if (request.headers['next-router-prefetch'] !== undefined) request.headers['sec-purpose'] ??= 'prefetch';
    keepQuery(request);
    keepRouteParameters(request);
    keepCacheHeaders(response);
    limitBody(request, response, limit);
  };
  const onConnection = (message: unknown) => {
    const { server } = (message as { socket: Socket & { server: Server } }).socket;
    guardUpgrades(server);
  };

  const state = globalThis as unknown as Record<symbol, (() => void) | undefined>;
  state[UNDO]?.();
  subscribe(REQUESTS, onRequest);
  subscribe(CONNECTIONS, onConnection);
  state[UNDO] = () => {
    unsubscribe(REQUESTS, onRequest);
    unsubscribe(CONNECTIONS, onConnection);
  };
}
