/** Where to find an address that the client cannot choose. */
interface Front {
  /** Vercel writes `x-real-ip` itself, over whatever was sent. */
  readonly onVercel: boolean;
  /** Proxies of our own: each appended to `X-Forwarded-For` what it saw, so that many entries on the right are true. */
  readonly trustedProxyHops: number;
}

/**
 * Who a rate limit is counted for: an IPv4 address, or the /64 of an IPv6 one, which is what a household or a single
 * rented machine has to itself. `unknown` when nothing that arrived can be believed: then all such clients are one.
 */
export function clientAddress(headers: Headers, { onVercel, trustedProxyHops }: Front): string {
  if (onVercel) return network(headers.get('x-real-ip') ?? '');
  if (trustedProxyHops === 0) return 'unknown';
  const chain = (headers.get('x-forwarded-for') ?? '').split(',');
  return network(chain.at(-trustedProxyHops) ?? '');
}

function network(text: string): string {
  const address = text.trim().toLowerCase();
  const bare = /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  const ipv4 = /^(?:::ffff:)?((?:\d{1,3}\.){3}\d{1,3})$/.exec(bare)?.[1];
  if (ipv4) return ipv4.split('.').every((part) => Number(part) < 256) ? ipv4 : 'unknown';
  return prefix64(bare.replace(/%.*$/, '')) ?? 'unknown';
}

/**
 * The first four groups of an IPv6 address (RFC 4291 §2.2) without leading zeros, or the IPv4 address that it carries
 * (§2.5.5.2); undefined when it is none.
 */
function prefix64(address: string): string | undefined {
  const [head = '', tail, ...more] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = groups(tail ?? '');
  const missing = 8 - left.length - right.length;
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined;
  const all = [...left, ...Array<string>(missing).fill('0'), ...right];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  const numbers = all.map((group) => Number.parseInt(group, 16));
  if (numbers.slice(0, 6).join() === '0,0,0,0,0,65535')
    return numbers
      .slice(6)
      .flatMap((number) => [number >> 8, number & 255])
      .join('.');
  return `${numbers
    .slice(0, 4)
    .map((number) => number.toString(16))
    .join(':')}::/64`;
}
