import type { NextFetchEvent, NextRequest } from 'next/server';
import { createDeps } from '../context.ts';
import { createGate, type Gate } from '../gate.ts';
import type { GatehouseConfig } from '../site-configuration.ts';
import { letThrough } from './let-through.ts';

/** A middleware of Next's (`middleware.ts`), or a proxy (`proxy.ts`). */
export type Middleware = (request: NextRequest, event: NextFetchEvent) => Promise<Response>;

/** As the build was configured; the request does not always know. Next replaces the name by the value. */
const builtBasePath = process.env.__NEXT_ROUTER_BASEPATH || '';

/**
 * The gate as the middleware of a site. It is made once per isolate; the environment is read at the first request, so that
 * a build needs none of it.
 *
 * @param site rules and other decisions of the site; without rules every path needs a session
 * @example
 * // middleware.ts
 * import { gatehouse } from 'next-gatehouse';
 * import site from './gatehouse.config';
 *
 * export default gatehouse(site);
 * export const config = { matcher: [{ source: '/((?!_next/static/).*)', locale: false }] };
 */
export function gatehouse(site: GatehouseConfig = {}): Middleware {
  const gate = createSiteGate(site);
  return async (request, event) => {
    const { basePath, pathname, locale } = request.nextUrl;
    const waitUntil = (work: Promise<unknown>) => event.waitUntil(work);
    const answer = await gate(request, { basePath, builtBasePath, pathname, locale, waitUntil });
    return answer instanceof Response ? answer : letThrough(request.headers, answer);
  };
}

function createSiteGate({ env, rules, onEvent }: GatehouseConfig): Gate {
  return createGate({
    load: () => createDeps(env ?? { ...process.env }, rules),
    log: onEvent ?? ((event) => console.log(JSON.stringify(event))),
    maxBodyBytes: Number(process.env.GATEHOUSE_MAX_BODY_BYTES) || undefined, // Next replaces the name: `withGatehouse`
    showVariables: process.env.NODE_ENV === 'development', // shows names to a developer; weakens nothing
  });
}
