import { UpstreamError } from '../errors.ts';
import type { ResolvedUpstream } from '../policy/upstream.ts';
import { cachingOf, isDecoded, isEventStream, isJson, returnedHeaders } from '../policy/upstream-headers.ts';
import { siteUrl } from '../policy/upstream-path.ts';
import { addCookies } from '../responses.ts';

/** Statuses with which Next and browsers go where `Location` says. */
const REDIRECTS = [301, 302, 303, 307, 308];
/** RFC 9110 §15.3.5, §15.3.6, §15.4.5: without a body. */
const EMPTY = [204, 205, 304];

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
  const content = EMPTY.includes(status) ? null : body;
  if (content && !type) shown.set('content-type', 'application/octet-stream');
  shown.set('x-content-type-options', 'nosniff');
  if (!isJson(type)) shown.set('content-security-policy', SANDBOX);
  if (isEventStream(type)) shown.set('x-accel-buffering', 'no'); // or nginx holds events back
  setCaching(shown, headers, upstream, dressing);
  return addCookies(new Response(content, { status, headers: shown }), dressing.cookies);
}

/**
 * Whether anything can be made of an answer.
 *
 * @throws {UpstreamError} `UPSTREAM_RESPONSE_INVALID`
 */
export function checkAnswer(incoming: Omit<Incoming, 'body'>, site: string): void {
  const { status, headers } = incoming.response;
  const reason =
    status < 200 || status > 599
      ? 'status'
      : !isDecoded(headers.get('content-encoding'))
        ? 'content-encoding'
        : REDIRECTS.includes(status) && headers.has('location') && locationOf(incoming, site) === null
          ? 'a redirect to elsewhere'
          : null;
  if (reason) throw new UpstreamError('UPSTREAM_RESPONSE_INVALID', { reason });
}

/** Absolute, because Next fails on a relative one. */
function locationOf({ upstream, url, response }: Omit<Incoming, 'body'>, site: string): URL | null {
  const { status, headers } = response;
  const location = headers.get('location');
  if (location === null || !(status === 201 || REDIRECTS.includes(status))) return null;
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
  const stream = isEventStream(returned.get('content-type') ?? '') ? ', no-transform' : ''; // Next would compress it
  shown.set('cache-control', `${said ?? 'private, no-store'}${stream}`);
  if (said === null) shown.set('cdn-cache-control', 'private, no-store');
  for (const name of said === null ? [] : ['age', 'expires', 'vary']) {
    const value = returned.get(name);
    if (value) shown.set(name, value);
  }
  if (hasSession) shown.append('vary', 'Cookie');
  for (const [name, value] of hasSession ? [] : anonymous) shown.append(name, value);
}
