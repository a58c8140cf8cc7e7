import { DEFAULT_COOKIE_NAME, type SessionSettings } from '../types/settings.ts';

/**
 * Name, value and attributes. Browsers keep 4,096 bytes (RFC 6265 §6.1), but nginx by default takes 4 KB for all headers of an
 * answer (`proxy_buffer_size`), and answers 502 when there are more.
 */
export const MAX_COOKIE_BYTES = 3072;

/** As much of the settings as cookies need. */
export interface CookieSettings {
  readonly session: Pick<SessionSettings, 'secureCookies' | 'cookieName'>;
}

/**
 * The names of the gate's cookies. The prefix `__Host-Http-` (RFC 6265bis §4.1.3.4) keeps sibling domains and scripts from
 * setting them. On a loopback http origin, which other programs share, `gatehouse_` stands in its place. A gate with a
 * session cookie of another name has flow and loop-guard cookies of its own too, so that two gates on one host never read
 * or delete each other's cookies.
 */
export const cookieNames = ({ session: { secureCookies, cookieName } }: CookieSettings) => {
  const prefix = secureCookies ? '__Host-Http-' : '';
  const own = cookieName === DEFAULT_COOKIE_NAME ? '' : `.${cookieName}`;
  return {
    session: `${prefix || 'gatehouse_'}${cookieName}`,
    flow: `${prefix}oidc_flow${own}.`,
    trips: `${prefix}oidc_trips${own}`,
  };
};

/**
 * All pairs of a `Cookie` header in the order sent, doubled names included. Only the white space of RFC 6265 is taken off:
 * a sibling host may set `\u00a0__Host-Http-session`, which browsers do not protect, and `trim` would make ours of it.
 */
export const parseCookies = (header: string | null): readonly (readonly [name: string, value: string])[] =>
  (header ? header.split(';') : []).flatMap((piece) => {
    const name = nameOf(piece);
    return name === null ? [] : [[name, trimmed(piece.slice(piece.indexOf('=') + 1))] as const];
  });

/** Null for a cookie without a name, which browsers send as its value alone (RFC 6265bis §5.8.3). */
function nameOf(piece: string): string | null {
  const at = piece.indexOf('=');
  return at < 0 ? null : trimmed(piece.slice(0, at));
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
export function setCookie({ session }: CookieSettings, name: string, value: string, maxAgeSeconds: number): string {
  const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${session.secureCookies ? '; Secure' : ''}`;
  return `${name}=${value}; ${attributes}`;
}

/** A `Set-Cookie` value that makes the browser forget the cookie. */
export const clearCookie = (settings: CookieSettings, name: string): string => setCookie(settings, name, '', 0);

/** Whether a cookie is one of this gate's, by its name. */
const isGateCookie = (settings: CookieSettings) => {
  const { session, flow, trips } = cookieNames(settings);
  return (name: string) =>
    name === session || name === trips || (name.startsWith(flow) && isFlowId(name.slice(flow.length)));
};

/** The id of a flow has no dot: the flows of a gate with another `SESSION_COOKIE_NAME` have one in what follows. */
export const isFlowId = (text: string): boolean => /^[\w-]{1,64}$/.test(text);

/** The `Cookie` header without any of this gate's cookies. */
export const withoutGateCookies = (header: string, settings: CookieSettings): string =>
  without(header, isGateCookie(settings));

/** The `Cookie` header without the named cookie. */
export const withoutCookie = (header: string | null, name: string): string =>
  without(header ?? '', (other) => other === name);

/**
 * A `Cookie` header without some of its cookies. All others stay byte for byte as they were sent, also what is no pair: the
 * site and the programs behind it have readers of their own.
 */
function without(header: string, isLeftOut: (name: string) => boolean): string {
  const pieces = header.split(';');
  const others = pieces.filter((piece) => {
    const name = nameOf(piece);
    return name === null || !isLeftOut(name);
  });
  return others.length === pieces.length ? header : trimmed(others.join(';'));
}
