import { defineRules, type GatehouseConfig } from 'next-gatehouse';

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
  { path: '/auth/sessions', methods: ['POST'], allow: { maxAge: 300 } },
]);

export default { rules } satisfies GatehouseConfig;
