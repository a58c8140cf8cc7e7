import { DEFAULT_MAX_BODY_BYTES } from './body-limit.ts';
import { supportGate } from './node-server.ts';

/** What is read and written of Next's configuration. */
interface Config {
  readonly env?: object;
  readonly experimental?: Experimental;
}

interface Experimental {
  readonly proxyClientMaxBodySize?: number | string;
  /** Its former name. */
  readonly middlewareClientMaxBodySize?: number | string;
}

export interface Options {
  /**
   * The largest request body that the site accepts, in bytes; a larger one gets 413. Next keeps the bodies of running
   * requests in memory up to this size. Without it: what the site's configuration says in
   * `experimental.proxyClientMaxBodySize`, else 10 MB.
   */
  readonly maxBodyBytes?: number;
}

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
 */
export function withGatehouse<T>(config: T, options: Options = {}): T {
  return extended(config, options) as T;
}

function extended(config: unknown, options: Options): unknown {
  if (typeof config === 'function') return (...values: unknown[]) => extended(config(...values), options);
  if (isPromise(config)) return config.then((site) => extend(site, options));
  return extend(config as Config | undefined, options);
}

const isPromise = (config: unknown): config is Promise<Config | undefined> =>
  typeof (config as Promise<unknown> | undefined)?.then === 'function';

function extend(site: Config | undefined, options: Options): Config {
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

/** @param size a number of bytes, or one with a unit ("20mb"), as Next takes it */
function inBytes(size: number | string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) *([a-z]*)$/.exec(String(size).toLowerCase()) ?? [];
  return Math.floor(Number(number) * (UNITS[unit as keyof typeof UNITS] ?? Number.NaN));
}
