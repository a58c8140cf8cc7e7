import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Node publishes every answer here before anybody has written to it. */
const STARTED = 'http.server.request.start';

/** @typedef {import('node:http').ServerResponse} Answer */

/** What the gate says of an answer that is for the one who asked and for nobody else. */
const PERSONAL = 'private, no-store';

/** A `Vary` that covers the cookie: by its name, or with everything there is. */
const COOKIE = /(^|,)\s*(cookie|\*)\s*(,|$)/i;

/**
 * Lets stand what the gate has said about caching, on every answer of this process. Next's own handlers come after the
 * middleware and write over it: pages of the App Router replace `Vary`, and `getServerSideProps`, an API route or the image
 * optimizer replaces `Cache-Control`. `headers()` of the configuration comes too early as well, and nothing else of Next
 * comes later, so it is done where Node makes the answer. `Vary` can still be added to, and nothing that the gate has not
 * called personal is touched.
 *
 * Called by `next.config.mjs`, which `next start` reads in the process that serves. Where no configuration is read when
 * the site runs (`output: 'standalone'`), call it from `register()` of an `instrumentation.ts`.
 *
 * Sources: RFC 9111 §4.1 (`Vary`), §5.2.2.5 (`no-store`).
 */
export function keepCacheHeaders() {
  unsubscribe(STARTED, keep); // a configuration may be read more than once
  subscribe(STARTED, keep);
}

/** @param {unknown} message */
function keep(message) {
  const { response } = /** @type {{ response: Answer }} */ (message);
  const { setHeader } = response;
  response.setHeader = (name, value) => setHeader.call(response, name, standing(response, name, value));
}

/**
 * @param {Answer} response
 * @param {string} name
 * @param {number | string | readonly string[]} value
 */
function standing(response, name, value) {
  const said = response.getHeader(name);
  if (said === undefined) return value;
  if (/^cache-control$/i.test(name)) return said === PERSONAL ? said : value;
  const loses = /^vary$/i.test(name) && COOKIE.test(String(said)) && !COOKIE.test(String(value));
  return loses ? `${value}, Cookie` : value;
}
