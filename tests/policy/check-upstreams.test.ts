import { describe, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import { upstreamFaults } from '../../lib/policy/check-upstreams';
import { env, type Upstream } from '../../lib/policy/upstream';
import { resolveUpstreams, upstreamFor } from '../../lib/policy/upstreams';
import { createWorld } from '../world/world';

const path = '/api/*';
const to = 'https://api.example';
const token = 'user';
const first = { path: '/first/*', to, token: 'none' };
const faultOf = (upstream: unknown) => upstreamFaults([first, upstream])['upstreams[1]'];

describe('a table of upstreams at run time', () => {
  it.each<[string, unknown]>([
    ['a path of its own', { path: '/api', to, token }],
    ['everything below a path', { path, to, token }],
    ['the start page', { path: '/', to, token }],
    ['a path that begins as one of the gate does', { path: '/authors/*', to, token }],
    ['a variable', { path, to: { variable: 'API_URL' }, token }],
    ['an address with a port and a path', { path, to: 'https://api.example:8443/v1/', token }],
    ['a resource and a scope', { path, to, token: 'optional', resource: 'urn:api', scope: 'a:read b' }],
    ['methods, a timeout and caching', { path, to, token, methods: ['GET'], timeout: 300, caching: 'upstream' }],
    ['headers', { path, to, token, requestHeaders: ['X-Tenant'], responseHeaders: ['x-total'] }],
  ])('is in order with %s', (_, upstream) => {
    expect(faultOf(upstream)).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['no object', '/api', 'must be an object'],
    ['a misspelt member', { path, to, token, method: ['GET'] }, 'has an unknown member'],
    ['a parameter', { path: '/:tenant/*', to, token }, 'path must be'],
    ['a star between', { path: '/a/*/b', to, token }, 'path must be'],
    ['a slash at the end', { path: '/api/', to, token }, 'path must be'],
    ['a query', { path: '/api?x', to, token }, 'path must be'],
    ['an encoded character', { path: '/caf%C3%A9', to, token }, 'path must be'],
    ['the whole site', { path: '/*', to, token }, 'path must be'],
    ['no path', { to, token }, 'path must be'],
    ['a route of the gate', { path: '/auth/session', to, token }, 'path must not lie below /auth'],
    ['a route of the gate in another case', { path: '/AUTH/*', to, token }, 'path must not lie below /auth'],
    ['what Next answers', { path: '/_next/image', to, token }, 'path must not lie below /auth or /_next'],
    ['no address', { path, token }, "to must be a URL, or env('NAME')"],
    ['a variable without a name', { path, to: { variable: '' }, token }, "to must be a URL, or env('NAME')"],
    ['a relative address', { path, to: '/other', token }, 'to is not an absolute URL'],
    ['an empty address', { path, to: ' ', token }, 'to is required'],
    ['another scheme', { path, to: 'ws://api.internal', token }, 'to must be https'],
    ['credentials', { path, to: 'https://a:b@api.example', token }, 'to must not have user information'],
    ['a query in the address', { path, to: 'https://api.example/?k=1', token }, 'to must not have'],
    ['a fragment in the address', { path, to: 'https://api.example/#', token }, 'to must not have'],
    ['an unknown method', { path, to, token, methods: ['get'] }, 'methods must be'],
    ['no method', { path, to, token, methods: [] }, 'methods must be'],
    ['a timeout that is a text', { path, to, token, timeout: '20' }, 'timeout must be'],
    ['a timeout of milliseconds', { path, to, token, timeout: 20_000 }, 'timeout must be'],
    ['no time', { path, to, token, timeout: 0 }, 'timeout must be'],
    ['NaN seconds', { path, to, token, timeout: Number.NaN }, 'timeout must be'],
    ['caching that is unknown', { path, to, token, caching: 'public' }, "caching must be 'upstream'"],
    ['headers that are no list', { path, to, token, requestHeaders: 'x-tenant' }, 'requestHeaders must be a list'],
    ['a header with its value', { path, to, token, responseHeaders: ['x: 1'] }, 'responseHeaders must be a list'],
    ['no token', { path, to }, 'token must be'],
    ['an unknown token', { path, to, token: 'session' }, 'token must be'],
    ['a resource without a token', { path, to, token: 'none', resource: 'urn:api' }, 'resource and scope need a token'],
    ['a scope without a token', { path, to, token: 'none', scope: 'a' }, 'resource and scope need a token'],
    ['a resource that is no URI', { path, to, token, resource: 'api' }, 'resource must be an absolute URI'],
    ['a resource with a fragment', { path, to, token, resource: 'https://a/#b' }, 'resource must be an absolute URI'],
    ['no scope', { path, to, token, scope: '' }, 'scope must be'],
    ['two spaces in a scope', { path, to, token, scope: 'a  b' }, 'scope must be'],
    ['a path within an earlier one', { path: '/first/x', to, token }, 'is never reached, because upstreams[0]'],
    ['the path of an earlier one', { path: '/first/*', to, token, methods: ['GET'] }, 'is never reached'],
    ['the path before the star of an earlier one', { path: '/first', to, token }, 'is never reached'],
  ])('is at fault with %s', (_, upstream, text) => {
    expect(faultOf(upstream)).toContain(text);
  });

  it.each([
    ...[
      'Cookie',
      'authorization',
      'Host',
      'connection',
      'proxy-authorization',
      'te',
      'content-length',
      'expect',
      'via',
    ],
    ...['forwarded', 'x-forwarded-for', 'x-real-ip', 'x-middleware-subrequest', 'x-nextjs-data', 'rsc', 'next-action'],
    ...['sec-fetch-site', 'origin', 'dpop', 'x-vercel-id', 'x-prerender-revalidate', 'Transfer-Encoding'],
    ...['trailer', 'trailers', 'keep-alive', 'upgrade', 'x-gatehouse-a', 'x-invoke-path', 'x-matched-path', 'x-now-id'],
    ...['x-original-url', 'x-rewrite-url', 'forwarded-for', 'accept-encoding', 'content-encoding', 'x-action-a'],
  ])('never passes the request header %s', (name) => {
    const text = 'requestHeaders has a header that never passes the gate';
    expect(faultOf({ path, to, token, requestHeaders: ['x-tenant', name] })).toBe(text);
  });

  it.each([
    ...[
      'Set-Cookie',
      'set-cookie2',
      'x-middleware-rewrite',
      'x-nextjs-redirect',
      'x-action-redirect',
      'rsc',
      'location',
    ],
    ...['x-matched-path', 'access-control-allow-origin', 'content-encoding', 'connection', 'strict-transport-security'],
    ...['content-security-policy', 'content-security-policy-report-only', 'clear-site-data', 'refresh', 'nel'],
    ...['service-worker-allowed', 'www-authenticate', 'cache-control', 'x-frame-options', 'cross-origin-opener-policy'],
    ...['link', 'sourcemap', 'x-sourcemap', 'age', 'expires', 'vary', 'pragma', 'date', 'server', 'content-location'],
    ...[
      'permissions-policy',
      'reporting-endpoints',
      'report-to',
      'sec-a',
      'speculation-rules',
      'alt-svc',
      'dpop-nonce',
    ],
    ...['cdn-cache-control', 'x-accel-redirect', 'x-sendfile-a', 'x-powered-by', 'x-forwarded-a', 'x-request-id'],
    ...['authorization', 'cookie', 'referrer-policy', 'next-a', 'x-gatehouse-a', 'keep-alive', 'trailer', 'via'],
  ])('never passes the response header %s', (name) => {
    const text = 'responseHeaders has a header that never passes the gate';
    expect(faultOf({ path, to, token, responseHeaders: [name] })).toBe(text);
  });

  it('takes an exception before what it is an exception from', () => {
    const inner = { path: '/first/x/*', to, token };
    expect(upstreamFaults([inner, first])).toEqual({});
    expect(upstreamFaults([{ ...first, path: '/first' }, first])).toEqual({});
    expect(upstreamFaults([null, first])).toEqual({ 'upstreams[0]': 'must be an object' });
  });

  it('names eight pairs of resource and scope at most: a session keeps as many further tokens', () => {
    const entry = (index: number, target: object) => ({ path: `/api-${index}/*`, to, token, ...target });
    const eight = Array.from({ length: 8 }, (_, index) => entry(index, { resource: 'urn:api', scope: `s${index} a` }));
    const same = entry(8, { resource: 'urn:api', scope: 'a s0' });
    expect(upstreamFaults([...eight, same, entry(9, {})])).toEqual({});
    const fault = 'has a ninth pair of resource and scope: a session keeps 8 tokens';
    expect(upstreamFaults([...eight, same, entry(9, { scope: 's0 a' }), entry(10, {})])).toEqual({
      'upstreams[9]': fault,
    });
  });

  it('must be a list', () => {
    for (const table of [{}, 'all', null, 7]) expect(Object.keys(upstreamFaults(table))).toEqual(['upstreams']);
  });
});

describe('the address of an upstream', () => {
  const faultAt = (address: string | undefined) =>
    upstreamFaults([{ path, to: env('API_URL'), token }], { API_URL: address }).API_URL;

  it.each([
    'https://api.example/v1',
    'http://localhost:4000',
    'http://127.0.0.1:4000',
    'http://[::1]:4000/x',
    'http://api:8080',
    'http://api.default.svc:80',
    'http://api.default.svc.cluster.local',
    'http://api.railway.internal',
    'http://printer.home.arpa',
    'http://10.1.2.3',
    'http://172.16.0.1',
    'http://172.31.255.1',
    'http://192.168.1.10:3000',
    'http://[fd12:3456::1]:8080',
    ' https://api.example ',
  ])('may be %s', (address) => {
    expect(faultAt(address)).toBeUndefined();
  });

  it.each([
    'http://api.example',
    'http://8.8.8.8',
    'http://172.32.0.1',
    'http://172.15.0.1',
    'http://192.169.1.1',
    'http://169.254.169.254/latest/meta-data',
    'http://[fc:1::7]', // which is 00fc
    'http://[fe80::1]',
    'http://[2001:db8::1]',
    'http://[::ffff:8.8.8.8]',
    'http://134744072', // 8.8.8.8 as one number
    'http://0.0.0.0',
    'http://10.example.com',
    'http://10.1.2.3.example.com',
    'http://internal.example.com',
    'http://api.internal.example.com',
    'http://localhost.example.com',
    'ftp://api.example',
  ])('is a fault where it is %s', (address) => {
    expect(faultAt(address)).toBe('must be https, or http to a host of a private network');
  });

  it('is named by its variable, where that is missing or no URL', () => {
    expect([faultAt(undefined), faultAt('  ')]).toEqual(['is required', 'is required']);
    expect(faultAt('api.example')).toBe('is not an absolute URL');
    expect(faultAt('https://a:b@api.example')).toBe('must not have user information, a query or a fragment');
  });

  it('is not looked for where there is no environment', () => {
    expect(upstreamFaults([{ path, to: env('API_URL'), token }])).toEqual({});
  });

  it('is resolved, so that an upstream has one spelling of it', () => {
    const base = (address: string) => resolveUpstreams([{ path, to: env('A'), token }], { A: address })[0]?.base;
    expect(base(' HTTPS://Api.Example:443/v1/x/../ ')).toBe('https://api.example/v1');
    expect(base('https://api.example')).toBe('https://api.example');
  });
});

describe('the upstream of a path', () => {
  const resolved = resolveUpstreams(
    [
      { path: '/api/reports/*', to: 'https://reports.example', token },
      { path, to, token },
      { path: '/status', to: 'https://status.example', token: 'none' },
    ],
    {},
  );
  const at = (...readings: string[]) => {
    const found = upstreamFor(resolved, readings);
    return typeof found === 'string' ? found : found?.base;
  };

  it.each<[base: string | undefined, readings: string[]]>([
    ['https://reports.example', ['/api/reports']],
    ['https://reports.example', ['/api/reports/7']],
    ['https://api.example', ['/api/reportsX']],
    ['https://api.example', ['/api']],
    ['https://status.example', ['/status']],
    [undefined, ['/status/x']],
    [undefined, ['/apis']],
    [undefined, ['/API/x']],
    ['unreadable', ['/api/x', '/elsewhere']],
    ['unreadable', ['/elsewhere', '/api/x']],
  ])('is %s for %j', (base, readings) => {
    expect(at(...readings)).toBe(base);
  });
});

it('shows no page while an upstream is at fault: 503, and the log names it beside the other variables', async () => {
  const { env: variables, site } = await createWorld();
  const logged: unknown[] = [];
  const upstreams = [
    { path, to: env('REPORTS_API_URL'), token },
    { path: '/b', to: 'b', token },
  ] as readonly Upstream[];
  const load = () => createDeps({ ...variables, SSO_CLIENT_ID: '' }, [{ path: '/*', allow: 'public' }], upstreams);
  const gate = createGate({ load, log: (event) => logged.push(event) });
  const answer = await gate(new Request(`${site}/`), { pathname: '/', waitUntil() {} });
  if (!(answer instanceof Response)) throw new Error('let through');
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'MISCONFIGURED' });
  expect(logged).toContainEqual({
    event: 'misconfigured',
    variables: {
      SSO_CLIENT_ID: 'is required',
      REPORTS_API_URL: 'is required',
      'upstreams[1]': 'to is not an absolute URL',
    },
  });
});
