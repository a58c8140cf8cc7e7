import { decodeJwt } from 'jose';
import { type Answer, errorPage, ok, redirect } from './provider-answers.ts';
import { refuseClient } from './provider-client-auth.ts';
import { type EndpointRequest, type ProviderContext, sessionCookie } from './provider-context.ts';
import { adopt } from './signed-grant.ts';

/** RFC 7009 §2: an unknown token is no error, for it is as gone as the client wishes. */
export async function revocation(request: EndpointRequest, context: ProviderContext): Promise<Answer> {
  const refused = await refuseClient(request, context);
  if (refused) return refused;
  await adopt(request.form.get('token') ?? '', context);
  return { ...ok({}), outcome: context.grants.revoke(request.form.get('token') ?? '') ? 'ok' : 'unknown_token' };
}

/** OpenID Connect RP-Initiated Logout §2, without the question whether the person means it. */
export function endSession({ url, headers }: EndpointRequest, context: ProviderContext): Answer {
  const { searchParams } = url;
  const { clientId, postLogoutUri } = context.settings;
  if (searchParams.has('client_id') && searchParams.get('client_id') !== clientId)
    return errorPage('invalid_request', 'unknown client');
  const current = /(?:^|; )op_session=([^;]+)/.exec(headers.get('cookie') ?? '')?.[1];
  const hint = searchParams.get('id_token_hint');
  if (hint !== null && !context.secrets.has(hint)) return errorPage('invalid_request', 'not an ID token of ours');
  const sid = hint !== null && context.settings.sid === 'session' ? decodeJwt(hint).sid : undefined;
  if (current !== undefined && sid !== undefined && sid !== current)
    return errorPage('invalid_request', 'the hint is about another session');
  const wanted = searchParams.get('post_logout_redirect_uri');
  if (wanted !== null && wanted !== postLogoutUri) return errorPage('invalid_request', 'unregistered URI');

  if (current !== undefined) context.sessions.delete(current);
  const gone = sessionCookie(context.settings, '', 0);
  if (wanted === null) return { status: 200, text: 'signed out', headers: { 'set-cookie': gone }, outcome: 'ok' };
  const location = new URL(wanted);
  const state = searchParams.get('state');
  if (state !== null) location.searchParams.set('state', state);
  return redirect(location, 'ok', gone);
}
