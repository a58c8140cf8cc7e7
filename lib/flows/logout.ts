import { page, seeOther } from '../answers';
import { randomText } from '../crypto/random';
import type { Deps } from '../deps';
import { asGateError, RequestError } from '../errors';
import { confirmLogoutPage } from '../pages/confirm-logout';
import { isSameOrigin } from '../policy/same-origin';
import { endSessionUrl, revokeQuietly } from '../protocol/sign-out';
import { clearCookie, cookieNames } from '../session/cookies';
import { clearAllFlows } from '../session/flow';
import { openSession } from '../session/session';
import { clearTrips } from '../session/trips';
import type { SessionRecord, Visit } from '../types';
import { limitRate } from './limit';

const REVOKE_BUDGET_MS = 2_000;

/** `GET /auth/logout`: a page with a button, because a prefetch or an `<img>` must not sign anybody out. */
export async function confirmLogout(visit: Visit, deps: Deps): Promise<Response> {
  const { session } = await openSession(visit.request.headers.get('cookie'), deps);
  const name = session?.claims.name;
  return page((nonce) =>
    confirmLogoutPage({ nonce, basePath: visit.basePath, ...(typeof name === 'string' && { name }) }),
  );
}

/**
 * `POST /auth/logout`: the record first, so that nothing running elsewhere can use or bring back the session; then the
 * refresh token at the provider, the cookies, and the way to the provider's own logout. Whatever of that fails, the
 * person is signed out here.
 */
export async function logout(visit: Visit, deps: Deps): Promise<Response> {
  const { config } = deps;
  if (!isSameOrigin(visit.request.headers, config.canonicalOrigin)) throw new RequestError('CSRF_REJECTED');
  await limitRate('/auth/logout', visit, deps);
  const cookieHeader = visit.request.headers.get('cookie');
  const record = await removeRecord(visit, cookieHeader, deps);
  if (record?.tokens.refreshToken) await revokeWithin(record.tokens.refreshToken, visit, deps);
  const location = await afterLogout(record?.tokens.idToken, visit, deps);
  deps.log({ event: 'signed_out', ref: visit.ref, hadRecord: record !== null });
  return seeOther(location, [
    clearCookie(config, cookieNames(config).session),
    clearTrips(deps),
    ...clearAllFlows(cookieHeader, deps),
  ]);
}

async function removeRecord(visit: Visit, cookieHeader: string | null, deps: Deps): Promise<SessionRecord | null> {
  const { session } = await openSession(cookieHeader, deps);
  if (!session) return null;
  deps.liveness.ended(session.sid);
  try {
    return await deps.records.remove(session.sid);
  } catch (error) {
    deps.log({ event: 'record_not_removed', ref: visit.ref, reason: asGateError(error).details.reason });
    return null;
  }
}

/** The person waits for the provider two seconds at most; what is not done by then goes on after the response. */
async function revokeWithin(refreshToken: string, visit: Visit, deps: Deps): Promise<void> {
  const revocation = revokeQuietly({ refreshToken }, 'signed_out', visit.ref, deps);
  visit.waitUntil(revocation);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const budget = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, REVOKE_BUDGET_MS);
  });
  await Promise.race([revocation, budget]);
  clearTimeout(timer);
}

/** The provider's end-session endpoint; straight to the site's own page when it has none or does not answer. */
async function afterLogout(idTokenHint: string | undefined, { waitUntil }: Visit, deps: Deps): Promise<URL> {
  const metadata = await deps.metadata(waitUntil).catch(() => null);
  const url = metadata && endSessionUrl(metadata, deps.config, { idTokenHint, state: randomText() });
  return url ?? new URL(deps.config.postLogoutUri);
}
