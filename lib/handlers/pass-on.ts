import type { Deps } from '../context.ts';
import { cookieNames, withoutCookie, withoutGateCookies } from '../session/cookies.ts';
import type { Continue, RequestContext } from '../types/request.ts';
import { type Resolved, writable } from './current-session.ts';

export type Headers = Continue['headers'];

/** For a visitor without a cookie: one with a cookie may see something else. */
export const VARIED: Headers = [['vary', 'Cookie']];
const PERSONAL: Headers = [
  ...VARIED,
  ['cache-control', 'private, no-store'],
  // RFC 9213: a CDN goes by this one, also where a page writes a `Cache-Control` of its own over ours.
  ['cdn-cache-control', 'private, no-store'],
];

/**
 * Through to the site. What depends on the session is for its person alone: no cache may keep it, prerendered pages included.
 * An anonymous visitor's public page stays as cacheable as the site made it.
 *
 * @param anonymous headers of the answer to a visitor without a session
 */
export function passed(context: RequestContext, resolved: Resolved, anonymous: Headers): Continue {
  const { session, requestCookie } = resolved;
  const written = writable(context, resolved);
  const headers = [
    ...(session || written.length > 0 ? PERSONAL : anonymous),
    ...written.map((cookie) => ['set-cookie', cookie] as const),
  ];
  if (requestCookie === undefined) return { continue: true, headers };
  return { continue: true, headers, requestHeaders: [['cookie', requestCookie || null]] };
}

/**
 * An anonymous visitor, whatever the cookies say: on a public path, whose answer shall be the same for all, and on an
 * optional one when it cannot be known now whether the session goes on.
 */
export function anonymous({ request }: RequestContext, { settings }: Deps): Resolved {
  const sent = request.headers.get('cookie');
  const { session: name } = cookieNames(settings);
  const hidden = sent?.includes(name) ? { requestCookie: withoutCookie(sent, name) } : {};
  return { session: null, cookies: [], ...hidden };
}

/** Without any of the gate's cookies, for a rule that hides them: what answers there may be another origin. */
export function withHiddenCookies(resolved: Resolved, { request }: RequestContext, { settings }: Deps): Resolved {
  const sent = request.headers.get('cookie');
  const requestCookie = sent === null ? undefined : withoutGateCookies(sent, settings);
  if (requestCookie !== undefined && requestCookie !== sent) return { ...resolved, requestCookie };
  const { requestCookie: _, ...others } = resolved;
  return others;
}
