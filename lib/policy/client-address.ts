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
export function clientAddress(headers: Headers, { onVercel, trustedProxyHops }: Front): string {
  if (onVercel) return network(headers.get('x-real-ip') ?? '');
  if (trustedProxyHops === 0) return 'unknown';
  const chain = (headers.get('x-forwarded-for') ?? '').split(',');
  return network(chain.at(-trustedProxyHops) ?? '');
}

function network(text: string): string {
  const address = text.trim();
  const bare = /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  if (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(bare))
    return bare.split('.').every((part) => Number(part) < 256) ? bare : 'unknown';
  const ipv6 = bare.replace(/%.*$/, '');
  const url = `http://[${ipv6}]`;
  return /^[\da-f:.]+$/i.test(ipv6) && URL.canParse(url) ? prefix64(new URL(url).hostname) : 'unknown';
}

/** The first four groups of an IPv6 host (RFC 4291 §2.2), or the IPv4 address that it carries (§2.5.5.2). */
function prefix64(host: string): string {
  const [left = [], right = []] = host
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return `${groups.slice(0, 4).join(':')}::/64`;
  const bytes = groups.slice(6).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  return bytes.join('.');
}
