import type { IncomingMessage } from 'node:http';

/**
 * Next runs no middleware for a request that names the build's preview id here, because it takes it for its own
 * revalidation of a page; and `draftMode().enable()` writes that id into a cookie of the browser. `res.revalidate()` does
 * not need the header on the wire: in `next start` and in a standalone server Next calls its own handler with it.
 */
const REVALIDATION = ['x-prerender-revalidate', 'x-prerender-revalidate-if-generated'];

/** Next removes these from a request, and leaves them on one that asks for an upgrade, where the middleware obeys them. */
const INTERNAL = [
  'x-middleware-rewrite',
  'x-middleware-redirect',
  'x-middleware-set-cookie',
  'x-middleware-skip',
  'x-middleware-override-headers',
  'x-middleware-next',
  'x-now-route-matches',
  'x-matched-path',
  'x-nextjs-data',
  'x-next-resume-state-length',
  'next-resume',
];

/** Takes off a request what makes Next skip the middleware. */
export function removeRevalidation({ headers }: IncomingMessage): void {
  for (const name of REVALIDATION) delete headers[name];
}

/** The same for an upgrade, with the rest of what is Next's own. */
export function removeInternal(request: IncomingMessage): void {
  removeRevalidation(request);
  for (const name of INTERNAL) delete request.headers[name];
}
