import { defineRules, defineUpstreams, env, type GatehouseConfig } from 'next-gatehouse';

/**
 * The rules of the stories, one for each kind that they are about. A path that no rule names needs a session, such as
 * `/dashboard`, `/account` and `/api/me`.
 */
const rules = defineRules([
  { path: '/', allow: 'optional' },
  { path: '/signed-out', allow: 'public' },
  { path: '/icon.svg', allow: 'public' },
  { path: '/.well-known/*', allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
  { path: '/vault/*', allow: { acr: ['urn:sso:loa:mfa'], maxAge: 300 }, alwaysCheck: true },
  { path: '/recent/*', allow: { maxAge: 300 } },
  { path: '/api/public/*', allow: 'public' },
  { path: '/api/maybe/*', allow: 'optional' },
  { path: '/api/backend/admin/*', allow: { roles: ['admin'] } },
  { path: '/auth/sessions', methods: ['POST'], allow: { maxAge: 300 } },
]);

/** One API under several paths, one for each kind of entry. */
const to = env('BACKEND_API_URL');
const upstreams = defineUpstreams([
  { path: '/api/backend/*', to, token: 'user', requestHeaders: ['X-Tenant'], responseHeaders: ['X-Total-Count'] },
  { path: '/api/maybe/*', to, token: 'optional' },
  { path: '/api/public/*', to, token: 'none', caching: 'upstream' },
  { path: '/api/cached/*', to, token: 'user', caching: 'upstream' },
  { path: '/api/reports/*', to, token: 'user', resource: 'https://reports.test' },
  { path: '/api/status', to, token: 'user', methods: ['GET'], timeout: 1 },
]);

export default { rules, upstreams } satisfies GatehouseConfig;
