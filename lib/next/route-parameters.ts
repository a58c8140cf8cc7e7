import type { IncomingMessage } from 'node:http';

/**
 * Shows the gate that a query names a parameter of a route (`nxtPslug`, `nxtIslug`). Next's own adapter turns such a name
 * into the plain one before middleware runs, and only the bare prefix, which is none of Next's, gets through.
 */
export function keepRouteParameters(request: IncomingMessage): void {
  const { url = '' } = request;
  const start = url.indexOf('?') + 1;
  if (start === 0 || !/nxt|%/.test(url)) return;
  const names = [...new URLSearchParams(url.slice(start)).keys()];
  if (names.some((name) => /^nxt[PI]/.test(name))) request.url = `${url.slice(0, start)}nxtP&${url.slice(start)}`;
}
