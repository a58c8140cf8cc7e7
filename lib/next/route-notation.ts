/**
 * Whether a segment is written as Next writes a route (`[slug]`, `[...slug]`, `[[...slug]]`). On a platform in front of Next
 * the route itself answers at that address, and takes its parameters from the query: which page that is, no rule can know.
 * A bracket inside a name is no notation, and the files of a build are called after their routes.
 */
export function namesRoute(path: string): boolean {
  if (!path.includes('[')) return false;
  const segments = path.split('/');
  const files = segments.findIndex((segment, place) => segment === '_next' && segments[place + 1] === 'static');
  const routed = files < 0 ? segments : segments.slice(0, files);
  return routed.some((segment) => segment.length > 2 && segment.startsWith('[') && segment.endsWith(']'));
}

/**
 * Whether a query has a name under which Next's router hands a parameter of a route on (`nxtPslug`, `nxtIslug`): what is
 * behind it would take the page from there and not from the path that the rules are for.
 */
export function namesParameters(url: string): boolean {
  const query = /^[^?#]*\?([^#]*)/.exec(url)?.[1];
  if (!query || !/nxt|%/.test(query)) return false; // as good as every query
  return [...new URLSearchParams(query).keys()].some((name) => /^nxt[PI]/.test(name));
}
