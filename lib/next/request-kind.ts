import { callsAction } from './server-action.ts';

/** What kind of request it is, which decides how a refusal must look. */
export type RequestKind = 'document' | 'action' | 'form' | 'data';

/** What a form without script sends (HTML §4.10.18.6, `enctype`). */
const FORM_TYPE = /^(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;|$)/i;

/**
 * Next removes its own `RSC` and `Next-Router-*` headers before middleware runs, so the kind is read from Fetch
 * Metadata (W3C Fetch Metadata §2), which browsers set and scripts cannot.
 */
export function requestKind({ method, headers }: Pick<Request, 'method' | 'headers'>): RequestKind {
  if (method === 'POST') {
    if (callsAction(headers)) return 'action';
    if (headers.get('sec-fetch-mode') === 'navigate') return 'form';
    return isBare(headers) && acceptsHtml(headers) && isFormType(headers) ? 'form' : 'data';
  }
  if ((method !== 'GET' && method !== 'HEAD') || isPrefetch(headers)) return 'data';
  if (saysNavigation(headers)) return 'document';
  return isBare(headers) && acceptsHtml(headers) ? 'document' : 'data';
}

/**
 * A browser goes there with a whole tab. A service worker that hands the navigation on keeps its mode and loses its
 * destination (Fetch §5.4, the `Request` constructor); no script can send `navigate` by itself. Frames are not meant.
 */
function saysNavigation(headers: Headers): boolean {
  if (headers.get('sec-fetch-mode') !== 'navigate') return false;
  const dest = headers.get('sec-fetch-dest');
  return dest === 'document' || dest === 'empty';
}

/**
 * No Fetch Metadata at all, as with old browsers, command-line clients and plain http: what they accept is the next best
 * sign.
 */
const isBare = (headers: Headers) => !['mode', 'dest', 'site', 'user'].some((name) => headers.has(`sec-fetch-${name}`));

const acceptsHtml = (headers: Headers) => /text\/html/i.test(headers.get('accept') ?? '');

const isFormType = (headers: Headers) => FORM_TYPE.test(headers.get('content-type') ?? '');

/** A script reads the answer (`fetch`, or a prefetch of Next's router). */
export const isByScript = (headers: Headers): boolean =>
  headers.get('sec-fetch-dest') === 'empty' && !saysNavigation(headers);

/** Asked for by a page or speculatively, where only a person's own navigation makes sense. */
export function isSubresource(headers: Headers): boolean {
  if (isPrefetch(headers)) return true;
  const dest = headers.get('sec-fetch-dest');
  return dest !== null && !saysNavigation(headers) && !/^(document|iframe|frame|embed|object)$/.test(dest);
}

/**
 * A person's own navigation of a tab, as far as the browser says: no prefetch, no script, no image and no frame. A client
 * without Fetch Metadata may be one.
 */
export const isNavigation = (headers: Headers): boolean =>
  !isPrefetch(headers) && (isBare(headers) || saysNavigation(headers));

/** A page of another site shows this in a frame, where the cookies of a sign-in would not stay. */
export const isForeignFrame = (headers: Headers): boolean =>
  headers.get('sec-fetch-site') === 'cross-site' && /frame|embed|object/.test(headers.get('sec-fetch-dest') ?? '');

/** Speculative, and not asked for by the person: it must start nothing and write nothing. */
export function isPrefetch(headers: Headers): boolean {
  return /prefetch|prerender/i.test(`${headers.get('sec-purpose') ?? ''} ${headers.get('purpose') ?? ''}`);
}
