import { headers } from 'next/headers';
import { forbidden, unauthorized } from 'next/navigation';
import { cache } from 'react';
import { readSettings } from '../configuration.ts';
import { createSealer, type Sealer } from '../crypto/seal.ts';
import { PROBLEM_HEADER, type ShownProblem } from '../pages/own-page.ts';
import { requirementsFault } from '../policy/check-rules.ts';
import { freshness } from '../policy/freshness.ts';
import type { Requirements } from '../policy/rule.ts';
import { verdict } from '../policy/rules.ts';
import { publicSession } from '../session/public-session.ts';
import { openSession } from '../session/session-cookie.ts';
import type { GatehouseConfig } from '../site-configuration.ts';
import { SERVER_CODE_GRACE_SECONDS } from '../timing.ts';
import type { PublicSession, Session } from '../types/session.ts';
import type { Settings } from '../types/settings.ts';
import { environmentOf } from './environment.ts';
import { depsOf } from './server-deps.ts';
import { createSessionHelpers, type SessionHelpers } from './server-sessions.ts';
import { createTokenHelpers, type TokenHelpers } from './server-tokens.ts';

/**
 * A request as a site's server code has it: `IncomingMessage` of Node (`getServerSideProps`, API routes), or `Request`.
 */
export interface RequestLike {
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What a site's server code asks the gate. */
export interface ServerHelpers extends SessionHelpers, TokenHelpers {
  /**
   * The session of a request; null without one.
   *
   * The cookie is opened here and no header is trusted, so a path that slipped past the middleware still has no session.
   * Whether the session was ended elsewhere is for the middleware to ask; here there is no network.
   *
   * @param request for the Pages Router: the request that `getServerSideProps` or an API route was called with. Server
   *   components, route handlers and Server Actions leave it out, and the session is that of the current request.
   * @throws {ConfigError} when the environment is not a complete configuration
   * @example const session = await getSession();
   * @example
   * // pages/account.tsx
   * export const getServerSideProps = async ({ req }) => ({ props: { session: await getSession(req) } });
   */
  getSession(request?: RequestLike): Promise<PublicSession | null>;
  /**
   * The session of the current request; without one the answer is a 401 (`app/unauthorized.tsx` for pages). For the App
   * Router: the Pages Router has no `unauthorized()` and asks `getSession(request)`.
   *
   * @param requirements what it must have, as in a rule: else 403 (`app/forbidden.tsx`), or 401 when a stronger or a more
   *   recent sign-in would do. The gate sends the browser to that sign-in; behind it this is the second lock.
   * @throws {TypeError} when a requirement is misspelt or malformed
   * @example const { user } = await requireSession({ roles: ['admin'] });
   */
  requireSession(requirements?: Requirements): Promise<PublicSession>;
  /**
   * For a page that `pages` of the configuration names: what the gate could not do for this request; null when a person
   * opened the page by its own address. What a client sends does not count: the gate seals it.
   *
   * @param request for the Pages Router, as for `getSession`
   * @example const problem = await getProblem();
   */
  getProblem(request?: RequestLike): Promise<ShownProblem | null>;
}

/**
 * The helpers of a site, by the configuration that its `gatehouse()` has. Of that they need the variables, and for events
 * `onEvent`: rules are the middleware's, and what `requireSession` asks for is named in its call. So a site whose configuration
 * has neither imports the helpers as they are, and has no second configuration by that.
 *
 * The variables are read at the first call, because a build needs none of them.
 *
 * @param site the configuration that `gatehouse()` has
 * @example
 * // session.ts of a site whose configuration has `env` or `onEvent`
 * import { createServerHelpers } from 'next-gatehouse/server';
 * import site from './gatehouse.config';
 *
 * export const { getSession, requireSession, getProblem, getAccessToken, fetchAsUser, listSessions, endSession } =
 *   createServerHelpers(site);
 */
export function createServerHelpers(site: GatehouseConfig): ServerHelpers {
  let made: { readonly settings: Settings; readonly sealer: Sealer } | undefined;
  const deps = () => {
    if (!made) {
      const settings = readSettings(environmentOf(site));
      made = { settings, sealer: createSealer({ settings, now: Date.now }) };
    }
    return made;
  };
  // First the headers: by that a build learns that this page is dynamic, before an environment is needed. And not `cookies()`,
  // which has one cookie of a name where two were sent, and knows them decoded: two cookies of the name are no session.
  const current = cache(async () => openedIn(await headers(), deps));
  const opened = (request?: RequestLike) => (request ? openedIn(headersOf(request), deps) : current());
  const sent = async (request?: RequestLike) => (request ? headersOf(request) : headers());
  const asked = async (request?: RequestLike) => withTokens(await opened(request));
  const all = depsOf(site);
  return {
    ...createSessionHelpers(all, asked),
    ...createTokenHelpers(all, opened, sent),
    async getSession(request) {
      const session = await asked(request);
      return session && publicSession(session);
    },
    async requireSession(requirements) {
      const fault = requirements === undefined ? undefined : requirementsFault(requirements);
      if (fault) throw new TypeError(`requireSession: ${fault}`); // a misspelt requirement would require nothing
      const session = (await asked()) ?? unauthorized();
      const now = Math.floor(Date.now() / 1000);
      const { clockToleranceSeconds } = deps().settings.provider;
      const met = requirements && verdict({ path: '/*', allow: requirements }, session, now, clockToleranceSeconds);
      if (met === 'forbidden') forbidden();
      if (met === 'step-up') unauthorized();
      return publicSession(session);
    },
    async getProblem(request) {
      const sealed = (await sent(request)).get(PROBLEM_HEADER);
      const opened = sealed === null ? null : await deps().sealer.open('problem', sealed);
      return opened && (opened.problem as ShownProblem);
    },
  };
}

/** Those of a site whose variables are in `process.env`, where Next puts them. */
export const {
  getSession,
  requireSession,
  getProblem,
  getAccessToken,
  fetchAsUser,
  listSessions,
  endSession,
  endSessionsOf,
} = createServerHelpers({});

/** The session of a request, whatever its tokens are worth. */
async function openedIn(
  sent: Pick<Headers, 'get' | 'has'>,
  deps: () => { readonly settings: Settings; readonly sealer: Sealer },
): Promise<Session | null> {
  // With the id of the build in this header Next lets a request pass by the middleware, and a browser in Draft Mode knows it.
  // No browser sends the header.
  if (sent.has('x-prerender-revalidate')) return null;
  const { session } = await openSession(sent.get('cookie'), deps());
  return session && worth(session) !== 'ended' ? session : null;
}

/** @param secondsAgo when the session is looked at */
const worth = (session: Session, secondsAgo = 0) => freshness(session, Math.floor(Date.now() / 1000) - secondsAgo);

/** A session with tokens that are over waits for the middleware to renew them, unless they were not when this request passed it. */
const withTokens = (session: Session | null): Session | null =>
  session && worth(session, SERVER_CODE_GRACE_SECONDS) !== 'expired' ? session : null;

/**
 * The headers of a request of Node, whose names are in lower case, by the methods of the web's. All cookies stand in one
 * value there, also where HTTP/2 brought them in several (RFC 9113 §8.2.3).
 */
function headersOf({ headers: sent }: RequestLike): Pick<Headers, 'get' | 'has'> {
  if (isOfTheWeb(sent)) return sent;
  return {
    has: (name) => sent[name] !== undefined,
    get(name) {
      const value = sent[name];
      return value === undefined ? null : [value].flat().join('; ');
    },
  };
}

/** By its methods: a runtime may have several classes of this name. */
const isOfTheWeb = (sent: RequestLike['headers']): sent is Headers => typeof sent.get === 'function';
