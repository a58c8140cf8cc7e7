/** A path with nothing in it that could be read in two ways: no escape, no dot segment, no empty one. */
const PLAIN = /^\/(?:(?!\.{1,2}(?:\/|$))[\w.~-]+(?:\/(?=[^/])|$))*$/;

/**
 * The ways in which a path can be read, canonical: decoded once, slashes collapsed, no trailing slash.
 *
 * There are two when it holds an encoded slash or dot segment. Next reads `/users/..%2F..` as the page `/users/[id]`,
 * with one segment for the id (so the literal reading keeps that slash as `%2F`); a proxy or a file system behind it
 * may read `/`. A decision by one reading alone opens the other, so a caller must be content with all of them.
 *
 * @returns one or two paths, or null when the path cannot be decoded, or decodes to what no page can be called (a NUL,
 *   a backslash, or something that would decode once more)
 */
export function readings(pathname: string): readonly string[] | null {
  if (PLAIN.test(pathname)) return [pathname]; // as good as every path that a person asks for
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\') || /%[0-9a-f]{2}/i.test(decoded)) return null;
  const segments = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const literal = `/${segments.map((segment) => segment.replaceAll('/', '%2F')).join('/')}`;
  const resolved = resolveDots(decoded);
  return literal === resolved ? [resolved] : [resolved, literal];
}

function resolveDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

/** True for `prefix` itself and everything below it; both canonical. */
export const isBelow = (path: string, prefix: string): boolean =>
  path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
