import type { Log, Rule } from './types';

// The one file that a site owner edits.

/**
 * Who may open what.
 *
 * The first rule whose path matches decides; a path that no rule names needs a session. `/*` at the end matches
 * everything below. Paths are compared decoded, with slashes collapsed and dot segments resolved.
 */
export const rules: readonly Rule[] = [
  { path: '/', allow: 'public' },
  { path: '/signed-out', allow: 'public' },
  // Browsers fetch these without cookies, so a rule that asks for a session could never be met.
  { path: '/favicon.ico', allow: 'public' },
  { path: '/icon.svg', allow: 'public' },
  { path: '/robots.txt', allow: 'public' },
  { path: '/.well-known/*', allow: 'public' },
  { path: '/admin', allow: { roles: ['admin'] } },
  { path: '/admin/*', allow: { roles: ['admin'] } },
];

/** Where events go: one JSON object per line on standard output, where Vercel and every log shipper look for it. */
export const sink: Log = (event) => console.log(JSON.stringify(event));
