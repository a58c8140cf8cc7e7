import { isBelow, readings } from './path.ts';

const MAX_LENGTH = 1024;

/** What a browser reads as a slash, or leaves out, in a URL (WHATWG URL §4.4). */
const MISREAD = /[\\\p{Cc}]/u;

/**
 * Where to go after sign-in: a path of this site only.
 *
 * What is no path to begin with (a host, a scheme, a fragment) becomes the start page: resolved, it would be some page of
 * this site that no link has meant. The rest is resolved once, the way a browser would, and the checks are made on the
 * result; what is handed on is re-emitted from that result. Checking the text alone loses to `/.//host`, which a browser
 * turns into a host (WHATWG URL §4.4).
 *
 * @param wanted what the request asked for, decoded as a query is, or null; a whole URL goes through `pathOnSite` first
 * @param canonicalOrigin scheme, host and port of the site
 * @param basePath where it lives there; what is not below it belongs to another site
 * @returns the start page of the site for anything else
 */
export function returnTo(wanted: string | null | undefined, canonicalOrigin: string, basePath = ''): string {
  return checked(wanted, canonicalOrigin, basePath) ?? (basePath || '/');
}

function checked(wanted: string | null | undefined, canonicalOrigin: string, basePath: string): string | null {
  if (!wanted?.startsWith('/') || wanted.startsWith('//') || wanted.length > MAX_LENGTH) return null;
  if (MISREAD.test(wanted) || !URL.canParse(wanted, canonicalOrigin)) return null;
  const url = new URL(wanted, canonicalOrigin);
  if (!isOnSite(url, canonicalOrigin)) return null;
  if (url.pathname.startsWith('//')) return null; // `/.//evil.example` resolves to it, and a browser would leave
  const paths = readings(url.pathname);
  // Back into the gate would be a second login, or a logout, that the person did not ask for.
  if (paths === null || !paths.every((path) => isBelow(path, basePath || '/'))) return null;
  if (paths.some((path) => isBelow(path.toLowerCase(), `${basePath}/auth`))) return null;
  const result = url.pathname + url.search + url.hash;
  return result.length > MAX_LENGTH ? null : result;
}

/**
 * The path of a whole URL of this site, such as a `Referer`, in a form that `returnTo` takes; null for any other, and for
 * what is no whole URL.
 */
export function pathOnSite(text: string | null | undefined, canonicalOrigin: string): string | null {
  if (!text || !/^https?:\/\//i.test(text) || /^[^?#]*\\|\p{Cc}/u.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  return isOnSite(url, canonicalOrigin) ? pathOf(url) : null;
}

/** The path with everything behind it. Of all that is misread, only a backslash in a query is still in a parsed URL. */
export const pathOf = ({ pathname, search, hash }: URL): string => (pathname + search + hash).replaceAll('\\', '%5C');

/** By scheme, host and port, not by `origin`: a `blob:` URL has the one of the page that made it. */
function isOnSite({ protocol, host, username, password }: URL, canonicalOrigin: string): boolean {
  const site = new URL(canonicalOrigin);
  return protocol === site.protocol && host === site.host && username === '' && password === '';
}
