/** The requests that the site's own middleware is called with by `own-worker.ts`, and what it looks at in them. */
import type { Call, NextConfig } from './own-rewrites.ts';

/** As far as it is needed of Next's class, which the site brings. */
export interface SiteRequest extends Request {
  readonly cookies: object;
}
export type RequestClass = new (
  url: string,
  init: { readonly method: string; readonly headers: Headers; readonly nextConfig: NextConfig },
) => SiteRequest;

/** What a request has beside its path. */
export interface Tried {
  /** The language of the browser, and the value of every cookie that is called after one. */
  readonly locale?: string;
  readonly cookies?: readonly string[];
  readonly host?: string;
  /** What `Math.random()` returns. */
  readonly random?: number;
}

/** Where the site seems to be. */
const HOST = 'localhost:3000';
const OTHER_HOST = 'other.example';
export const ORIGIN = `http://${HOST}`;

export const RANDOM = 'Math.random';
const LANGUAGE = /^header accept-language$|^cookie .*(?:locale|lang)/i;
const ADDRESS = /^header (?:host|x-forwarded-(?:host|proto|port))$/;

/** What a further request should have, to see what the middleware does with what it has looked at. */
export function triedOf(reads: ReadonlySet<string>, locales: readonly string[]): Tried[] {
  const names = [...reads];
  const cookies = names
    .filter((name) => LANGUAGE.test(name) && name.startsWith('cookie '))
    .map((name) => name.slice(7));
  return [
    ...(reads.has(RANDOM) ? [{ random: 0.99 }] : []),
    ...(names.some((name) => ADDRESS.test(name)) ? [{ host: OTHER_HOST }] : []),
    ...(names.some((name) => LANGUAGE.test(name)) ? locales.map((locale) => ({ locale, cookies })) : []),
  ];
}

/** Whether requests of `triedOf` show what a middleware does with that. */
export const isTried = (name: string, locales: readonly string[]): boolean =>
  name === RANDOM || ADDRESS.test(name) || (locales.length > 0 && LANGUAGE.test(name));

/**
 * A request as Next hands it over, that says by name which headers and cookies are looked at. A copy of its headers is none
 * of these: a middleware that adds one to the request copies them all.
 */
export function observed(
  { path, method }: Call,
  { locale, cookies = [], host = HOST }: Tried,
  nextConfig: NextConfig,
  Class: RequestClass,
  looksAt: (name: string) => void,
): SiteRequest {
  const headers = new Headers({ host, accept: 'text/html' });
  if (locale !== undefined) headers.set('accept-language', locale);
  if (cookies.length > 0) headers.set('cookie', cookies.map((name) => `${name}=${locale}`).join('; '));
  const end = path === '/' ? '' : path;
  const slash = nextConfig.trailingSlash && !/\.[^/]+$/.test(end) ? '/' : '';
  const url = ORIGIN + nextConfig.basePath + (end + slash || (nextConfig.basePath ? '' : '/'));
  const request = new Class(url, { method, headers, nextConfig });
  watch(request.headers, 'header', looksAt);
  watch(request.cookies, 'cookie', looksAt);
  return request;
}

function watch(target: object, kind: string, looksAt: (name: string) => void): void {
  const members = target as Record<string, (...given: unknown[]) => unknown>;
  for (const name of ['get', 'has', 'getAll']) {
    const own = members[name];
    if (typeof own !== 'function') continue;
    const value = (...given: unknown[]) => {
      looksAt(
        typeof given[0] === 'string'
          ? `${kind} ${kind === 'header' ? given[0].toLowerCase() : given[0]}`
          : `all ${kind}s`,
      );
      return own.apply(target, given);
    };
    Object.defineProperty(target, name, { value, configurable: true });
  }
}
