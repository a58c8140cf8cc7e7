/** `Sec-Fetch-Site` (W3C Fetch Metadata §2.3). */
export type SiteRelation = 'none' | 'same-origin' | 'same-site' | 'cross-site';

const isLoopback = (hostname: string) => /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** Where a browser keeps Secure cookies and sends Fetch Metadata (W3C Secure Contexts §3.1). */
export const isTrustworthy = ({ protocol, hostname }: URL): boolean => protocol === 'https:' || isLoopback(hostname);

/**
 * Scheme and registrable domain. The last two labels stand for the latter: the hosts of the test world are
 * `name.test`, and a public suffix list would be the biggest file here.
 */
function siteOf({ protocol, hostname }: URL): string {
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return `${protocol}//${isAddress ? hostname : hostname.split('.').slice(-2).join('.')}`;
}

/** How a page of this origin (null: no page, the person typed an address) stands to a URL. */
export function relation(origin: string | null, url: URL): SiteRelation {
  if (origin === null) return 'none';
  if (!URL.canParse(origin)) return 'cross-site'; // an opaque origin, written `null`
  const from = new URL(origin);
  if (from.origin === url.origin) return 'same-origin';
  return siteOf(from) === siteOf(url) ? 'same-site' : 'cross-site';
}

/** The farther of two relations: a redirect can leave a site and come back, and that shows. */
export function farther(one: SiteRelation, other: SiteRelation): SiteRelation {
  const order: readonly SiteRelation[] = ['none', 'same-origin', 'same-site', 'cross-site'];
  return order.indexOf(one) > order.indexOf(other) ? one : other;
}
