import { type Answer, errorPage, formPost, oauthError, ok, redirect } from './provider-answers.ts';
import { refuseClient } from './provider-client-auth.ts';
import {
  type EndpointRequest,
  nowSeconds,
  type OpSession,
  type ProviderContext,
  sessionCookie,
} from './provider-context.ts';
import type { Person } from './provider-settings.ts';

const PROMPTS = ['login', 'consent', 'select_account', 'none'];

/** RFC 9126 §2: keeps the parameters and hands out a reference that is good once. */
export async function par(request: EndpointRequest, context: ProviderContext): Promise<Answer> {
  const refused = await refuseClient(request, context);
  if (refused) return refused;
  const wrong = addressee(request.form, context) ?? requestError(request.form);
  if (wrong) return oauthError('invalid_request', wrong);
  const request_uri = `urn:ietf:params:oauth:request_uri:${crypto.randomUUID()}`;
  context.pushed.set(request_uri, request.form);
  return ok({ request_uri, expires_in: 60 }, 201);
}

/** The person signs in without a page and goes straight back (OIDC Core §3.1.2). */
export function authorize(request: EndpointRequest, context: ProviderContext): Answer | Response {
  const { url, headers } = request;
  const asked = parametersOf(url, context);
  if (!asked) return errorPage('invalid_request', 'this client has to push its request');
  const wrongClient = addressee(asked, context);
  if (wrongClient) return errorPage('invalid_request', wrongClient);

  const wrong = requestError(asked);
  if (wrong) return back(asked, { error: 'invalid_request', error_description: wrong }, context);
  if (context.refusal) return back(asked, context.refusal, context);
  const person = hinted(asked, context) ?? request.person;
  const known = context.sessions.get(/(?:^|; )op_session=([^;]+)/.exec(headers.get('cookie') ?? '')?.[1] ?? '');
  const session = signedIn(asked, known, person, context);
  if (!session) return back(asked, { error: 'login_required' }, context);

  context.people.set(person.sub, person);
  const code = context.grants.issueCode({
    person,
    sid: session.sid,
    authTime: session.authTime,
    acr: acrFor(asked.get('acr_values'), context),
    scope: (asked.get('scope') ?? '').split(' '),
    nonce: asked.get('nonce') ?? '',
    redirectUri: asked.get('redirect_uri') ?? '',
    challenge: asked.get('code_challenge') ?? '',
  });
  return back(asked, { code }, context, sessionCookie(context.settings, session.sid));
}

/** The account that the client names (OIDC Core §3.1.2.1, `login_hint`), where it is one of those that are known. */
function hinted(asked: URLSearchParams, { people }: ProviderContext): Person | undefined {
  const hint = asked.get('login_hint');
  return [...people.values()].find(({ sub, email }) => hint !== null && (hint === sub || hint === email));
}

/** OIDC Core §3.1.2.1, `acr_values`: the highest of the asked ones, and the lowest where none of them is known. */
function acrFor(asked: string | null, { settings: { acrValues } }: ProviderContext): string {
  const wanted = asked?.split(' ') ?? [];
  return acrValues.findLast((acr) => wanted.includes(acr)) ?? acrValues[0] ?? '';
}

function parametersOf({ searchParams }: URL, { settings, pushed }: ProviderContext): URLSearchParams | null {
  const reference = searchParams.get('request_uri');
  if (reference === null) return settings.par === 'required' ? null : searchParams;
  const asked = pushed.get(reference) ?? null;
  pushed.delete(reference);
  return asked;
}

/** RFC 6749 §4.1.2.1: without a known client and its own URI there is no redirect. */
function addressee(asked: URLSearchParams, { settings }: ProviderContext): string | null {
  if (asked.get('client_id') !== settings.clientId) return 'unknown client';
  return asked.get('redirect_uri') === settings.redirectUri ? null : 'unregistered redirect_uri';
}

/** State, nonce and PKCE are required, and each parameter comes once (RFC 6749 §3.1). */
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
function signedIn(
  asked: URLSearchParams,
  known: OpSession | undefined,
  person: Person,
  context: ProviderContext,
): OpSession | null {
  const own = known?.sub === person.sub ? known : undefined;
  const now = nowSeconds(context);
  const prompt = asked.get('prompt');
  const maxAge = Number(asked.get('max_age') ?? Number.POSITIVE_INFINITY);
  const fresh = own !== undefined && prompt !== 'login' && now - own.authTime <= maxAge;
  if (!fresh && prompt === 'none') return null;
  const session = fresh ? own : { sid: own?.sid ?? crypto.randomUUID(), sub: person.sub, authTime: now };
  context.sessions.set(session.sid, session);
  context.latest = session;
  return session;
}

function back(
  asked: URLSearchParams,
  result: Record<string, string>,
  context: ProviderContext,
  cookie?: string,
): Answer | Response {
  const { issuer, callbackIss } = context.settings;
  const regular = new URLSearchParams({ ...result, state: asked.get('state') ?? '' });
  if (callbackIss !== 'absent') regular.set('iss', issuer);
  const answer = context.faults.authorize?.(regular, asked) ?? regular;
  if (answer instanceof Response) return answer;
  const location = new URL(asked.get('redirect_uri') ?? '');
  if (asked.get('response_mode') === 'form_post') return formPost(location, answer, result.error ?? 'ok', cookie);
  for (const [name, value] of answer) location.searchParams.append(name, value);
  return redirect(location, result.error ?? 'ok', cookie);
}
