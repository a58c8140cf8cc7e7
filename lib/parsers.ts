import { isLoopback } from './loopback.ts';
import { CALLBACK, isTaken } from './routes.ts';

/** Why a text is not the value of its variable: a rule, never the text itself. */
export interface Fault {
  readonly fault: string;
}

/** Makes the value of a variable from its text, or says what is wrong with it. */
export type Parse<Value> = (text: string) => Value | Fault;

export const isFault = (value: unknown): value is Fault =>
  typeof value === 'object' && value !== null && 'fault' in value;

const fault = (what: string): Fault => ({ fault: what });

/** A thousand years: longer times leave the calendars of browsers and of `Date`. */
const MAX_SECONDS = 31_536_000_000;

export const anyText: Parse<string> = (text) => text;

/** https, or http on a loopback host. The text stays as it is: issuers and registered URIs are compared as texts. */
export const absoluteUrl: Parse<string> = (text) => {
  if (!URL.canParse(text)) return fault('is not an absolute URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url)))
    return fault('must be https, or http on a loopback host');
  if (url.username || url.password || /[?#]/.test(text))
    return fault('must not have user information, a query or a fragment');
  return text;
};

/** The issuer as its discovery document names it, and not the address of that document (OIDC Discovery §4.1). */
export const issuerUrl: Parse<string> = (text) => {
  if (/\/\.well-known\/(openid-configuration|oauth-authorization-server)\/?$/.test(text))
    return fault('must be the issuer, without /.well-known/openid-configuration; or it belongs into SSO_DISCOVERY_URL');
  return absoluteUrl(text);
};

/** Where a document is. Unlike an issuer it may have a query: Microsoft Entra publishes the keys of one client by `?appid=`. */
export const documentUrl: Parse<string> = (text) => {
  const parsed = absoluteUrl(text.replace(/\?[^#]*$/, ''));
  return isFault(parsed) ? parsed : text;
};

/** Where the site is: an origin and its base path, without a slash at the end. */
export const siteUrl: Parse<string> = (text) => {
  const parsed = absoluteUrl(text);
  return isFault(parsed) ? parsed : text.replace(/\/+$/, '');
};

/** The callback of a site that names none. */
export const callbackBelow = (appUrl: string) => appUrl + CALLBACK.path;

/**
 * Parameters of a request, as a query text; those that are named belong to the protocol and are refused, as is a doubled one
 * (RFC 6749 §3.1).
 */
export const parametersWithout =
  (own: readonly string[]): Parse<Readonly<Record<string, string>>> =>
  (text) => {
    const pairs = [...new URLSearchParams(text)];
    const names = pairs.map(([name]) => name);
    const taken = own.find((name) => names.includes(name));
    if (taken) return fault(`must not have the protocol's own parameter ${taken}`);
    if (!/^\d{1,9}$/.test(new URLSearchParams(text).get('max_age') ?? '0'))
      return fault('must have seconds as max_age');
    if (names.includes('') || new Set(names).size < names.length) return fault('must be a query text, each name once');
    return Object.freeze(Object.fromEntries(pairs));
  };

/** A list, separated by commas. */
export const listOf =
  (what: string): Parse<readonly string[]> =>
  (text) => {
    const values = text.split(',').map((value) => value.trim());
    return values.every((value) => /^[\x21-\x7e]{1,200}$/.test(value))
      ? Object.freeze(values)
      : fault(`must be ${what}, separated by commas`);
  };

export const callbackUrl: Parse<string> = (text) => {
  const parsed = absoluteUrl(text);
  if (isFault(parsed)) return parsed;
  const { pathname } = new URL(text);
  if (pathname === '/') return fault('must have a path');
  if (isTaken(pathname)) return fault('must not be another route of the gate');
  return text;
};

/** A whole number. Without a bound of its own what is over a thousand years counts as that. */
export const wholeNumber =
  (least: number, most?: number): Parse<number> =>
  (text) => {
    const isNumber = /^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= (most ?? Number(text));
    if (isNumber) return Math.min(Number(text), MAX_SECONDS);
    return fault(`must be a whole number, at least ${least}${most === undefined ? '' : ` and at most ${most}`}`);
  };

export const oneOf =
  <const Value extends string>(values: readonly Value[]): Parse<Value> =>
  (text) =>
    values.find((value) => value === text) ??
    fault(`must be ${values.length === 2 ? values.join(' or ') : `one of ${values.join(', ')}`}`);

/** RFC 6749 §3.3, and OIDC Core §3.1.2.1: `openid` is among them. */
export const scopes: Parse<string> = (text) => {
  const scope = text.split(/\s+/).join(' ');
  if (!scope.split(' ').includes('openid')) return fault('must contain openid');
  return /^[\x21\x23-\x5b\x5d-\x7e ]+$/.test(scope) ? scope : fault('has a character that no scope may have');
};

/** A claim's name, which may be a URL, or a path of names (`realm_access.roles`). */
export const claimName: Parse<string> = (text) =>
  /^[\x21-\x7e]{1,200}$/.test(text) ? text : fault('must be the name of a claim, or a path of names');

export const claimNames: Parse<readonly string[]> = (text) => {
  const names = text.split(',').map((name) => name.trim());
  return names.every((name) => /^[\x21-\x7e]{1,100}$/.test(name))
    ? names
    : fault('must be claim names, separated by commas');
};

export const cookieName: Parse<string> = (text) =>
  /^[A-Za-z0-9_-]{1,32}$/.test(text) ? text : fault('must be 1 to 32 letters, digits, - or _');

/** A short or repetitive entry can be guessed, and with it a session of any person can be made. */
export const keyMaterial: Parse<readonly string[]> = (text) => {
  const entries = text.split(',').map((entry) => entry.trim());
  const isWeak = (entry: string) => entry.length < 32 || new Set(entry).size < 10;
  return entries.some(isWeak) ? fault('has an entry under 32 characters or with fewer than 10 distinct ones') : entries;
};
