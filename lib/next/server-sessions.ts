import { cookies } from 'next/headers';
import { cache } from 'react';
import type { Deps } from '../context.ts';
import { randomText } from '../crypto/random.ts';
import { announceEnded } from '../handlers/revoke-ended.ts';
import { isIssuer } from '../protocol/issuer.ts';
import { cookieNames } from '../session/cookies.ts';
import { deviceSessions } from '../session/public-session.ts';
import { personOf } from '../store/index-keys.ts';
import type { EndedSession, Person } from '../types/ended.ts';
import type { DeviceSession, Session } from '../types/session.ts';
import { TENANT } from '../types/settings.ts';
import { behindAnswer } from './server-deps.ts';
import type { RequestLike } from './server-session.ts';

/** What a site's server code asks about the sessions of a person, and ends of them; each call asks Redis. */
export interface SessionHelpers {
  /**
   * The sessions of the signed-in person, as `GET /auth/sessions` has them: the one that asks first, then the latest. Empty
   * without a session, also when the one of the cookie was ended elsewhere. One call to Redis, also when several components of
   * a page ask.
   *
   * @param request for the Pages Router, as in {@link ServerHelpers.getSession}
   * @throws {StoreError} (`code` is `STORE_UNAVAILABLE`) when Redis does not answer within a second
   * @throws {ConfigError} when the environment is not a complete configuration
   * @example
   * const devices = await listSessions();
   * const elsewhere = devices.filter(({ current }) => !current);
   */
  listSessions(request?: RequestLike): Promise<readonly DeviceSession[]>;
  /**
   * Ends one session of the signed-in person, in every isolate within `SESSION_CHECK_SECONDS`, and revokes its refresh token
   * behind the answer (with the Pages Router before it, for two seconds at most).
   *
   * For the session that asks it is a sign-out here, and not at the provider. A Server Action and a route handler take its
   * cookie away with their answer; elsewhere the browser keeps the cookie until the gate refuses it, within
   * `SESSION_CHECK_SECONDS`. A page that should sign out here and at the provider posts a form to `/auth/logout`.
   *
   * Whether the person may do so now is for the caller to ask: `await requireSession({ maxAge: 300 })` first.
   *
   * @param id of a session in {@link SessionHelpers.listSessions}
   * @param request for the Pages Router, as in {@link ServerHelpers.getSession}
   * @returns false when nothing was ended: the session has ended already, is another person's, or no living session asks
   * @throws {StoreError} (`code` is `STORE_UNAVAILABLE`) when Redis does not answer within a second
   * @throws {ConfigError} when the environment is not a complete configuration
   * @example
   * async function signOutDevice(form: FormData) {
   *   'use server';
   *   await requireSession();
   *   await endSession(String(form.get('id')));
   *   revalidatePath('/account');
   * }
   */
  endSession(id: string, request?: RequestLike): Promise<boolean>;
  /**
   * Ends all sessions of a person, and their sign-ins under way: for administrators, and for code that blocks an account. Their
   * refresh tokens are revoked as by {@link SessionHelpers.endSession}. **It asks for no session and no role**: the caller does.
   * The person can sign in again as long as the provider lets them.
   *
   * @param sub of the person, as the provider names them (OIDC Core §2)
   * @param options `issuer`: the `iss` of their ID tokens; needed, and only then, when `SSO_ISSUER` has `{tenantid}` in it
   * @returns how many sessions were ended
   * @throws {TypeError} without a `sub`, or with an issuer that is none of this site's
   * @throws {StoreError} (`code` is `STORE_UNAVAILABLE`) when Redis does not answer; repeated, it goes on with what was left
   * @throws {ConfigError} when the environment is not a complete configuration
   * @example
   * await requireSession({ roles: ['admin'] });
   * const ended = await endSessionsOf(user.sub);
   */
  endSessionsOf(sub: string, options?: { readonly issuer?: string }): Promise<number>;
}

/**
 * @param sessionOf the session of a request, or of the current one
 */
export function createSessionHelpers(
  deps: () => Deps,
  sessionOf: (request?: RequestLike) => Promise<Session | null>,
): SessionHelpers {
  const listed = async (request?: RequestLike) => {
    const session = await sessionOf(request);
    return session ? listOf(session, deps()) : [];
  };
  const current = cache(() => listed());
  return {
    listSessions: (request) => (request ? listed(request) : current()),
    async endSession(id, request) {
      const session = await sessionOf(request);
      if (!session) return false;
      const ended = await deps().sessionIndex.endOne(personOf(session, deps().settings.provider), id, session.id);
      if (ended === null) return false;
      if (id === session.id && !request) await forgetCookie(deps());
      await announce([ended], deps());
      return true;
    },
    async endSessionsOf(sub, options) {
      const ended = await deps().sessionIndex.endAll(personCalled(sub, options?.issuer, deps()));
      await announce(ended, deps());
      return ended.length;
    },
  };
}

async function listOf(session: Session, { sessionIndex, records, settings }: Deps): Promise<readonly DeviceSession[]> {
  const list = deviceSessions(await sessionIndex.list(personOf(session, settings.provider)), session.id);
  const isAlive = list.some(({ current }) => current) || (await records.isAlive(session.id, { onPrimary: true }));
  return isAlive ? list : [];
}

function personCalled(sub: string, issuer: string | undefined, { settings: { provider } }: Deps): Person {
  // A value that is missing must not look like a person without sessions.
  if (typeof sub !== 'string' || sub === '') throw new TypeError('endSessionsOf: sub must be a text');
  if (issuer === undefined && provider.issuer.includes(TENANT))
    throw new TypeError('endSessionsOf: needs the issuer of the person');
  if (issuer !== undefined && !isIssuer(issuer, provider.issuer, provider))
    throw new TypeError('endSessionsOf: the issuer is none that this site has');
  return { issuer: issuer ?? provider.issuer, sub };
}

async function announce(ended: readonly EndedSession[], deps: Deps): Promise<void> {
  const revocations: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>) => void revocations.push(work);
  announceEnded(ended, 'server_code', { ref: randomText(72), waitUntil }, deps);
  await behindAnswer(revocations);
}

/** Best effort: while a page is rendered no cookie can be set. */
async function forgetCookie({ settings }: Deps): Promise<void> {
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: settings.session.secureCookies } as const;
  try {
    (await cookies()).set(cookieNames(settings).session, '', { ...attributes, maxAge: 0 });
  } catch {}
}
