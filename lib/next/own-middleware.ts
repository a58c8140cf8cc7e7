import type { NextFetchEvent, NextMiddleware, NextRequest } from 'next/server';
import { GateError, SiteError } from '../errors.ts';
import type { Continue } from '../types/request.ts';
import { CACHING } from './caching.ts';
import { changed, letThrough, showRequest, showsRequest } from './let-through.ts';

/** Headers of which an answer may have several. The gate's value of any other replaces the site's. */
const ADDED = ['set-cookie', 'vary'];

/**
 * Runs the site's own middleware for a request that the gate lets through, and joins its answer with the gate's. It sees the
 * request as the page will, so that what it hands on cannot contain what the gate hides.
 *
 * @throws {SiteError} when the site's middleware throws
 */
export async function runOwn(
  own: NextMiddleware,
  request: NextRequest,
  event: NextFetchEvent,
  decision: Continue,
): Promise<Response> {
  const hides = decision.requestHeaders !== undefined;
  if (hides) changeRequest(request, decision);
  const shown = hides ? new Headers(request.headers) : request.headers; // before the site's middleware can change them
  const answer = await answerOf(own, request, event, decision);
  return keepingCookies(answer ? joined(answer, decision, hides ? shown : undefined) : letThrough(shown, decision));
}

/**
 * When the site's middleware has called `cookies().set()` of `next/headers`, Next sets `Set-Cookie` of the answer to those
 * cookies alone (`adapter.ts`). They are added: a prolonged or renewed session would else never reach the browser.
 */
function keepingCookies(answer: Response): Response {
  const { headers } = answer;
  const set = headers.set.bind(headers);
  headers.set = (name, value: string | readonly string[]) => {
    if (name !== 'set-cookie') return set(name, String(value));
    const kept = headers.getSetCookie();
    for (const cookie of [value].flat()) if (!kept.includes(cookie)) headers.append(name, cookie);
  };
  return answer;
}

/**
 * In place: the request's URL, body, signal and metadata of Next stay, and `cookies()` and `headers()` of `next/headers`,
 * which read this object, show the same. The class of its cookies reads the header once, so there has to be a new one.
 */
function changeRequest(request: NextRequest, { requestHeaders = [] }: Continue): void {
  const { headers, cookies } = request;
  changed(headers, requestHeaders);
  const Cookies = cookies.constructor as new (headers: Headers) => typeof cookies;
  Object.defineProperty(request, 'cookies', { value: new Cookies(headers), configurable: true });
}

async function answerOf(own: NextMiddleware, request: NextRequest, event: NextFetchEvent, { headers }: Continue) {
  try {
    const answer = await own(request, event);
    if (!answer || answer instanceof Response) return answer;
    throw new TypeError('the middleware of the site returned no Response');
  } catch (thrown) {
    if (process.env.NODE_ENV === 'development') console.error(thrown); // it is the site's own code that is looked for
    const cookies = headers.flatMap(([name, value]) => (name === 'set-cookie' ? [value] : []));
    throw (thrown instanceof GateError ? thrown : new SiteError(thrown)).with({ cookies });
  }
}

/** @param shown the headers of the request as the page has to see them, when the gate has changed some */
function joined(answer: Response, decision: Continue, shown: Headers | undefined): Response {
  const { body, status, statusText } = answer;
  const headers = new Headers(answer.headers); // those of a redirect cannot be changed
  headers.delete('set-cookie'); // a copy may have made one line of them
  for (const cookie of answer.headers.getSetCookie()) headers.append('set-cookie', cookie);
  // A vendor's own header goes before the general one, so none of the site's may stand beside the gate's.
  const isPersonal = decision.headers.some(([name]) => name === 'cache-control');
  for (const name of isPersonal ? [...headers.keys()] : []) if (CACHING.test(name)) headers.delete(name);
  for (const [name, value] of decision.headers) {
    if (ADDED.includes(name)) headers.append(name, value);
    else headers.set(name, value);
  }
  // What it shows of its own accord was made of the request that it saw, where nothing is left to hide.
  const goesOn = headers.has('x-middleware-next') || headers.has('x-middleware-rewrite');
  if (shown && goesOn && !showsRequest(headers)) showRequest(headers, shown);
  return new Response(body, { status, statusText, headers });
}
