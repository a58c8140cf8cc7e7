import { describe, expect, it } from 'vitest';
import { env, type Upstream } from '../../lib/policy/upstream';
import { defineUpstreams } from '../../lib/policy/upstreams';

const to = env('BACKEND_API_URL');
const token = 'user';

describe('a table of upstreams', () => {
  it('is what it was given, when it makes sense', () => {
    const table = [
      { path: '/api/backend/*', to, token },
      { path: '/café/menu_1.html', to: 'https://menu.example', token: 'none' },
      { path: '/.well-known/x', to: 'HTTPS://Menu.example:8443/v1/@me/', token: 'optional', caching: 'upstream' },
      { path: '/authors/*', to: 'http://authors:8080', token, methods: ['GET', 'POST'], timeout: 300 },
      { path: '/a/*', to, token, resource: 'https://a.example/api', scope: 'read write', timeout: 1.5 },
      {
        path: '/b/*',
        to,
        token,
        requestHeaders: ['X-Tenant'],
        responseHeaders: ['X-Total-Count', 'X-Next-Page', 'Language'],
      },
      { path: '/c', to, token, resource: 'urn:example:api', timeout: 99 },
    ] as const;
    expect(defineUpstreams(table)).toBe(table);
  });

  it('may be computed, in whole or at its end', () => {
    const given: readonly Upstream[] = [{ path: '/x', to, token: 'none' }];
    const seconds: number = 20;
    const address: string = 'https://y.example';
    const computed = ['a', 'b'].map((name) => ({ path: `/${name}/*`, to, token: 'user' }) as const);
    const table = defineUpstreams([
      ...given,
      { path: '/y', to: address, token: 'user', timeout: seconds },
      ...computed,
    ]);
    expect(table.map(({ path }) => path)).toEqual(['/x', '/y', '/a/*', '/b/*']);
  });
});

