/** Who asks, which decides how a refusal must look (contract section 2). */
export type RequestKind = 'document' | 'action' | 'form' | 'data';

/**
 * Next removes its own `RSC` and `Next-Router-*` headers before middleware runs, so the kind is read from Fetch
 * Metadata (W3C Fetch Metadata §2), which browsers set and scripts cannot.
 */
export function requestKind({ method, headers }: Pick<Request, 'method' | 'headers'>): RequestKind {
  const mode = headers.get('sec-fetch-mode');
  const dest = headers.get('sec-fetch-dest');
  if (method === 'POST') {
    if (headers.has('next-action')) return 'action';
    return mode === 'navigate' ? 'form' : 'data';
  }
  if ((method !== 'GET' && method !== 'HEAD') || isPrefetch(headers)) return 'data';
  // Old browsers and command-line clients send no Fetch Metadata at all: what they accept is the next best sign.
  if (mode === null && dest === null && !headers.has('sec-fetch-site'))
    return headers.get('accept')?.includes('text/html') ? 'document' : 'data';
  return mode === 'navigate' && dest === 'document' ? 'document' : 'data';
}

/** Asked for by a page or guessed ahead, where only a person's own navigation makes sense. */
export function isSubresource(headers: Headers): boolean {
  const dest = headers.get('sec-fetch-dest');
  return isPrefetch(headers) || (dest !== null && !/^(document|iframe|frame|embed|object)$/.test(dest));
}

/**
 * A person's own navigation of a tab, as far as the browser says: no prefetch, no script, no image and no frame. A service
 * worker that passes a navigation on sends the destination `empty`. A client without Fetch Metadata may be either.
 */
export function isNavigation(headers: Headers): boolean {
  const mode = headers.get('sec-fetch-mode') ?? 'navigate';
  const dest = headers.get('sec-fetch-dest') ?? 'document';
  return mode === 'navigate' && (dest === 'document' || dest === 'empty') && !isPrefetch(headers);
}

/** A page of another site shows this in a frame, where the cookies of a sign-in would not stay. */
export const isForeignFrame = (headers: Headers): boolean =>
  headers.get('sec-fetch-site') === 'cross-site' && /frame|embed|object/.test(headers.get('sec-fetch-dest') ?? '');

/** A guess of the browser, not a wish of the person: it must start nothing and write nothing. */
export function isPrefetch(headers: Headers): boolean {
  return /prefetch|prerender/i.test(`${headers.get('sec-purpose') ?? ''} ${headers.get('purpose') ?? ''}`);
}
