import type { NextFetchEvent, NextMiddleware, NextRequest } from 'next/server';
import { createDeps } from '../context.ts';
import { cureList } from '../development/cure-list.ts';
import { cured } from '../development/cures.ts';
import { located } from '../development/located.ts';
import { refuseOtherPort } from '../development/other-port.ts';
import { withServerTiming } from '../development/server-timing.ts';
import { createGate, type Gate } from '../gate.ts';
import type { GatehouseConfig } from '../site-configuration.ts';
import type { Continue } from '../types/request.ts';
import { environmentOf, logOf } from './environment.ts';
import { letThrough } from './let-through.ts';
import { runOwn } from './own-middleware.ts';
import { OWN } from './own-symbol.ts';

/** A middleware of Next's (`middleware.ts`), or a proxy (`proxy.ts`). */
export type Middleware = (request: NextRequest, event: NextFetchEvent) => Promise<Response>;

export interface GatehouseOptions {
  /**
   * The site's own middleware. It runs for what the gate lets through, and sees the request as the page will: without the
   * headers and cookies that the gate hides. Its answer is joined with the gate's: cookies of both are set, the gate's
   * caching headers stand, and rewrites, redirects, plain answers and changed request headers are kept. A path that it
   * rewrites to is not judged by the rules again. When it throws, the answer is the gate's 500 problem, and the log has
   * the code of the error, else the name of its class.
   */
  readonly then?: NextMiddleware;
}

/** As the build was configured; the request does not always know. Next replaces the name by the value. */
const builtBasePath = process.env.__NEXT_ROUTER_BASEPATH || '';

/**
 * The gate as the middleware of a site. It is made once per isolate; the environment is read at the first request, so that
 * a build needs none of it.
 *
 * The segment of the matcher is optional, because with a `basePath` and without it Next would not call the middleware for
 * the start page; `locale: false` because of `i18n`, with which it would leave out more.
 *
 * @param site rules and other decisions of the site; without rules every path needs a session
 * @example
 * // middleware.ts
 * import { gatehouse } from 'next-gatehouse';
 * import site from './gatehouse.config';
 *
 * export default gatehouse(site);
 * export const config = { matcher: [{ source: '/:path((?!_next/static/).*)?', locale: false }] };
 * @example
 * // beside a middleware of the site's own
 * import createIntlMiddleware from 'next-intl/middleware';
 *
 * export default gatehouse(site, { then: createIntlMiddleware(routing) });
 */
export function gatehouse(site: GatehouseConfig = {}, { then: own }: GatehouseOptions = {}): Middleware {
  const gate = createSiteGate(site);
  const answerOf: Middleware = async (request, event) => {
    const { basePath, pathname, locale } = request.nextUrl;
    const waitUntil = (work: Promise<unknown>) => event.waitUntil(work);
    const pass = own && ((decision: Continue) => runOwn(own, request, event, decision));
    const answer = await gate(request, { basePath, builtBasePath, pathname, locale, waitUntil, pass });
    return answer instanceof Response ? answer : letThrough(request.headers, answer);
  };
  const middleware = process.env.NODE_ENV === 'development' ? withServerTiming(answerOf) : answerOf;
  return Object.assign(middleware, { [OWN]: own });
}

function createSiteGate(site: GatehouseConfig): Gate {
  return createGate({
    load: () => createDeps(environmentOf(site), site.rules, site.upstreams, site.locales, site),
    log: logOf(site),
    maxBodyBytes: Number(process.env.GATEHOUSE_MAX_BODY_BYTES) || undefined, // Next replaces the name: `withGatehouse`
    // Shows names to a developer; weakens nothing.
    development:
      process.env.NODE_ENV === 'development'
        ? { located, cures: (faults) => cureList(cured(faults, site.rules)), refuseOtherPort }
        : undefined,
  });
}
