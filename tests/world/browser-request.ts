import type { CookieContext } from './browser-cookies';
import { farther, isTrustworthy, relation, type SiteRelation } from './browser-site';

export type Body = string | URLSearchParams | Uint8Array<ArrayBuffer>;

/** How a kind of load shows in Fetch Metadata and `Accept`. */
export const LOADS = {
  document: { mode: 'navigate', dest: 'document', accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
  iframe: { mode: 'navigate', dest: 'iframe', accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
  image: { mode: 'no-cors', dest: 'image', accept: 'image/avif,image/webp,*/*;q=0.8' },
  data: { mode: 'cors', dest: 'empty', accept: '*/*' },
} as const;

/** A request as the browser knows it before it leaves. */
export interface Outgoing {
  readonly load: keyof typeof LOADS;
  readonly url: URL;
  readonly method: string;
  readonly body: Body | null;
  /** Origin of the page that asks; null when no page does. */
  readonly origin: string | null;
  /** Headers of the test's own, stronger than the browser's. */
  readonly extra: Headers;
  /** Where redirects led through before, oldest first. */
  readonly via: readonly URL[];
}

const isSafe = (method: string) => method === 'GET' || method === 'HEAD';

export function cookieContext({ load, url, method, origin, via }: Outgoing): CookieContext {
  const origins = [...(origin === null ? [] : [origin]), ...via.map((earlier) => earlier.origin)];
  return {
    url,
    // RFC 6265bis §5.2: a redirect through another site counts as much as a page of another site that asks
    sameSite: origins.every((asking) => relation(asking, url) !== 'cross-site'),
    topLevel: load === 'document',
    safeMethod: isSafe(method),
  };
}

export function headersOf(outgoing: Outgoing, cookies: string): Headers {
  const { load, url, method, origin, via, extra } = outgoing;
  const { accept, mode, dest } = LOADS[load];
  const headers = new Headers({ accept });
  if (isTrustworthy(url)) {
    headers.set('sec-fetch-mode', mode);
    headers.set('sec-fetch-dest', dest);
    headers.set('sec-fetch-site', secFetchSite(outgoing));
  }
  const foreign = origin !== null && origin !== url.origin;
  if (origin !== null && (!isSafe(method) || (mode === 'cors' && foreign)))
    headers.set('origin', isTainted(origin, [...via, url]) ? 'null' : origin);
  if (cookies) headers.set('cookie', cookies);
  extra.forEach((value, name) => {
    headers.set(name, value);
  });
  return headers;
}

/** W3C Fetch Metadata §2.3: the farthest that any URL of the redirect chain is from the asking page. */
function secFetchSite({ origin, via, url }: Outgoing): SiteRelation {
  return [...via, url].map((step) => relation(origin, step)).reduce(farther);
}

/** Fetch §2.2.5, "redirect-tainted origin": a redirect to a third party does not speak for the first. */
const isTainted = (origin: string, chain: readonly URL[]) =>
  chain.some((step, place) => {
    const previous = chain[place - 1];
    return previous !== undefined && previous.origin !== step.origin && previous.origin !== origin;
  });

/** What follows a redirect (Fetch §4.4): 303 always becomes GET, 301 and 302 do after a POST, 307 and 308 never. */
export function redirected(from: Outgoing, status: number, location: string): Outgoing {
  const url = new URL(location, from.url);
  if (!url.hash) url.hash = from.url.hash;
  const toGet = status === 303 ? from.method !== 'HEAD' : [301, 302].includes(status) && from.method === 'POST';
  const extra = new Headers(from.extra);
  for (const name of ['host', 'cookie', 'origin']) extra.delete(name); // these were about the first request alone
  if (toGet) extra.delete('content-type');
  const via = [...from.via, from.url];
  return { ...from, url, extra, via, ...(toGet && { method: 'GET', body: null }) };
}
