import { headers } from 'next/headers';
import { forbidden, unauthorized } from 'next/navigation';
import { cache } from 'react';
import { parseConfig } from '../config';
import { createSealer, type Sealer } from '../crypto/seal';
import { freshness } from '../policy/freshness';
import { verdict } from '../policy/rules';
import { openSession } from '../session/session';
import type { Config, Demands, Session } from '../types';

let keys: { readonly config: Config; readonly sealer: Sealer } | undefined;

function desks() {
  if (!keys) {
    const config = parseConfig(process.env);
    keys = { config, sealer: createSealer({ config, now: Date.now }) };
  }
  return keys;
}

/**
 * The session of the current request, in server components, route handlers and server actions; null when nobody is
 * signed in.
 *
 * It opens the cookie itself and believes no header, so a path that slipped past the middleware still has no session.
 * Whether the session was ended elsewhere is the middleware's question; here no network is asked.
 */
export const getSession: () => Promise<Session | null> = cache(async () => {
  // First: it tells a build that this page is dynamic, before an environment is needed. And not `cookies()`, which has one
  // cookie of a name where two were sent, and knows them decoded: what is nobody's session would become one.
  const sent = await headers();
  // With the id of the build in this header Next lets a request pass by the middleware, and a visitor in Draft Mode knows it.
  // No browser sends the header.
  if (sent.has('x-prerender-revalidate')) return null;
  const { session } = await openSession(sent.get('cookie'), desks());
  if (!session) return null;
  const worth = freshness(session, Math.floor(Date.now() / 1000));
  return worth === 'fresh' || worth === 'due' ? session : null;
});

/**
 * The session of the current request; without one the answer is a 401 (`app/unauthorized.tsx` for pages).
 *
 * @param demands what it must have, as in a rule: else 403 (`app/forbidden.tsx`), or 401 when a stronger or a more recent
 *   sign-in would do. The gate sends people to that sign-in; behind it this is the second lock.
 */
export async function requireSession(demands?: Demands): Promise<Session> {
  const session = (await getSession()) ?? unauthorized();
  const met = demands && verdict({ path: '/*', allow: demands }, session, Math.floor(Date.now() / 1000));
  if (met === 'forbidden') forbidden();
  if (met === 'step-up') unauthorized();
  return session;
}
