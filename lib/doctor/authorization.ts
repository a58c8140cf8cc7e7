import { randomText } from '../crypto/random.ts';
import { asGateError, ProviderError } from '../errors.ts';
import { authorizationUrl } from '../protocol/authorization.ts';
import type { Metadata } from '../protocol/discovery.ts';
import { isIssuer } from '../protocol/issuer.ts';
import { endSessionUrl } from '../protocol/sign-out.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { emptyFlow } from './empty-flow.ts';
import { type Finding, findingsOf, shown, shownUrl } from './finding.ts';
import { DOCUMENT, type Network, type Received, type Send, unreachable } from './network.ts';

export const AUTHORIZATION = findingsOf(
  'authorization',
  {
    'redirect-uri-refused': {
      severity: 'fault',
      what: 'The provider does not send the browser back to SSO_REDIRECT_URI.',
      why: 'A provider sends errors to a registered redirect URI, and shows a page of its own for another one (RFC 6749 §4.1.2.1): no sign-in succeeds.',
      mend: 'Register the redirect URI at the provider to the letter, for the client of SSO_CLIENT_ID.',
    },
    'redirect-uri-unclear': {
      severity: 'note',
      what: 'The provider answers with a page, so that it cannot be told whether the redirect URI is registered.',
      why: 'A request with `prompt=none` must not show a page (OIDC Core §3.1.2.1); some providers show one all the same.',
      mend: 'Sign in once: an error page of the provider about `redirect_uri` says that it is not registered.',
    },
    'authorization-refused': {
      severity: 'fault',
      what: 'The redirect URI is registered, and the provider refuses the request.',
      why: 'Every sign-in ends with this error.',
      mend: 'Compare SSO_SCOPE, SSO_AUTHORIZATION_PARAMS, SSO_RESPONSE_MODE and SSO_PAR with what the client may ask for.',
    },
    'par-refused': {
      severity: 'fault',
      what: 'The provider refuses the pushed authorization request.',
      why: 'Where requests are pushed (RFC 9126), no sign-in starts. An unregistered redirect URI or a wrong secret is refused here.',
      mend: 'Register the redirect URI at the provider to the letter, and compare SSO_CLIENT_SECRET and SSO_SCOPE with the registration.',
    },
    'callback-issuer': {
      severity: 'fault',
      what: 'The `iss` of the answer is another issuer than SSO_ISSUER.',
      why: 'The gate refuses such a callback (RFC 9207): ISSUER_MISMATCH.',
      mend: 'Set SSO_ISSUER to the issuer of the provider that answers.',
    },
    'authorization-unreachable': {
      severity: 'warning',
      what: 'The authorization endpoint cannot be reached from here.',
      why: 'Browsers go there; the gate itself does not.',
      mend: 'Open the address in a browser.',
    },
    'post-logout-refused': {
      severity: 'warning',
      what: 'The provider refuses the post-logout URI, or wants a person who is signed in.',
      why: 'After a sign-out the person stays on an error page of the provider. The check sends no ID token, and some providers refuse that alone.',
      mend: 'Register the post-logout URI at the provider to the letter, then sign out once.',
    },
    'post-logout-unclear': {
      severity: 'note',
      what: 'Whether the post-logout URI is registered cannot be told.',
      why: 'The provider answers with a page, or not at all, to a sign-out without a session.',
      mend: 'Sign out once, and see that the browser comes back to the site.',
    },
  },
  {
    'redirect-uri-registered': 'The redirect URI is registered.',
    'post-logout-registered': 'The post-logout URI is registered.',
  },
);

/** What a provider answers when all is well and there is no session at it (OIDC Core §3.1.2.6). */
const WELL = [
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
  'access_denied',
];
/** Redirects of the provider to itself, before its answer. */
const MAX_REDIRECTS = 4;
/** As pages of large providers speak of a redirect URI or client that they do not know. */
const COMPLAINTS =
  /redirect[ _-]?ur[il]|invalid_client|unauthorized_client|unknown client|invalid client|client not found|AADSTS(50011|700016|900561)|callback URL/i;

/**
 * Sends an authorization request with `prompt=none`, as the gate would make it. Nothing is sent to the site itself: the answer
 * is read off the address that the browser would be sent to.
 */
export async function checkRedirectUri(
  metadata: Metadata,
  provider: ProviderSettings,
  network: Network,
): Promise<Finding[]> {
  const uri = provider.redirectUri;
  let url: URL;
  try {
    const deps = { client: provider, fetch: network.fetch, now: network.now };
    url = await authorizationUrl(emptyFlow(network.now()), { prompt: 'none' }, metadata, deps);
  } catch (error) {
    return [pushRefused(error, uri)];
  }
  try {
    const end = await followed(url, uri, network.send);
    if ('callback' in end) return judged(end.callback, metadata, provider);
    const posted = postedTo(end.page.text, uri);
    return posted ? judged(posted, metadata, provider) : [pageFinding(end.page, uri)];
  } catch (error) {
    const what = `${shownUrl(metadata.authorization_endpoint)}: ${unreachable(error)}.`;
    return [AUTHORIZATION.found('authorization-unreachable', { what })];
  }
}

