/** Where to find an address that the client cannot choose. */
interface Front {
  /** Vercel writes `x-real-ip` itself, over whatever was sent. */
  readonly onVercel: boolean;
  /** Proxies of our own: each appended to `X-Forwarded-For` what it saw, so that many entries on the right are true. */
  readonly trustedProxyHops: number;
}

/**
 * Who a rate limit is counted for: an IPv4 address, or the /64 of an IPv6 one, which is what a household or a single
 * rented machine has to itself. `unknown` when nothing that arrived can be trusted: then all such clients are one.
 */
export function clientAddress(headers: Headers, front: Front): string {
  const address = exactAddress(headers, front);
  if (address === null) return 'unknown';
  return address.includes(':') ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address;
}

/** The client's address itself, for an upstream: without a port, an IPv6 one in its canonical form; null when it is not known. */
export function exactAddress(headers: Headers, { onVercel, trustedProxyHops }: Front): string | null {
  if (onVercel) return read(headers.get('x-real-ip') ?? '');
  if (trustedProxyHops === 0) return null;
  const chain = (headers.get('x-forwarded-for') ?? '').split(',');
  return read(chain.at(-trustedProxyHops) ?? '');
}

function read(text: string): string | null {
  const address = text.trim();
  const bare = /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  if (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(bare)) return bare.split('.').every((part) => Number(part) < 256) ? bare : null;
  const ipv6 = bare.replace(/%.*$/, '');
  const url = `http://[${ipv6}]`;
  return /^[\da-f:.]+$/i.test(ipv6) && URL.canParse(url) ? canonical(new URL(url).hostname.slice(1, -1)) : null;
}

/** The address in its canonical form (RFC 5952), or the IPv4 address that it carries (RFC 4291 §2.5.5.2). */
function canonical(ipv6: string): string {
  const groups = groupsOf(ipv6);
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return ipv6;
  const bytes = groups.slice(6).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  return bytes.join('.');
}

/** RFC 4291 §2.2 */
function groupsOf(ipv6: string): string[] {
  const [left = [], right = []] = ipv6.split('::').map((part) => part.split(':').filter(Boolean));
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
}
