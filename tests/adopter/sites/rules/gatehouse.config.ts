import { defineRules, type GatehouseConfig } from 'next-gatehouse';

const rules = defineRules([
  { path: '/', allow: 'optional' },
  { path: '/about', allow: 'public' },
  { path: '/signed-out', allow: 'public' },
  { path: '/robots.txt', allow: 'public' },
  { path: '/api/echo', allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
]);

export default { rules } satisfies GatehouseConfig;
