import { DEFAULT_MAX_BODY_BYTES } from './body-size.ts';
import {
  formActionContradictions,
  type HeaderRules,
  rewriteContradictions,
  type Warning,
  warn,
} from './contradictions.ts';
import { type Rewrites, withMissingFiles } from './missing-files.ts';
import { supportGate } from './node-server.ts';

/** What is read and written of Next's configuration. */
interface Config {
  readonly env?: object;
  readonly compiler?: Compiler;
  readonly experimental?: Experimental;
  readonly transpilePackages?: readonly string[];
  rewrites?(): Promise<Rewrites>;
  headers?(): Promise<HeaderRules>;
}

interface Compiler {
  readonly define?: object;
  readonly defineServer?: object;
}

interface Experimental {
  readonly authInterrupts?: boolean;
  readonly testProxy?: boolean;
  readonly proxyClientMaxBodySize?: number | string;
  /** Its former name. */
  readonly middlewareClientMaxBodySize?: number | string;
}

export interface WithGatehouseOptions {
  /**
   * The largest request body that the site accepts, in bytes; a larger one gets 413. Next keeps the bodies of running
   * requests in memory up to this size. Without it: what the site's configuration says in
   * `experimental.proxyClientMaxBodySize`, else 10 MB.
   */
  readonly maxBodyBytes?: number;
  /**
   * Warnings that the site does not need: `form-action` (a Content Security Policy blocks the redirect from a form to the
   * provider) and `external-rewrite` (a rewrite sends requests to another origin).
   */
  readonly ignoreWarnings?: readonly Warning[];
}

const PACKAGE = 'next-gatehouse';

/** Next's server sets this variable where `experimental.testProxy` is on, and nowhere else. */
const TEST_PROXY = 'process.env.NEXT_PRIVATE_TEST_PROXY';

/** The units that Next understands. */
const UNITS = { '': 1, b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30, tb: 2 ** 40, pb: 2 ** 50 };

/**
 * The site's configuration of Next, with what the gate needs of it:
 *
 * - a limit of request bodies, which has to be the same in three places: where Next ends a body, in the Node process that
 *   counts bytes, and in the middleware, which refuses an announced length and has the limit from the build;
 * - a rewrite to the 404 page for build files that do not exist, because the middleware leaves `/_next/static/` out;
 * - what a middleware cannot do, in the Node process that serves; see `supportGate`;
 * - `experimental.authInterrupts`, which `requireSession()` needs, unless the site says otherwise;
 * - a middleware without Next's test proxy, unless the site tests with it;
 * - a warning of what contradicts the gate.
 *
 * Everything that the site has configured stays. An object stays an object, so that other wrappers can spread it; a
 * function stays a function, a promise a promise. A second call changes nothing.
 *
 * @throws {TypeError} when the limit is not a whole number of bytes
 * @example
 * export default withGatehouse({ reactStrictMode: true }, { maxBodyBytes: 50_000_000 });
 */
export function withGatehouse<T>(config: T, options: WithGatehouseOptions = {}): T {
  return extended(config, options) as T;
}

function extended(config: unknown, options: WithGatehouseOptions): unknown {
  if (typeof config === 'function') return (...values: unknown[]) => extended(config(...values), options);
  if (isPromise(config)) return config.then((site) => extend(site, options));
  return extend(config as Config | undefined, options);
}

const isPromise = (config: unknown): config is Promise<Config | undefined> =>
  typeof (config as Promise<unknown> | undefined)?.then === 'function';

function extend(site: Config = {}, options: WithGatehouseOptions): Config {
  // Next refuses a configuration that has both the setting and its former name.
  const { middlewareClientMaxBodySize: formerly, ...experimental } = site.experimental ?? {};
  const maxBodyBytes = limitOf(options.maxBodyBytes ?? experimental.proxyClientMaxBodySize ?? formerly);
  supportGate({ maxBodyBytes });
  return {
    ...site,
    env: { ...site.env, GATEHOUSE_MAX_BODY_BYTES: String(maxBodyBytes) },
    // `unauthorized()` and `forbidden()`, which `requireSession()` calls, throw without it (still so in Next 16).
    experimental: { authInterrupts: true, ...experimental, proxyClientMaxBodySize: maxBodyBytes },
    // The build puts values into the package, also where Next would leave a package as it is (Pages Router, `proxy.ts`).
    transpilePackages: [...new Set([...(site.transpilePackages ?? []), PACKAGE])],
    ...withoutTestProxy(site),
    ...customRoutes(site, options.ignoreWarnings ?? []),
  };
}

/** The variable as a constant: the minifier leaves out what is never called, a kilobyte that every cold isolate loads. */
function withoutTestProxy({ compiler, experimental }: Config): Pick<Config, 'compiler'> {
  if (experimental?.testProxy || TEST_PROXY in { ...compiler?.define, ...compiler?.defineServer }) return {};
  return { compiler: { ...compiler, defineServer: { ...compiler?.defineServer, [TEST_PROXY]: 'false' } } };
}

/** `rewrites()` and `headers()` of the site, looked at when Next calls them. */
function customRoutes(site: Config, ignored: readonly Warning[]): Pick<Config, 'rewrites' | 'headers'> {
  const rewrites = async () => {
    const own = await site.rewrites?.();
    if (own) warn(rewriteContradictions(own), ignored);
    return withMissingFiles(own);
  };
  if (!site.headers) return { rewrites };
  const headers = async () => {
    const own = (await site.headers?.()) ?? [];
    if (process.env.SSO_FORM_REDIRECTS !== 'page') warn(formActionContradictions(own), ignored);
    return own;
  };
  return { rewrites, headers };
}

/** @param size a number of bytes, or one with a unit ("20mb"), as Next takes it */
function limitOf(size: number | string = DEFAULT_MAX_BODY_BYTES): number {
  const bytes = typeof size === 'number' ? size : inBytes(size);
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new TypeError('withGatehouse: the limit of a body must be a whole number of bytes, at least 1');
}

function inBytes(size: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) *([a-z]*)$/.exec(size.toLowerCase()) ?? [];
  return Math.floor(Number(number) * (UNITS[unit as keyof typeof UNITS] ?? Number.NaN));
}
