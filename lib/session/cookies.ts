import { type Config, DEFAULT_SESSION_COOKIE_NAME } from '../types';

/**
 * Name, value and attributes. Browsers keep 4,096 bytes (RFC 6265 §6.1), but nginx by default takes 4 KB for all headers of an
 * answer (`proxy_buffer_size`), and answers 502 when there are more.
 */
export const MAX_COOKIE_BYTES = 3072;

type Names = Pick<Config, 'secureCookies' | 'sessionCookieName'>;

/**
 * The names of the gate's cookies. The prefix `__Host-Http-` (RFC 6265bis §4.1.3.4) keeps sibling domains and scripts from
 * setting them. On a loopback http origin, which other programs share, `gatehouse_` stands in its place. A gate with a
 * session cookie of another name has flow and loop-guard cookies of its own too, so that two gates on one host never read
 * or delete each other's cookies.
 */
export const cookieNames = ({ secureCookies, sessionCookieName }: Names) => {
  const prefix = secureCookies ? '__Host-Http-' : '';
  const own = sessionCookieName === DEFAULT_SESSION_COOKIE_NAME ? '' : `.${sessionCookieName}`;
  return {
    session: `${prefix || 'gatehouse_'}${sessionCookieName}`,
    flow: `${prefix}oidc_flow${own}.`,
    trips: `${prefix}oidc_trips${own}`,
  };
};

/**
 * All pairs of a `Cookie` header in the order sent, doubled names included. Only the white space of RFC 6265 is taken off:
 * a sibling host may set `\u00a0__Host-Http-session`, which browsers do not protect, and `trim` would make ours of it.
 */
export function parseCookies(header: string | null): readonly (readonly [name: string, value: string])[] {
  if (!header) return [];
  return header.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [] : [[trimmed(pair.slice(0, at)), trimmed(pair.slice(at + 1))] as const];
  });
}

/** By hand: an expression that looks for white space at the end looks at every run of it on the way, again and again. */
function trimmed(text: string): string {
  const isSpace = (place: number) => text[place] === ' ' || text[place] === '\t';
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(start)) start += 1;
  while (end > start && isSpace(end - 1)) end -= 1;
  return text.slice(start, end);
}

/** A `Set-Cookie` value. `HttpOnly` and `Lax` always: no script reads these, and the provider's redirect carries them. */
export function setCookie({ secureCookies }: Names, name: string, value: string, maxAgeSeconds: number): string {
  const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secureCookies ? '; Secure' : ''}`;
  return `${name}=${value}; ${attributes}`;
}

/** A `Set-Cookie` value that makes the browser forget the cookie. */
export const clearCookie = (names: Names, name: string): string => setCookie(names, name, '', 0);

/** Whether a cookie is one of this gate's, by its name. */
const isGateCookie = (names: Names) => {
  const { session, flow, trips } = cookieNames(names);
  return (name: string) =>
    name === session || name === trips || (name.startsWith(flow) && isFlowId(name.slice(flow.length)));
};

/** The id of a flow has no dot: the flows of a gate with another `SESSION_COOKIE_NAME` have one in what follows. */
export const isFlowId = (text: string): boolean => /^[\w-]{1,64}$/.test(text);

/** The `Cookie` header without any of this gate's cookies; those of other programs pass as they were sent. */
export function withoutGateCookies(header: string, names: Names): string {
  const isOurs = isGateCookie(names);
  const others = parseCookies(header).flatMap(([name]) => (isOurs(name) ? [name] : []));
  return others.reduce((rest, name) => withoutCookie(rest, name), header);
}

/** The `Cookie` header without the named cookie. */
export const withoutCookie = (header: string | null, name: string): string =>
  parseCookies(header)
    .filter(([other]) => other !== name)
    .map((pair) => pair.join('='))
    .join('; ');
