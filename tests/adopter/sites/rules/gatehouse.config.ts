import { defineRules, defineUpstreams, env, type GatehouseConfig } from 'next-gatehouse';

const rules = defineRules([
  { path: '/', allow: 'optional' },
  { path: '/about', allow: 'public' },
  { path: '/signed-out', allow: 'public' },
  { path: '/robots.txt', allow: 'public' },
  { path: '/api/echo', allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
]);

const upstreams = defineUpstreams([{ path: '/api/backend/*', to: env('BACKEND_API_URL'), token: 'user' }]);

export default { rules, upstreams } satisfies GatehouseConfig;
