import type { Log } from './events';
import { defineRules } from './policy/rules';

// The one file that a site owner edits.

/**
 * Who may open what.
 *
 * The first rule whose path and method match decides; a path that no rule names needs a session. `:name` stands for one
 * segment, `/*` at the end for the path before it and everything below. Paths are compared decoded, with slashes
 * collapsed and dot segments resolved, without `basePath` and locale. `npm run routes` shows which rule has which route.
 */
export const rules = defineRules([
  { path: '/', allow: 'optional' },
  { path: '/signed-out', allow: 'public' },
  // Browsers fetch these without cookies, so a rule that asks for a session could never be met.
  { path: '/favicon.ico', allow: 'public' },
  { path: '/icon.svg', allow: 'public' },
  { path: '/robots.txt', allow: 'public' },
  { path: '/.well-known/*', allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
  // Signed in with a second factor within five minutes, and no session that was ended elsewhere, not even for seconds.
  { path: '/vault/*', allow: { acr: ['urn:sso:loa:mfa'], maxAge: 300 }, fresh: true },
]);

/**
 * Server Actions that anybody may call, by the name under which they are exported; `npm run routes` fails when another
 * one can be called at a page that is open.
 */
export const openActions: readonly string[] = [];

/**
 * Whether Draft Mode or preview data may be used: their users get an id of the build with which Next skips the middleware,
 * where no `supportGate()` removes it (Vercel). `npm run routes` fails for a build that uses them unless this is true.
 */
export const allowsDraftMode: boolean = false;

/** Where events go: one JSON object per line on standard output, where Vercel and every log shipper look for it. */
export const sink: Log = (event) => console.log(JSON.stringify(event));
