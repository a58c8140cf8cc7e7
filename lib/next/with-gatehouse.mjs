import { DEFAULT_MAX_BODY_BYTES } from './body-limit.mjs';
import { supportGate } from './node-server.mjs';

/** What is read and written of Next's configuration. @typedef {{ env?: object, experimental?: Experimental }} Config */

/**
 * @typedef {object} Experimental
 * @property {number | string} [proxyClientMaxBodySize]
 * @property {number | string} [middlewareClientMaxBodySize] its former name
 */

/**
 * @typedef {object} Options
 * @property {number} [maxBodyBytes] The largest request body that the site accepts, in bytes; a larger one gets 413. Next
 *   keeps the bodies of running requests in memory up to this size. Without it: what the site's configuration says in
 *   `experimental.proxyClientMaxBodySize`, else 10 MB.
 */

/** The units that Next understands. */
const UNITS = { '': 1, b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30, tb: 2 ** 40, pb: 2 ** 50 };

/**
 * The site's configuration of Next, with what the gate needs of it. An object stays an object, so that other wrappers can
 * spread it; a function stays a function, a promise a promise.
 *
 * The limit has to be the same in three places: where Next ends a body, in the Node process that counts bytes, and in the
 * middleware, which refuses an announced length and has the limit from the build.
 *
 * @example
 * export default withGatehouse({ reactStrictMode: true }, { maxBodyBytes: 50_000_000 });
 *
 * @template T
 * @param {T} config
 * @param {Options} [options]
 * @returns {T}
 */
export function withGatehouse(config, options = {}) {
  return /** @type {T} */ (extended(config, options));
}

/** @param {any} config @param {Options} options @returns {unknown} */
function extended(config, options) {
  if (typeof config === 'function') return (/** @type {unknown[]} */ ...values) => extended(config(...values), options);
  if (typeof config?.then === 'function') return config.then((/** @type {Config} */ site) => extend(site, options));
  return extend(config, options);
}

/** @param {Config | undefined} site @param {Options} options @returns {Config} */
function extend(site, options) {
  // Next refuses a configuration that has both the setting and its former name.
  const { middlewareClientMaxBodySize: formerly, ...experimental } = site?.experimental ?? {};
  const own = experimental.proxyClientMaxBodySize ?? formerly ?? DEFAULT_MAX_BODY_BYTES;
  const maxBodyBytes = options.maxBodyBytes ?? inBytes(own);
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1)
    throw new TypeError('withGatehouse: the limit of a body must be a whole number of bytes, at least 1');
  supportGate({ maxBodyBytes });
  return {
    ...site,
    env: { ...site?.env, GATEHOUSE_MAX_BODY_BYTES: String(maxBodyBytes) },
    experimental: { ...experimental, proxyClientMaxBodySize: maxBodyBytes },
  };
}

/** @param {number | string} size a number of bytes, or one with a unit ("20mb"), as Next takes it */
function inBytes(size) {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) *([a-z]*)$/.exec(String(size).toLowerCase()) ?? [];
  return Math.floor(Number(number) * (UNITS[/** @type {keyof typeof UNITS} */ (unit)] ?? Number.NaN));
}
