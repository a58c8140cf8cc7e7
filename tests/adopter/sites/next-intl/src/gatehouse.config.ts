import { defineRules, type GatehouseConfig } from 'next-gatehouse';

const rules = defineRules([
  { path: '/', allow: 'optional' },
  { path: '/de', allow: 'optional' },
  { path: '/about', allow: 'public' },
  { path: '/de/about', allow: 'public' },
  { path: '/seen', allow: 'public' },
  { path: '/de/seen', allow: 'public' },
  { path: '/signed-out', allow: 'public' },
  { path: '/de/signed-out', allow: 'public' },
  { path: '/robots.txt', allow: 'public' },
  { path: '/api/echo', allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
  { path: '/de/admin/*', allow: { roles: ['admin'] } },
  { path: '/en/admin/*', allow: { roles: ['admin'] } },
]);

export default { rules, locales: ['en', 'de'] } satisfies GatehouseConfig;
