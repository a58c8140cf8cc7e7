import type { ResolvedUpstream } from '../policy/upstream.ts';
import {
  cachingOf,
  isDecoded,
  isEventStream,
  isJson,
  isRedirect,
  returnedHeaders,
} from '../policy/upstream-headers.ts';
import { siteUrl } from '../policy/upstream-path.ts';
import { addCookies } from '../responses.ts';

/** A document of the upstream is on this site's origin: it runs nothing, loads nothing and is shown in no frame. */
const SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'";

/** The cookies of the gate for the browser, and the headers of an answer to a visitor without a session. */
export interface Dressing {
  readonly cookies: readonly string[];
  readonly hasSession: boolean;
  readonly anonymous: readonly (readonly [name: string, value: string])[];
}

/** What an upstream answered. */
export interface Incoming {
  readonly upstream: ResolvedUpstream;
  /** What was asked for. */
  readonly url: URL;
  readonly response: Response;
  /** Its body, guarded. */
  readonly body: ReadableStream | null;
}

/**
 * An answer of the upstream for the browser: nothing of it that a browser, a cache or Next obeys beyond this one answer.
 *
 * @param site origin and base path of this site
 */
export function browserAnswer(incoming: Incoming, dressing: Dressing, site: string): Response {
  const { upstream, response, body } = incoming;
  const { status, headers } = response;
  const shown = returnedHeaders(headers, upstream);
  const location = locationOf(incoming, site);
  if (location) shown.set('location', location.href);
  const type = headers.get('content-type') ?? '';
  if (body && !type) shown.set('content-type', 'application/octet-stream');
  shown.set('x-content-type-options', 'nosniff');
  if (!isJson(type)) shown.set('content-security-policy', SANDBOX);
  if (isEventStream(type)) shown.set('x-accel-buffering', 'no'); // or nginx holds events back
  setCaching(shown, headers, upstream, dressing);
  return addCookies(new Response(body, { status, headers: shown }), dressing.cookies);
}

/** Why nothing can be made of an answer, or null. */
export function answerFault(incoming: Omit<Incoming, 'body'>, site: string): string | null {
  const { status, headers } = incoming.response;
  if (status < 200 || status > 599) return 'status';
  if (!isDecoded(headers.get('content-encoding'))) return 'content-encoding';
  const isLost = isRedirect(status) && headers.has('location') && locationOf(incoming, site) === null;
  return isLost ? 'a redirect to elsewhere' : null;
}

/** Absolute, because Next fails on a relative one. */
function locationOf({ upstream, url, response }: Omit<Incoming, 'body'>, site: string): URL | null {
  const { status, headers } = response;
  const location = headers.get('location');
  if (location === null || !(status === 201 || isRedirect(status))) return null;
  return siteUrl(upstream, location, url, site);
}

/**
 * Nothing is kept unless the entry lets the upstream speak for itself: then without what would let a shared cache keep an
 * answer that depends on the session. A `CDN-Cache-Control` of the gate marks what is the gate's to say (`next/cache-headers.ts`).
 */
function setCaching(shown: Headers, returned: Headers, upstream: ResolvedUpstream, dressing: Dressing): void {
  const { cookies, hasSession, anonymous } = dressing;
  const isUpstreams = upstream.caching === 'upstream' && cookies.length === 0;
  const said = isUpstreams ? cachingOf(returned, hasSession) : null;
  // Next would compress these: events would wait, and `Content-Range` would name other bytes.
  const mustStay = isEventStream(returned.get('content-type') ?? '') || returned.has('content-range');
  shown.set('cache-control', `${said ?? 'private, no-store'}${mustStay ? ', no-transform' : ''}`);
  if (said === null) shown.set('cdn-cache-control', 'private, no-store');
  for (const name of said === null ? [] : ['age', 'expires', 'vary']) {
    const value = returned.get(name);
    if (value) shown.set(name, value);
  }
  if (hasSession) shown.append('vary', 'Cookie');
  for (const [name, value] of hasSession ? [] : anonymous) shown.append(name, value);
}
