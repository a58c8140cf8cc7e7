import { isLoopback } from './loopback.ts';
import { isTaken } from './routes.ts';

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

export const callbackUrl: Parse<string> = (text) => {
  const parsed = absoluteUrl(text);
  if (isFault(parsed)) return parsed;
  const { pathname } = new URL(text);
  if (pathname === '/') return fault('must have a path');
  if (isTaken(pathname)) return fault('must not be another route of the gate');
  return text;
};

/** A whole number. */
export const wholeNumber =
  (least: number): Parse<number> =>
  (text) =>
    /^\d{1,15}$/.test(text) && Number(text) >= least
      ? Math.min(Number(text), MAX_SECONDS)
      : fault(`must be a whole number, at least ${least}`);

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
