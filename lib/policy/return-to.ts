import { isBelow, readings } from './path';

const MAX_LENGTH = 1024;

/**
 * Where to go after sign-in: a path of this site only, else `/`.
 *
 * The text is resolved once, the way a browser would, and the checks are made on the result; what is handed on is
 * re-emitted from that result. Checking the text instead loses to backslashes, tabs, newlines and `/.//host`, which a
 * browser turns into hosts (WHATWG URL §4.4).
 *
 * @param wanted what the request asked for, or null
 * @param canonicalOrigin scheme, host and port of the site
 */
export function returnTo(wanted: string | null | undefined, canonicalOrigin: string): string {
  if (!wanted || wanted.length > MAX_LENGTH) return '/';
  let url: URL;
  try {
    url = new URL(wanted, canonicalOrigin);
  } catch {
    return '/';
  }
  const site = new URL(canonicalOrigin);
  if (url.protocol !== site.protocol || url.host !== site.host || url.username || url.password) return '/';
  if (url.pathname.startsWith('//')) return '/'; // `/.//evil.example` resolves to it, and a browser would leave
  const paths = readings(url.pathname);
  // Back into the gate would be a second login, or a logout, that nobody asked for.
  if (paths === null || paths.some((path) => isBelow(path.toLowerCase(), '/auth'))) return '/';
  const result = url.pathname + url.search + url.hash;
  return result.length > MAX_LENGTH ? '/' : result;
}
