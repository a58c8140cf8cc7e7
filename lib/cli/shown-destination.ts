/**
 * The destination of a rewrite as the command prints it: origin, path, and the names of the query. The log of a pipeline has
 * more readers than the configuration, and user information (RFC 3986 §3.2.1) or a value of the query may be a password or
 * a token.
 */
export function shownDestination(destination: string): string {
  const [beforeFragment = ''] = destination.split('#');
  const [address = '', ...query] = beforeFragment.split('?'); // Next too lets the first one begin the query
  const shown = address.replace(/^([a-z][a-z\d+.-]*:)?\/\/[^/]*@/i, '$1//');
  return query.length > 0 ? `${shown}?${query.join('?').split('&').map(nameOf).join('&')}` : shown;
}

/** A part without `=` may be a value as well as a name. */
const nameOf = (part: string) => (part.includes('=') ? `${part.slice(0, part.indexOf('='))}=…` : '…');
