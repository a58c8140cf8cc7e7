import { isTrustworthy } from './browser-site';

export type SameSite = 'Strict' | 'Lax' | 'None';

/** A cookie as a browser keeps it (RFC 6265bis §5.7). */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  /** Host, or with `hostOnly` false a domain. Ports play no part. */
  readonly host: string;
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  /** `Lax` where the server named none. */
  readonly sameSite: SameSite;
  /** Milliseconds since the epoch; null until the browser is closed. */
  readonly expiresAt: number | null;
}

/** The request that cookies go out with, or whose answer brings them. */
export interface CookieContext {
  readonly url: URL;
  /** Neither the page that asked nor a redirect on the way belongs to another site. */
  readonly sameSite: boolean;
  /** The address bar shows this URL, as opposed to an iframe, an image or a script's request. */
  readonly topLevel: boolean;
  readonly safeMethod: boolean;
}

const MAX_PAIR_BYTES = 4_096;
const MAX_ATTRIBUTE_BYTES = 1_024;
const MAX_AGE_MS = 400 * 86_400_000;

/**
 * Reads a `Set-Cookie` header as a browser does.
 *
 * @returns the cookie, or why a browser would ignore it
 */
export function parseCookie(header: string, context: CookieContext, now: number): Cookie | string {
  const [pair = '', ...rest] = header.split(';');
  const equals = pair.indexOf('=');
  const name = pair.slice(0, Math.max(equals, 0)).trim();
  const value = pair.slice(equals + 1).trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(header)) return 'a control character';
  if (bytes(name) + bytes(value) > MAX_PAIR_BYTES) return 'name and value over 4096 bytes';

  const attributes = attributesOf(rest);
  const { url } = context;
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase();
  if (domain && !(domain.includes('.') && `.${url.hostname}`.endsWith(`.${domain}`))) return 'a Domain of another site';
  const path = attributes.get('path');
  const cookie: Cookie = {
    name,
    value,
    host: domain || url.hostname,
    hostOnly: !domain,
    path: path?.startsWith('/') ? path : url.pathname.replace(/\/[^/]*$/, '') || '/',
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: sameSiteOf(attributes.get('samesite')),
    expiresAt: expiry(attributes, now),
  };
  return refusal(cookie, context) ?? cookie;
}

/** RFC 6265bis §5.7, what makes a user agent "ignore the cookie entirely". */
function refusal(cookie: Cookie, { url, sameSite, topLevel }: CookieContext): string | null {
  const { name, value, secure, hostOnly, path } = cookie;
  if (secure && !isTrustworthy(url)) return 'Secure from an insecure origin';
  if (cookie.sameSite === 'None' && !secure) return 'SameSite=None without Secure';
  if (cookie.sameSite !== 'None' && !sameSite && !topLevel) return `SameSite=${cookie.sameSite} in a cross-site answer`;
  if (!name && (!value || /^__(secure|host)-/i.test(value))) return 'no name';
  if (/^__(secure|host)-/i.test(name) && !secure) return `${name.slice(0, name.indexOf('-'))}- without Secure`;
  if (/^__host-/i.test(name) && !(hostOnly && path === '/')) return '__Host- with a Domain or without Path=/';
  return null;
}

function attributesOf(parts: readonly string[]): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const part of parts) {
    const [name = '', ...value] = part.split('=');
    const text = value.join('=').trim();
    if (bytes(text) <= MAX_ATTRIBUTE_BYTES) attributes.set(name.trim().toLowerCase(), text); // the last one counts
  }
  return attributes;
}

/** `Max-Age` wins over `Expires`; neither reaches farther than 400 days. */
function expiry(attributes: ReadonlyMap<string, string>, now: number): number | null {
  const maxAge = attributes.get('max-age') ?? '';
  const latest = now + MAX_AGE_MS;
  if (/^-?\d+$/.test(maxAge)) return Number(maxAge) > 0 ? Math.min(now + Number(maxAge) * 1000, latest) : 0;
  const date = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(date) ? null : Math.min(date, latest);
}

const sameSiteOf = (value = ''): SameSite =>
  (['Strict', 'Lax', 'None'] as const).find((name) => name.toLowerCase() === value.toLowerCase()) ?? 'Lax';

const bytes = (text: string) => new TextEncoder().encode(text).length;
