import type { ResolvedUpstream } from './upstream.ts';

/**
 * What goes on to an upstream and what comes back, by allow-list. An upstream's entry can name more, but not what stands in
 * the lists of what never passes.
 */

/**
 * Not `Accept-Encoding`: `fetch` decodes bodies, so it must itself say what it can decode, or the client would be handed an
 * encoding without its header.
 */
const SENT =
  /^(accept(-(?!encoding$).+)?|content-(type|language)|range|if-.+|cache-control|user-agent|x-request-id|trace(parent|state)|idempotency-key|last-event-id|prefer)$/;

/** Credentials, what belongs to one connection (RFC 9110 §7.6.1), what tells of the client's way here, what frameworks obey. */
export const NEVER_SENT =
  /^(cookie2?|authorization|dpop|origin|host|connection|keep-alive|te|trailers?|transfer-encoding|upgrade|expect|accept-encoding|content-(encoding|length)|http2-settings|forwarded|via|rsc|remote-user|client-cert.*|.*client-ip|.*connecting-ip|x-real-ip|x-http-method.*|((x-)?(forwarded|original|rewrite)|proxy|sec|next|ssl-client|x-(middleware|next(js)?|action|vercel|now|matched|invoke|prerender|gatehouse|ms-client|amzn-oidc|goog))-.*)$/;

/** Representation, conditions and limits. `ETag` serves `If-Match` too, where nothing may be cached. */
const RETURNED =
  /^(content-(type|language|disposition|range)|accept-ranges|etag|last-modified|retry-after|allow|preference-applied|deprecation|sunset|(x-)?ratelimit(-.+)?)$/;

/**
 * What browsers obey for the whole site or a page of it; what caches and proxies in front obey; what Next and its platforms
 * take for a command of the middleware; what the gate says itself.
 */
export const NEVER_RETURNED =
  /^(set-.*|cookie.*|authorization|www-authenticate|authentication-.*|proxy-.*|(access-control|cross-origin|content-security|service-worker|origin|clear-site|strict-transport|public-key|attribution|supports|speculation|permissions|feature|document|require|reporting|timing|accept|critical|activate|observe|sec|dictionary|use-as|integrity)-(?!ranges$).*|(x-)?(sourcemap|link|refresh)|alt-.*|nel|expect-ct|report-to|x-(frame|content|xss|dns|download|permitted|webkit)-.*|referrer-policy|vary|age|expires|pragma|warning|(.+-)?(cache|surrogate|edge|cdn)-.+|x-(accel|sendfile|lighttpd|litespeed|middleware|next(js)?|action|matched|vercel|now|invoke|prerender|edge|gatehouse|powered|request|forwarded|real)(-.*)?|next-.*|rsc|(netlify|no)-vary.*|xkey|x-(opennext|envoy|ua|reproxy)-.*|location|content-(location|length|encoding|digest)|connection|keep-alive|te|trailers?|transfer-encoding|upgrade|server|via|date|dpop-nonce)$/;

/** Of a request, by lower-case names. `Connection` names more that must not go on (RFC 9110 §7.6.1). */
export function sentHeaders(sent: Headers, { requestHeaders }: Pick<ResolvedUpstream, 'requestHeaders'>): Headers {
  const ofConnection = (sent.get('connection') ?? '').toLowerCase().split(/\s*,\s*/);
  return filtered(
    sent,
    (name) =>
      !ofConnection.includes(name) && (SENT.test(name) || (requestHeaders.includes(name) && !NEVER_SENT.test(name))),
  );
}

export const returnedHeaders = (
  returned: Headers,
  { responseHeaders }: Pick<ResolvedUpstream, 'responseHeaders'>,
): Headers =>
  filtered(returned, (name) => RETURNED.test(name) || (responseHeaders.includes(name) && !NEVER_RETURNED.test(name)));

function filtered(headers: Headers, passes: (name: string) => boolean): Headers {
  const kept = new Headers();
  for (const [name, value] of headers) if (passes(name)) kept.append(name, value);
  return kept;
}

/** RFC 7239, and what came before it. The client's address only where one is known: the others are the site's own. */
export function forwardedHeaders(address: string | null, canonicalOrigin: string): readonly [string, string][] {
  const { host, protocol } = new URL(canonicalOrigin);
  const proto = protocol.slice(0, -1);
  const node = address?.includes(':') ? `"[${address}]"` : address;
  return [
    ['forwarded', `${node ? `for=${node};` : ''}host="${host}";proto=${proto}`],
    ...(address ? [['x-forwarded-for', address] as [string, string]] : []),
    ['x-forwarded-host', host],
    ['x-forwarded-proto', proto],
  ];
}

const OF_PRIVATE =
  /^(max-age|no-cache|no-store|no-transform|must-revalidate|must-understand|immutable|stale-(while-revalidate|if-error))$/;

/**
 * What an upstream says of caching, where its entry lets it; null when it says nothing.
 *
 * @param isPersonal no shared cache may keep the answer, whatever the upstream says (RFC 9111 §5.2.2.7)
 */
export function cachingOf(returned: Headers, isPersonal: boolean): string | null {
  const said = returned.get('cache-control');
  if (said === null || !isPersonal) return said;
  const directives = said.toLowerCase().match(/[\w-]+(=("[^"]*"|[^\s,"]*))?/g) ?? [];
  const kept = directives.filter((directive) => OF_PRIVATE.test(directive.replace(/=.*/, '')));
  return ['private', ...kept].join(', ');
}

/** RFC 8259 §11, RFC 6839 §3.1. One type alone: of several a browser takes the last. */
export const isJson = (contentType: string): boolean =>
  /^application\/([\w.!#$&^-]+\+)?json\s*(;[^,]*)?$/i.test(contentType);

export const isEventStream = (contentType: string): boolean => /^text\/event-stream\s*(;[^,]*)?$/i.test(contentType);

/**
 * What `fetch` decodes. It hands on a body in another encoding as it is, and a runtime that takes the header away leaves
 * what no client can read.
 */
export const isDecoded = (contentEncoding: string | null): boolean =>
  contentEncoding === null || /^\s*(gzip|x-gzip|deflate|br|identity)?\s*$/i.test(contentEncoding);

/** Statuses with which Next and browsers go where `Location` says. */
export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);
