/**
 * Whether a state-changing request comes from a page of this site: `Origin` equal to the canonical origin or, where that
 * does not tell, `Sec-Fetch-Site: same-origin`. A browser may send no `Origin`, and sends `null` for a page with
 * `Referrer-Policy: no-referrer` (Fetch §3.2, "append a request `Origin` header"); a sandboxed frame sends `null` too, and
 * is cross-site by the other header. A request with neither is refused.
 */
export function isSameOrigin(headers: Headers, canonicalOrigin: string): boolean {
  const origin = headers.get('origin');
  if (origin !== null && origin !== 'null') return origin === canonicalOrigin;
  return headers.get('sec-fetch-site') === 'same-origin';
}

/**
 * Whether the browser is on the canonical host. Next shows middleware the listening host, so the header decides.
 * `X-Forwarded-Host` counts too: behind a proxy that rewrites `Host` the redirect to the canonical origin would otherwise
 * never end. Forging it only strands the forger, whose flow cookie then sits on the wrong host.
 */
export function isCanonicalHost(headers: Headers, canonicalOrigin: string): boolean {
  const { host, protocol } = new URL(canonicalOrigin);
  const defaultPort = protocol === 'https:' ? ':443' : ':80';
  const isIt = (sent: string | null | undefined) => {
    const lower = sent?.trim().toLowerCase();
    return lower === host || lower === host + defaultPort; // some proxies write the port out
  };
  // Several proxies make a list of it, and which entry is the browser's depends on who appends.
  return isIt(headers.get('host')) || (headers.get('x-forwarded-host') ?? '').split(',').some(isIt);
}

/** The host that a request names, for a message: what could be no host is left out. */
export function sentHost(headers: Headers): string {
  const host = headers.get('x-forwarded-host') ?? headers.get('host') ?? '';
  return /^[\w.:[\], -]{1,255}$/.test(host) ? host : '(unreadable)';
}

/** A navigation that a page of another site began (Fetch Metadata, `Sec-Fetch-Site`); false where the browser does not say. */
export const isForeignNavigation = (headers: Headers): boolean => headers.get('sec-fetch-site') === 'cross-site';
