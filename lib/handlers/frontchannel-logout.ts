import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { see } from '../protocol/failure.ts';
import { CLAIM_CURES, isPlainText } from '../protocol/id-token.ts';
import { namesIssuer } from '../protocol/issuer.ts';
import { addCookies } from '../responses.ts';
import { clearCookie, cookieNames } from '../session/cookies.ts';
import { openSession } from '../session/session-cookie.ts';
import type { EndedSession } from '../types/ended.ts';
import type { RequestContext } from '../types/request.ts';
import { limitRate } from './limit-rate.ts';
import { announceEnded } from './revoke-ended.ts';
import { once } from './third-party-login.ts';

/**
 * `GET /auth/frontchannel-logout` (OpenID Connect Front-Channel Logout 1.0 §2), in a frame of the provider: ends the sessions
 * of a session of the provider. A frame of another site carries no `SameSite=Lax` cookie, so `iss` and `sid` are required. Nothing
 * proves them: a client that knows a `sid` can end its sessions, and do nothing else.
 *
 * @throws {RequestError} `BAD_REQUEST`, `RATE_LIMITED`
 */
export async function frontchannelLogout(context: RequestContext, deps: Deps): Promise<Response> {
  const { searchParams } = context.url;
  const [issuer, sid] = [once('iss', searchParams), once('sid', searchParams)];
  if (issuer === null || !namesIssuer(issuer, deps.settings.provider))
    throw new RequestError('BAD_REQUEST', { reason: see('iss of a front-channel logout', CLAIM_CURES.iss) });
  if (!isPlainText(sid)) throw new RequestError('BAD_REQUEST', { reason: 'sid of a front-channel logout' });
  await limitRate('/auth/frontchannel-logout', context, deps);
  const ended = await deps.sessionIndex.endByProvider({ issuer, sid });
  const sessions = typeof ended === 'string' ? [] : ended;
  announceEnded(sessions, 'frontchannel_logout', context, deps);
  const origins = await deps.provider.origins(context.waitUntil);
  return addCookies(framed(origins), await cleared(sessions, context, deps));
}

/** A provider on the same site as this one: its frame carries the cookie. */
async function cleared(ended: readonly EndedSession[], { request }: RequestContext, deps: Deps): Promise<string[]> {
  const { session } = await openSession(request.headers.get('cookie'), deps);
  const hasEnded = ended.some(({ id }) => id === session?.id);
  return hasEnded ? [clearCookie(deps.settings, cookieNames(deps.settings).session)] : [];
}

/** A page with nothing on it, which the provider alone may show in a frame (CSP3 §6.4.2). */
const framed = (origins: readonly string[]): Response =>
  new Response('<!doctype html><html lang="en"><title>Signed out</title></html>', {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; base-uri 'none'; frame-ancestors ${origins.join(' ')}`,
      'x-content-type-options': 'nosniff',
    },
  });
