import { type Cookie, type CookieContext, parseCookie } from './browser-cookies';
import { isTrustworthy } from './browser-site';

/** A `Set-Cookie` header that a browser would not take. */
export interface RefusedCookie {
  readonly url: string;
  readonly header: string;
  readonly reason: string;
}

export interface CookieJar {
  /** Everything that is kept and not expired, for all hosts. */
  all(): Cookie[];
  /** A cookie by name, the browser's own site first. */
  get(name: string): Cookie | undefined;
  /** Plants a cookie for the browser's own site, past every rule. */
  set(name: string, value: string, attributes?: Partial<Cookie>): void;
  /** Forgets all cookies of a name, as a person does in the settings. */
  delete(name: string): void;
  clear(): void;
  /** What was refused, and why. */
  readonly refused: readonly RefusedCookie[];
  /** The `Cookie` header for a request; empty when none goes along. */
  header(context: CookieContext): string;
  /** Takes the `Set-Cookie` headers of an answer. */
  take(headers: readonly string[], context: CookieContext): void;
  clone(): CookieJar;
}

interface JarOptions {
  readonly origin: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A cookie jar (RFC 6265bis §5.7 and §5.8). */
export function createJar({ origin, now }: JarOptions, kept: readonly Cookie[] = []): CookieJar {
  let cookies = [...kept];
  const refused: RefusedCookie[] = [];
  const live = () => cookies.filter(({ expiresAt }) => expiresAt === null || expiresAt > now());
  /** A cookie of the same name, host and path takes the old one's place, and so keeps its age. */
  const put = (cookie: Cookie) => {
    const same = ({ name, host, path }: Cookie) => name === cookie.name && host === cookie.host && path === cookie.path;
    const place = cookies.findIndex(same);
    if (place < 0) cookies.push(cookie);
    else cookies[place] = cookie;
    cookies = live();
  };
  const own = new URL(origin);
  return {
    refused,
    all: live,
    get: (name) => {
      const named = live().filter((cookie) => cookie.name === name);
      return named.find(({ host }) => host === own.hostname) ?? named[0];
    },
    set(name, value, attributes) {
      const usual = {
        path: '/',
        secure: isTrustworthy(own),
        httpOnly: true,
        sameSite: 'Lax',
        expiresAt: null,
      } as const;
      put({ ...usual, name, value, host: own.hostname, hostOnly: true, ...attributes });
    },
    delete(name) {
      cookies = cookies.filter((cookie) => cookie.name !== name);
    },
    clear() {
      cookies = [];
    },
    header: (context) =>
      live()
        .filter((cookie) => goesAlong(cookie, context))
        .sort((one, other) => other.path.length - one.path.length) // longer paths first, then the older cookie
        .map(({ name, value }) => (name ? `${name}=${value}` : value))
        .join('; '),
    take(headers, context) {
      for (const header of headers) {
        const cookie = parseCookie(header, context, now());
        if (typeof cookie === 'string') refused.push({ url: context.url.href, header, reason: cookie });
        else put(cookie);
      }
    },
    clone: () => createJar({ origin, now }, live()),
  };
}

function goesAlong(cookie: Cookie, { url, sameSite, topLevel, safeMethod }: CookieContext): boolean {
  const { host, hostOnly, path, secure } = cookie;
  if (hostOnly ? host !== url.hostname : !`.${url.hostname}`.endsWith(`.${host}`)) return false;
  const below = url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
  if (!below || (secure && !isTrustworthy(url))) return false;
  if (sameSite || cookie.sameSite === 'None') return true;
  // RFC 6265bis §5.8.3: a link from elsewhere brings Lax cookies along, a form or an iframe from elsewhere does not
  return cookie.sameSite === 'Lax' && topLevel && safeMethod;
}
