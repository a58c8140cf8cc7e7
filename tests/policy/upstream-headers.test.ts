import { describe, expect, it } from 'vitest';
import {
  cachingOf,
  forwardedHeaders,
  isDecoded,
  isEventStream,
  isJson,
  returnedHeaders,
  sentHeaders,
} from '../../lib/policy/upstream-headers';

/** Every name is in the upstream's entry as well, and passes no more than without it. */
const sent = (headers: Record<string, string>, requestHeaders = Object.keys(headers)) =>
  Object.fromEntries(sentHeaders(new Headers(headers), { requestHeaders }));
const returned = (headers: Record<string, string>, responseHeaders = Object.keys(headers)) =>
  Object.fromEntries(returnedHeaders(new Headers(headers), { responseHeaders }));

describe('a header of the request', () => {
  it.each([
    ...['cookie', 'cookie2', 'authorization', 'proxy-authorization', 'dpop'],
    ...['host', 'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
    ...['expect', 'content-length', 'accept-encoding', 'http2-settings', 'via'],
    ...['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-real-ip'],
    ...['x-original-url', 'x-rewrite-url', 'sec-fetch-site', 'sec-websocket-key', 'origin'],
    ...['x-middleware-subrequest', 'x-middleware-rewrite', 'x-nextjs-data', 'x-vercel-ip-country', 'x-now-route'],
    ...['x-invoke-path', 'x-matched-path', 'next-action', 'next-router-state-tree', 'rsc', 'x-gatehouse-oversized'],
    // what servers behind a trusted proxy believe of the client, and what changes the method that the rules have judged
    ...['true-client-ip', 'cf-connecting-ip', 'x-client-ip', 'x-cluster-client-ip', 'fastly-client-ip', 'remote-user'],
    ...['client-cert', 'ssl-client-verify', 'x-ms-client-principal', 'x-amzn-oidc-data', 'x-goog-iap-jwt-assertion'],
    ...['x-http-method-override', 'x-http-method'],
  ])('%s never goes on, not even when the entry names it', (name) => {
    expect(sent({ [name]: 'x' })).toEqual({});
  });

  it.each(['x-tenant', 'x-api-key', 'x-requested-with', 'referer', 'dnt'])(
    '%s goes on when the entry names it, and not otherwise',
    (name) => {
      expect([sent({ [name]: 'x' }), sent({ [name]: 'x' }, [])]).toEqual([{ [name]: 'x' }, {}]);
    },
  );

  it.each([
    ...['accept', 'accept-language', 'accept-charset', 'content-type', 'content-language', 'range', 'if-match'],
    ...['if-none-match', 'if-modified-since', 'if-range', 'cache-control', 'user-agent', 'x-request-id'],
    ...['traceparent', 'tracestate', 'idempotency-key', 'last-event-id', 'prefer'],
  ])('%s goes on', (name) => {
    expect(sent({ [name]: 'x' }, [])).toEqual({ [name]: 'x' });
  });

  it('does not go on when Connection names it', () => {
    const headers = { connection: 'close, If-Match ,x-tenant', 'if-match': '"1"', 'x-tenant': '1', accept: '*/*' };
    expect(sent(headers)).toEqual({ accept: '*/*' });
  });
});

describe('a header of the answer', () => {
  it.each([
    ...[
      'no-vary-search',
      'netlify-vary',
      'xkey',
      'x-opennext-cache',
      'x-envoy-upstream-service-time',
      'x-ua-compatible',
    ],
    ...['x-reproxy-url'],
    ...['set-cookie', 'set-cookie2', 'set-login', 'www-authenticate', 'proxy-authenticate', 'authentication-info'],
    ...['access-control-allow-origin', 'access-control-allow-credentials', 'access-control-expose-headers'],
    ...['strict-transport-security', 'content-security-policy', 'content-security-policy-report-only'],
    ...['clear-site-data', 'refresh', 'link', 'alt-svc', 'alt-used', 'nel', 'report-to', 'reporting-endpoints'],
    ...['permissions-policy', 'feature-policy', 'document-policy', 'require-document-policy', 'origin-agent-cluster'],
    ...['origin-trial', 'cross-origin-opener-policy', 'cross-origin-resource-policy', 'service-worker-allowed'],
    ...['speculation-rules', 'supports-loading-mode', 'timing-allow-origin', 'x-frame-options', 'x-xss-protection'],
    ...['x-content-type-options', 'x-dns-prefetch-control', 'x-permitted-cross-domain-policies', 'referrer-policy'],
    ...[
      'sourcemap',
      'x-sourcemap',
      'expect-ct',
      'public-key-pins',
      'accept-ch',
      'critical-ch',
      'sec-session-registration',
    ],
    ...[
      'observe-browsing-topics',
      'attribution-reporting-register-source',
      'activate-storage-access',
      'use-as-dictionary',
    ],
    ...['cache-control', 'expires', 'age', 'pragma', 'vary', 'cdn-cache-control', 'surrogate-control', 'surrogate-key'],
    ...['vercel-cdn-cache-control', 'cloudflare-cdn-cache-control', 'edge-control', 'x-accel-expires'],
    ...['x-accel-redirect', 'x-accel-buffering', 'x-sendfile', 'x-lighttpd-send-file', 'x-litespeed-cache-control'],
    ...['x-middleware-rewrite', 'x-middleware-next', 'x-middleware-set-cookie', 'x-middleware-override-headers'],
    ...['x-middleware-request-cookie', 'x-nextjs-redirect', 'x-nextjs-cache', 'x-next-cache-tags', 'x-action-redirect'],
    ...['x-action-revalidated', 'x-matched-path', 'x-vercel-cache', 'x-now-route-matches', 'x-invoke-path', 'rsc'],
    ...['next-router-state-tree', 'x-prerender-revalidate', 'x-edge-runtime', 'x-gatehouse-oversized'],
    ...[
      'connection',
      'keep-alive',
      'te',
      'trailer',
      'transfer-encoding',
      'upgrade',
      'content-length',
      'content-encoding',
    ],
    ...['content-location', 'location', 'server', 'via', 'date', 'x-powered-by', 'x-request-id', 'dpop-nonce'],
  ])('%s never comes back, not even when the entry names it', (name) => {
    expect(returned({ [name]: 'x' })).toEqual({});
  });

  it.each(['x-total-count', 'x-page', 'server-timing', 'x-robots-tag', 'etag-of-list'])(
    '%s comes back when the entry names it, and not otherwise',
    (name) => {
      expect([returned({ [name]: 'x' }), returned({ [name]: 'x' }, [])]).toEqual([{ [name]: 'x' }, {}]);
    },
  );

  it.each([
    ...['content-type', 'content-language', 'content-disposition', 'content-range', 'accept-ranges', 'etag'],
    ...['last-modified', 'retry-after', 'allow', 'preference-applied', 'deprecation', 'sunset', 'ratelimit'],
    ...['ratelimit-policy', 'ratelimit-remaining', 'x-ratelimit-limit'],
  ])('%s comes back', (name) => {
    expect(returned({ [name]: 'x' }, [])).toEqual({ [name]: 'x' });
  });
});

it.each<[string | null, string, string | null]>([
  ['203.0.113.7', 'for=203.0.113.7;host="site.example:8443";proto=https', '203.0.113.7'],
  ['2001:db8::1', 'for="[2001:db8::1]";host="site.example:8443";proto=https', '2001:db8::1'],
  [null, 'host="site.example:8443";proto=https', null],
])('the way of a client at %s is told in both forms (RFC 7239 §4)', (address, forwarded, forwardedFor) => {
  expect(Object.fromEntries(forwardedHeaders(address, 'https://site.example:8443'))).toEqual({
    forwarded,
    ...(forwardedFor && { 'x-forwarded-for': forwardedFor }),
    'x-forwarded-host': 'site.example:8443',
    'x-forwarded-proto': 'https',
  });
});

describe('what the upstream says of caching', () => {
  const said = (value: string | null, isPersonal: boolean) =>
    cachingOf(new Headers(value === null ? {} : { 'cache-control': value }), isPersonal);

  it.each([
    ['public, max-age=60', 'private, max-age=60'],
    ['max-age=60', 'private, max-age=60'],
    ['s-maxage=600, max-age=5', 'private, max-age=5'],
    ['PUBLIC,S-MAXAGE=9', 'private'],
    ['private="x-a, public", max-age=1', 'private, max-age=1'],
    ['no-cache="set-cookie", must-revalidate', 'private, no-cache="set-cookie", must-revalidate'],
    ['no-store', 'private, no-store'],
    ['immutable, stale-while-revalidate=30, proxy-revalidate', 'private, immutable, stale-while-revalidate=30'],
    ['surrogate="public', 'private'],
    ['', 'private'],
  ])('“%s” is “%s” for a person', (value, expected) => {
    expect(said(value, true)).toBe(expected);
  });

  it('stays as it is for what is the same for all, and is nothing where it says nothing', () => {
    expect([said('public, s-maxage=9', false), said(null, false), said(null, true)]).toEqual([
      'public, s-maxage=9',
      null,
      null,
    ]);
  });
});

describe('a content type', () => {
  it.each([
    ['application/json', true],
    ['Application/JSON; charset=utf-8', true],
    ['application/problem+json', true],
    ['application/vnd.api+json;version=1', true],
    ['application/jsonx', false],
    ['text/html', false],
    ['text/html; x=application/json', false],
    ['application/json, text/html', false],
    ['application/json; charset=utf-8, text/html', false],
    ['application/xhtml+xml', false],
    ['', false],
  ])('%s is JSON: %s', (type, expected) => {
    expect(isJson(type)).toBe(expected);
  });

  it.each([
    ['text/event-stream', true],
    ['Text/Event-Stream;charset=utf-8', true],
    ['text/event-streams', false],
    ['text/event-stream, text/html', false],
  ])('%s is a stream of events: %s', (type, expected) => {
    expect(isEventStream(type)).toBe(expected);
  });

  it.each([
    [null, true],
    ['gzip', true],
    ['BR', true],
    ['deflate', true],
    ['identity', true],
    ['zstd', false],
    ['gzip, gzip', false],
    ['gzip, zstd', false],
    ['x', false],
  ])('an encoding %s can be decoded: %s', (encoding, expected) => {
    expect(isDecoded(encoding)).toBe(expected);
  });
});
