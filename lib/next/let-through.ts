import type { Continue } from '../types/request.ts';

/** With what Next shows the page in place of a header of the request, and the names of all that it shows. */
const SHOWN = 'x-middleware-request-';
const OVERRIDE = 'x-middleware-override-headers';

/**
 * What `NextResponse.next()` returns, written out: the class parses cookies that nothing reads, for every page. A test
 * compares the two, header by header.
 *
 * @param sent the headers of the request
 */
export function letThrough(sent: Headers, { headers, requestHeaders = [] }: Continue): Response {
  const answer = new Response(null);
  for (const [name, value] of headers) answer.headers.append(name, value); // a list for the constructor is copied twice
  answer.headers.set('x-middleware-next', '1');
  if (requestHeaders.length > 0) showRequest(answer.headers, changed(new Headers(sent), requestHeaders));
  return answer;
}

/** The same headers, with the changes made: null removes one. */
export function changed(headers: Headers, changes: NonNullable<Continue['requestHeaders']>): Headers {
  for (const [name, value] of changes) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  return headers;
}

/** Whether an answer replaces the headers of the request. An empty list means no: Next ignores it. */
export const showsRequest = (answer: Headers): boolean => Boolean(answer.get(OVERRIDE));

/**
 * Has Next show these headers to the page, and no other: a header that is not named is removed. Those of Next's own tracing
 * and router are put back by Next behind the middleware.
 */
export function showRequest(answer: Headers, request: Headers): void {
  for (const [name, value] of request) answer.set(SHOWN + name, value);
  // Next ignores an empty list, and the page would see everything: a name without a value removes the rest as well.
  answer.set(OVERRIDE, [...request.keys()].join(',') || 'cookie');
}
