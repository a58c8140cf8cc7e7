import { type Answer, errorPage, oauthError, ok, redirect } from './provider-answers';
import { refuseClient } from './provider-client-auth';
import { type Arrival, type Desk, nowSeconds, type OpSession } from './provider-desk';
import type { Person } from './provider-settings';

const PASSWORD = 'urn:sso:loa:password';
const MFA = 'urn:sso:loa:mfa';
const PROMPTS = ['login', 'consent', 'select_account', 'none'];

/** RFC 9126 §2: keeps the parameters and hands out a reference that is good once. */
export async function par(arrival: Arrival, desk: Desk): Promise<Answer> {
  const refused = await refuseClient(arrival, desk);
  if (refused) return refused;
  const wrong = addressee(arrival.form, desk) ?? requestError(arrival.form);
  if (wrong) return oauthError('invalid_request', wrong);
  const request_uri = `urn:ietf:params:oauth:request_uri:${crypto.randomUUID()}`;
  desk.pushed.set(request_uri, arrival.form);
  return ok({ request_uri, expires_in: 60 }, 201);
}

/** The person signs in without a page and goes straight back (OIDC Core §3.1.2). */
export function authorize({ url, headers, person }: Arrival, desk: Desk): Answer | Response {
  const asked = parametersOf(url, desk);
  if (!asked) return errorPage('invalid_request', 'this client has to push its request');
  const stranger = addressee(asked, desk);
  if (stranger) return errorPage('invalid_request', stranger);

  const wrong = requestError(asked);
  if (wrong) return back(asked, { error: 'invalid_request', error_description: wrong }, desk);
  if (desk.refusal) return back(asked, desk.refusal, desk);
  const known = desk.sessions.get(/(?:^|; )op_session=([^;]+)/.exec(headers.get('cookie') ?? '')?.[1] ?? '');
  const session = signedIn(asked, known, person, desk);
  if (!session) return back(asked, { error: 'login_required' }, desk);

  desk.people.set(person.sub, person);
  const code = desk.grants.issueCode({
    person,
    sid: session.sid,
    authTime: session.authTime,
    acr: asked.get('acr_values')?.split(' ').includes(MFA) ? MFA : PASSWORD,
    scope: (asked.get('scope') ?? '').split(' '),
    nonce: asked.get('nonce') ?? '',
    redirectUri: asked.get('redirect_uri') ?? '',
    challenge: asked.get('code_challenge') ?? '',
  });
  return back(asked, { code }, desk, `op_session=${session.sid}; Path=/; HttpOnly; Secure; SameSite=Lax`);
}

function parametersOf({ searchParams }: URL, { settings, pushed }: Desk): URLSearchParams | null {
  const reference = searchParams.get('request_uri');
  if (reference === null) return settings.par === 'required' ? null : searchParams;
  const asked = pushed.get(reference) ?? null;
  pushed.delete(reference);
  return asked;
}

/** RFC 6749 §4.1.2.1: without a known client and its own URI there is no redirect. */
function addressee(asked: URLSearchParams, { settings }: Desk): string | null {
  if (asked.get('client_id') !== settings.clientId) return 'unknown client';
  return asked.get('redirect_uri') === settings.redirectUri ? null : 'unregistered redirect_uri';
}

/** The parameters that `provider.md` requires, each once (RFC 6749 §3.1). */
function requestError(asked: URLSearchParams): string | null {
  for (const name of asked.keys()) if (asked.getAll(name).length > 1) return `${name} comes twice`;
  if (asked.get('response_type') !== 'code') return 'response_type must be code';
  if (!asked.get('scope')?.split(' ').includes('openid')) return 'scope must hold openid';
  for (const name of ['state', 'nonce']) if (!asked.get(name)) return `${name} is required`;
  if (asked.get('code_challenge_method') !== 'S256') return 'code_challenge_method must be S256';
  if (!/^[\w-]{43}$/.test(asked.get('code_challenge') ?? '')) return 'code_challenge must be a SHA-256';
  return PROMPTS.includes(asked.get('prompt') ?? 'login') ? null : 'unknown prompt';
}

/** The browser's session here, renewed when the client asks for that (OIDC Core §3.1.2.1); null when it may not ask. */
function signedIn(asked: URLSearchParams, known: OpSession | undefined, person: Person, desk: Desk): OpSession | null {
  const own = known?.sub === person.sub ? known : undefined;
  const now = nowSeconds(desk);
  const prompt = asked.get('prompt');
  const maxAge = Number(asked.get('max_age') ?? Number.POSITIVE_INFINITY);
  const fresh = own !== undefined && prompt !== 'login' && now - own.authTime <= maxAge;
  if (!fresh && prompt === 'none') return null;
  const session = fresh ? own : { sid: own?.sid ?? crypto.randomUUID(), sub: person.sub, authTime: now };
  desk.sessions.set(session.sid, session);
  desk.latest = session;
  return session;
}

function back(asked: URLSearchParams, result: Record<string, string>, desk: Desk, cookie?: string): Answer | Response {
  const { issuer, callbackIss } = desk.settings;
  const honest = new URLSearchParams({ ...result, state: asked.get('state') ?? '' });
  if (callbackIss !== 'absent') honest.set('iss', issuer);
  const told = desk.lies.authorize?.(honest) ?? honest;
  if (told instanceof Response) return told;
  const location = new URL(asked.get('redirect_uri') ?? '');
  for (const [name, value] of told) location.searchParams.append(name, value);
  return redirect(location, result.error ?? 'ok', cookie);
}
