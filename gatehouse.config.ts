import { defineRules, defineUpstreams, env, type GatehouseConfig } from 'next-gatehouse';

/**
 * Who may open what.
 *
 * The first rule whose path and method match decides; a path that no rule names needs a session. `:name` stands for one
 * segment, `/*` at the end for the path before it and everything below. Paths are compared decoded, with slashes
 * collapsed and dot segments resolved, without `basePath` and locale. `npm run routes` shows which rule has which route.
 */
const rules = defineRules([
  { path: '/', allow: 'optional' },
  { path: '/signed-out', allow: 'public' },
  // Browsers fetch these without cookies, so a rule that asks for a session could never be met.
  { path: '/favicon.ico', allow: 'public' },
  { path: '/icon.svg', allow: 'public' },
  { path: '/robots.txt', allow: 'public' },
  { path: '/.well-known/*', allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
  // Signed in with a second factor within five minutes, and no session that was ended elsewhere, not even for seconds.
  { path: '/vault/*', allow: { acr: ['urn:sso:loa:mfa'], maxAge: 300 }, alwaysCheck: true },
]);

/** The API of the notes. Its path falls under the rules as every other: any session. */
const upstreams = defineUpstreams([{ path: '/api/backend/*', to: env('BACKEND_API_URL'), token: 'user' }]);

export default { rules, upstreams } satisfies GatehouseConfig;
