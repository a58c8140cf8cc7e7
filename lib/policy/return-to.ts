import { isBelow, readings } from './path';

const MAX_LENGTH = 1024;

/**
 * Where to go after sign-in: a path of this site only.
 *
 * The text is resolved once, the way a browser would, and the checks are made on the result; what is handed on is
 * re-emitted from that result. Checking the text instead loses to backslashes, tabs, newlines and `/.//host`, which a
 * browser turns into hosts (WHATWG URL §4.4).
 *
 * @param wanted what the request asked for, or null
 * @param canonicalOrigin scheme, host and port of the site
 * @param basePath where it lives there; what is not below it belongs to somebody else
 * @returns the start page of the site for anything else
 */
export function returnTo(wanted: string | null | undefined, canonicalOrigin: string, basePath = ''): string {
  return checked(wanted, canonicalOrigin, basePath) ?? (basePath || '/');
}

function checked(wanted: string | null | undefined, canonicalOrigin: string, basePath: string): string | null {
  if (!wanted || wanted.length > MAX_LENGTH) return null;
  let url: URL;
  try {
    url = new URL(wanted, canonicalOrigin);
  } catch {
    return null;
  }
  const site = new URL(canonicalOrigin);
  if (url.protocol !== site.protocol || url.host !== site.host || url.username || url.password) return null;
  if (url.pathname.startsWith('//')) return null; // `/.//evil.example` resolves to it, and a browser would leave
  const paths = readings(url.pathname);
  // Back into the gate would be a second login, or a logout, that nobody asked for.
  if (paths === null || !paths.every((path) => isBelow(path, basePath || '/'))) return null;
  if (paths.some((path) => isBelow(path.toLowerCase(), `${basePath}/auth`))) return null;
  const result = url.pathname + url.search + url.hash;
  return result.length > MAX_LENGTH ? null : result;
}