function pushRefused(error: unknown, uri: string): Finding {
  const reason = error instanceof ProviderError && error.details.reason;
  const isAnswer = asGateError(error).code !== 'PROVIDER_UNAVAILABLE';
  const what = `The pushed request (redirect URI ${shown(uri)}) is refused: ${isAnswer && reason ? reason : unreachable(error)}.`;
  return AUTHORIZATION.found('par-refused', { what });
}

type End = { readonly callback: URLSearchParams } | { readonly page: Received };

/** Follows redirects of the provider, and stops before the site. */
async function followed(start: URL, uri: string, send: Send): Promise<End> {
  const site = new URL(uri);
  for (let url = start, hops = 0; ; hops += 1) {
    const page = await send(url.href, { headers: DOCUMENT });
    const location = page.headers.get('location');
    if (page.status < 300 || page.status > 399 || !location || !URL.canParse(location, url.href)) return { page };
    const next = new URL(location, url);
    if (next.origin === site.origin && next.pathname === site.pathname) return { callback: next.searchParams };
    if (next.origin === site.origin || !/^https?:$/.test(next.protocol) || hops === MAX_REDIRECTS) return { page };
    url = next;
  }
}

/** OAuth 2.0 Form Post Response Mode: the answer stands in a form that posts itself. */
function postedTo(html: string, uri: string): URLSearchParams | undefined {
  const [, action] = /<form\b[^>]*\baction=["']?([^"'\s>]+)/i.exec(html) ?? [];
  if (!action || unescaped(action) !== uri) return undefined;
  const inputs = [...html.matchAll(/<input\b[^>]*>/gi)].map(([tag]) => [
    attribute(tag, 'name'),
    attribute(tag, 'value'),
  ]);
  return new URLSearchParams(inputs.filter((pair): pair is [string, string] => Boolean(pair[0])));
}

const attribute = (tag: string, name: string) =>
  unescaped(new RegExp(`\\b${name}=["']([^"']*)["']`, 'i').exec(tag)?.[1] ?? '');

const unescaped = (text: string) =>
  text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll('&amp;', '&');

function judged(callback: URLSearchParams, { issuer }: Metadata, provider: ProviderSettings): Finding[] {
  const [error, iss] = [callback.get('error'), callback.get('iss')];
  const registered = AUTHORIZATION.passed(
    'redirect-uri-registered',
    `The redirect URI is registered: ${provider.redirectUri}`,
  );
  const other =
    iss !== null && !isIssuer(iss, issuer, provider)
      ? [AUTHORIZATION.found('callback-issuer', { what: `The answer has iss=${shown(iss)}; the issuer is ${issuer}.` })]
      : [];
  if (error === null || WELL.includes(error)) return [registered, ...other];
  const said = callback.get('error_description');
  const what = `The provider refuses the request: ${shown(error)}${said ? ` (${shown(said)})` : ''}.`;
  return [registered, AUTHORIZATION.found('authorization-refused', { what }), ...other];
}

function pageFinding({ status, text }: Received, uri: string): Finding {
  const isComplaint = COMPLAINTS.test(text);
  if (status >= 500)
    return AUTHORIZATION.found('authorization-unreachable', { what: `The provider answers ${status}.` });
  if (status < 400 && !isComplaint) return AUTHORIZATION.found('redirect-uri-unclear');
  return AUTHORIZATION.found('redirect-uri-refused', {
    what: `The provider answers ${status} with a page of its own: it does not know the redirect URI, or the client.`,
    mend: `Register ${shown(uri)} at the provider to the letter, for the client of SSO_CLIENT_ID.`,
  });
}

/**
 * Asks the end-session endpoint without a cookie and without a hint, so that there is nothing that it could end
 * (RP-Initiated Logout §2, §3). Most providers answer a registered URI with a page that asks the person; that it is
 * registered shows when they refuse another one, which no site has.
 */
export async function checkPostLogout(
  metadata: Metadata,
  provider: ProviderSettings,
  { send }: Network,
): Promise<Finding[]> {
  const { postLogoutUri } = provider;
  const ask = async (uri: string) => {
    const url = endSessionUrl(metadata, { ...provider, postLogoutUri: uri }, { state: randomText() });
    return url && { url, answer: await send(url.href, { headers: DOCUMENT }) };
  };
  const registered = [
    AUTHORIZATION.passed('post-logout-registered', `The post-logout URI is registered: ${postLogoutUri}`),
  ];
  try {
    const asked = await ask(postLogoutUri);
    if (!asked) return [];
    const { status, headers } = asked.answer;
    const location = headers.get('location') ?? '';
    if (URL.canParse(location, asked.url) && isSamePage(new URL(location, asked.url), postLogoutUri)) return registered;
    if (status >= 400 && status < 500) {
      const what = `The provider answers ${status} to a sign-out that leads to ${shown(postLogoutUri)}.`;
      return [AUTHORIZATION.found('post-logout-refused', { what })];
    }
    const control = status < 300 && (await ask(`${new URL(postLogoutUri).origin}/gatehouse-doctor-${randomText(64)}`));
    const isRefused = control && control.answer.status >= 400 && control.answer.status < 500;
    return isRefused ? registered : [AUTHORIZATION.found('post-logout-unclear')];
  } catch {
    return [AUTHORIZATION.found('post-logout-unclear')];
  }
}

const isSamePage = (url: URL, uri: string) => url.origin + url.pathname === new URL(uri).origin + new URL(uri).pathname;
