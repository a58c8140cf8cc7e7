import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Node publishes every request here, with its answer, before anybody has looked at the one or written to the other. */
const STARTED = 'http.server.request.start';

/** What the gate says of an answer that is for the one who asked and for nobody else. */
const PERSONAL = 'private, no-store';

/** Where caches look for what they may keep: `Cache-Control`, RFC 9213's `CDN-Cache-Control` and those of single vendors. */
const CACHING = /^(.+-)?(cache|surrogate)-control$/i;

/** A `Vary` that covers the cookie: by its name, or with everything there is. */
const COOKIE = /(^|,)\s*(cookie|\*)\s*(,|$)/i;

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Answer */

/**
 * Does for the gate what the middleware cannot do from where it stands, in the Node process that runs Next.
 *
 * What the gate has said about caching stands. Next's own handlers come after the middleware and write over it: pages of the
 * App Router replace `Vary`; `getServerSideProps`, an API route or the image optimizer replaces `Cache-Control`. `headers()`
 * of the configuration comes too early as well, and nothing else of Next comes later, so it is done where Node makes the
 * answer. `Vary` can still be added to, and nothing that the gate has not called personal is touched.
 *
 * And the gate hears of a prefetch. Next takes the header of its own `<Link>` away before the middleware sees it, and such a
 * request would be taken for one that the person made, which prolongs the session. It is told in the browsers' words.
 *
 * Called by `next.config.mjs`, which `next start` reads in the process that serves. Where no configuration is read when
 * the site runs (`output: 'standalone'`), call it from `register()` of an `instrumentation.ts`.
 *
 * Sources: RFC 9111 §4.1 (`Vary`), §5.2.2.5 (`no-store`); Fetch Metadata, `Sec-Purpose`.
 */
export function supportGate() {
  unsubscribe(STARTED, support); // a configuration may be read more than once
  subscribe(STARTED, support);
}

/** @param {unknown} message */
function support(message) {
  const { request, response } = /** @type {{ request: Request, response: Answer }} */ (message);
  if (request.headers['next-router-prefetch'] !== undefined) request.headers['sec-purpose'] ??= 'prefetch';
  keepCacheHeaders(response);
}

/** @param {Answer} response */
function keepCacheHeaders(response) {
  const { setHeader, appendHeader, removeHeader } = response;
  let personal = false;
  let varies = false;
  /** @param {string} name */
  const isKept = (name) => personal && CACHING.test(name);
  /** @param {string} name */
  const isVary = (name) => name.toLowerCase() === 'vary';

  response.setHeader = (name, value) => {
    personal ||= /^cache-control$/i.test(name) && String(value) === PERSONAL;
    if (isKept(name)) return setHeader.call(response, name, PERSONAL);
    if (!isVary(name)) return setHeader.call(response, name, value);
    const covers = COOKIE.test(String(value));
    varies ||= covers;
    return setHeader.call(response, name, varies && !covers ? `${value}, Cookie` : value);
  };
  response.appendHeader = (name, value) => {
    if (isKept(name)) return response.setHeader(name, PERSONAL);
    varies ||= isVary(name) && COOKIE.test(String(value));
    return appendHeader.call(response, name, value);
  };
  response.removeHeader = (name) => {
    if (isKept(name)) return;
    if (varies && isVary(name)) setHeader.call(response, name, 'Cookie');
    else removeHeader.call(response, name);
  };
}
