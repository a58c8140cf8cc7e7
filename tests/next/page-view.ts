/**
 * What a page sees of a request behind a middleware: Next's router replaces the headers of the request by those that the
 * answer names, unless it names none (`resolve-routes`), and `cookies()` has the cookies of `x-middleware-set-cookie` too
 * (`request-store`).
 */
export function pageView(sent: Headers, { headers }: Response): { headers: Headers; cookies: Map<string, string> } {
  const seen = new Headers(sent);
  const named = headers.get('x-middleware-override-headers');
  if (named) {
    const names = named.split(',').map((name) => name.trim());
    for (const name of [...seen.keys()]) if (!names.includes(name)) seen.delete(name);
    for (const name of names) {
      const value = headers.get(`x-middleware-request-${name}`);
      if (value === null) seen.delete(name);
      else seen.set(name, value);
    }
  }
  const pairs = [
    ...(seen.get('cookie') ?? '').split('; '),
    ...(headers.get('x-middleware-set-cookie') ?? '').split(/,(?=[^;]+=)/).map((cookie) => cookie.split(';')[0] ?? ''),
  ];
  return { headers: seen, cookies: new Map(pairs.filter(Boolean).map((pair) => split(pair.trim()))) };
}

function split(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}