/** Each of these lines is refused by the compiler; `npm run typecheck` fails for one that is not. */
describe('what does not compile', () => {
  it('is a path that no request could have, or that is not an upstream’s to take', () => {
    // @ts-expect-error a parameter
    defineUpstreams([{ path: '/api/:name/*', to, token }]);
    // @ts-expect-error a star between
    defineUpstreams([{ path: '/api/*/x', to, token }]);
    // @ts-expect-error a star behind letters
    defineUpstreams([{ path: '/api*', to, token }]);
    // @ts-expect-error a slash at the end
    defineUpstreams([{ path: '/api/', to, token }]);
    // @ts-expect-error a query
    defineUpstreams([{ path: '/api?x=1', to, token }]);
    // @ts-expect-error an encoded character
    defineUpstreams([{ path: '/caf%C3%A9/*', to, token }]);
    // @ts-expect-error a dot segment
    defineUpstreams([{ path: '/a/../b', to, token }]);
    // @ts-expect-error two slashes
    defineUpstreams([{ path: '//api/*', to, token }]);
    // @ts-expect-error no slash in front
    defineUpstreams([{ path: 'api/*', to, token }]);
    // @ts-expect-error the whole site
    defineUpstreams([{ path: '/*', to, token }]);
    // @ts-expect-error the routes of the gate
    defineUpstreams([{ path: '/auth/*', to, token }]);
    // @ts-expect-error a path below them, in another case
    defineUpstreams([{ path: '/Auth/api', to, token }]);
    // @ts-expect-error what Next answers
    defineUpstreams([{ path: '/_next/data/*', to, token }]);
    defineUpstreams([
      { path: '/api/*', to, token },
      // @ts-expect-error behind an upstream that makes sense
      { path: '/api2/', to, token },
    ]);
  });

  it('is an address that is no origin with a path', () => {
    // @ts-expect-error no scheme
    defineUpstreams([{ path: '/api/*', to: 'api.example', token }]);
    // @ts-expect-error another scheme
    defineUpstreams([{ path: '/api/*', to: 'ftp://api.example', token }]);
    // @ts-expect-error a path
    defineUpstreams([{ path: '/api/*', to: '/other', token }]);
    // @ts-expect-error no host
    defineUpstreams([{ path: '/api/*', to: 'https:///v1', token }]);
    // @ts-expect-error a query
    defineUpstreams([{ path: '/api/*', to: 'https://api.example/?key=1', token }]);
    // @ts-expect-error a fragment
    defineUpstreams([{ path: '/api/*', to: 'https://api.example/#v1', token }]);
    // @ts-expect-error credentials
    defineUpstreams([{ path: '/api/*', to: 'https://user:password@api.example/v1', token }]);
    // @ts-expect-error a text that is not the name of a variable
    defineUpstreams([{ path: '/api/*', to: 'BACKEND_API_URL', token }]);
  });

  it('is a header that never passes the gate', () => {
    // @ts-expect-error the gate's cookies
    defineUpstreams([{ path: '/api/*', to, token, requestHeaders: ['Cookie'] }]);
    // @ts-expect-error the client's own token
    defineUpstreams([{ path: '/api/*', to, token, requestHeaders: ['X-Tenant', 'authorization'] }]);
    // @ts-expect-error an address that any client can write
    defineUpstreams([{ path: '/api/*', to, token, requestHeaders: ['X-Forwarded-For'] }]);
    // @ts-expect-error of one connection
    defineUpstreams([{ path: '/api/*', to, token, requestHeaders: ['transfer-encoding'] }]);
    // @ts-expect-error no name
    defineUpstreams([{ path: '/api/*', to, token, requestHeaders: ['x tenant'] }]);
    // @ts-expect-error a name with its value
    defineUpstreams([{ path: '/api/*', to, token, requestHeaders: ['x-tenant: 7'] }]);
    // @ts-expect-error cookies of the upstream
    defineUpstreams([{ path: '/api/*', to, token, responseHeaders: ['Set-Cookie'] }]);
    // @ts-expect-error a command to Next
    defineUpstreams([{ path: '/api/*', to, token, responseHeaders: ['x-middleware-rewrite'] }]);
    // @ts-expect-error CORS
    defineUpstreams([{ path: '/api/*', to, token, responseHeaders: ['Access-Control-Allow-Origin'] }]);
    // @ts-expect-error what a browser loads or runs
    defineUpstreams([{ path: '/api/*', to, token, responseHeaders: ['Link'] }]);
    // @ts-expect-error another member says what of caching passes
    defineUpstreams([{ path: '/api/*', to, token, responseHeaders: ['cache-control'] }]);
  });

  it('is a target without a token', () => {
    // @ts-expect-error a resource
    defineUpstreams([{ path: '/api/*', to, token: 'none', resource: 'https://api.example' }]);
    // @ts-expect-error a scope
    defineUpstreams([{ path: '/api/*', to, token: 'none', scope: 'read' }]);
    // @ts-expect-error a resource that is no URI
    defineUpstreams([{ path: '/api/*', to, token, resource: 'api' }]);
    // @ts-expect-error a resource with a fragment (RFC 8707 §2)
    defineUpstreams([{ path: '/api/*', to, token, resource: 'https://api.example#a' }]);
    // @ts-expect-error no scope
    defineUpstreams([{ path: '/api/*', to, token, scope: '' }]);
    // @ts-expect-error a space at the end
    defineUpstreams([{ path: '/api/*', to, token, scope: 'read ' }]);
  });

  it('is a misspelt or missing member', () => {
    // @ts-expect-error not `method`
    defineUpstreams([{ path: '/api/*', to, token, method: ['GET'] }]);
    // @ts-expect-error not `get`
    defineUpstreams([{ path: '/api/*', to, token, methods: ['get'] }]);
    // @ts-expect-error not `session`
    defineUpstreams([{ path: '/api/*', to, token: 'session' }]);
    // @ts-expect-error no token
    defineUpstreams([{ path: '/api/*', to }]);
    // @ts-expect-error no address
    defineUpstreams([{ path: '/api/*', token }]);
    // @ts-expect-error no time at all
    defineUpstreams([{ path: '/api/*', to, token, timeout: 0 }]);
    // @ts-expect-error milliseconds
    defineUpstreams([{ path: '/api/*', to, token, timeout: 20_000 }]);
    // @ts-expect-error too long
    defineUpstreams([{ path: '/api/*', to, token, timeout: 301 }]);
    // @ts-expect-error `private` is the default
    defineUpstreams([{ path: '/api/*', to, token, caching: 'private' }]);
  });
});
