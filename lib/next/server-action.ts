/** Whether Next's client calls a Server Action. Next removes its other headers before middleware runs, but not this one. */
export const callsAction = (headers: Headers): boolean => headers.has('next-action');

/**
 * Sends the browser that called a Server Action to another page of the site, as an action's own `redirect()` does. A 303
 * without the header would be followed by the client's `fetch`, and a bare 401 throws in the page.
 *
 * @param path within the site: the client puts the base path in front
 */
export const actionRedirect = (path: string): Response =>
  new Response(null, { status: 303, headers: { 'x-action-redirect': `${path};push` } });
