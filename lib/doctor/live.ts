import { randomText } from '../crypto/random.ts';
import type { Settings } from '../types/settings.ts';
import { type Finding, shown } from './finding.ts';
import { aboutLogin, aboutProtected, isDiscarded, targetOf } from './live-answers.ts';
import { LIVE } from './live-findings.ts';
import { DOCUMENT, type Network, type Received, unreachable } from './network.ts';

/** What is known of the site that is looked at from outside. */
export interface LiveFacts {
  /** Origin and base path, without a slash at the end. */
  readonly url: string;
  /** A path below it that no rule opens. */
  readonly closedPath: string;
  readonly settings: Settings;
  /** Of the provider, where it is known. */
  readonly authorizationEndpoint?: string | undefined;
}

const DATA = {
  accept: 'application/json',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  'sec-fetch-site': 'same-origin',
};

/** Looks at the site from outside, with seven requests at most; none of them signs in or changes anything. */
export async function checkLive(facts: LiveFacts, { send }: Pick<Network, 'send'>): Promise<Finding[]> {
  const { url, closedPath } = facts;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const asked = {
    page: send(url + closedPath, { headers: DOCUMENT }),
    data: send(url + closedPath, { headers: DATA }),
    session: send(`${url}/auth/session`, { headers: DATA }),
    backchannel: send(`${url}/auth/backchannel-logout`, { method: 'POST', headers: form, body: '' }),
    login: send(`${url}/auth/login`, { headers: DOCUMENT }),
    plain: plainHttp(url, send),
  };
  await Promise.allSettled(Object.values(asked)); // each is looked at below
  try {
    return [
      ...originFindings(facts),
      ...aboutProtected(await asked.page, facts),
      ...dataFindings(await asked.data),
      ...sessionFindings(await asked.session),
      ...backchannelFindings(await asked.backchannel),
      ...(await hostFindings(await asked.login, facts, send)),
      ...plainFindings(await asked.plain, url),
    ];
  } catch (error) {
    return [LIVE.found('live-unreachable', { what: `${url}: ${unreachable(error)}.` })];
  }
}

/** Of http on the same host; null where nothing answers there, which is right too. */
async function plainHttp(url: string, send: Network['send']): Promise<Received | null> {
  const { protocol, host, port } = new URL(url);
  if (protocol !== 'https:' || port !== '') return null;
  return send(`http://${host}/`, { headers: DOCUMENT }).catch(() => null);
}

function plainFindings(answer: Received | null, url: string): Finding[] {
  if (new URL(url).protocol !== 'https:') return [];
  if (!answer) return [LIVE.passed('live-https-only', 'Nothing answers by http, or it leads to https.')];
  const location = answer.headers.get('location') ?? '';
  if (answer.status >= 300 && answer.status < 400 && location.startsWith('https:'))
    return [LIVE.passed('live-https-only')];
  return [
    LIVE.found('live-http', {
      what: `http://${new URL(url).host}/ answers ${answer.status}, and no redirect to https.`,
    }),
  ];
}

function originFindings({ url, settings }: LiveFacts): Finding[] {
  const { canonicalOrigin } = settings.site;
  if (new URL(url).origin === canonicalOrigin) return [];
  const what = `The site is asked at ${new URL(url).origin}, and the redirect URI is on ${canonicalOrigin}.`;
  return [LIVE.found('live-other-origin', { what })];
}

const codeOf = ({ text }: Received): string | undefined => {
  try {
    const { code } = JSON.parse(text) as { readonly code?: unknown };
    return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
};

function dataFindings(answer: Received): Finding[] {
  const { status, headers } = answer;
  const code = codeOf(answer);
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') === true;
  const isRight = status === 401 && isProblem && code === 'UNAUTHENTICATED' && headers.getSetCookie().length === 0;
  if (isRight && isDiscarded(headers)) return [LIVE.passed('live-data')];
  const cache = isDiscarded(headers) ? '' : ', and may be cached';
  const what = `A data request without a session gets ${status}${code ? ` ${code}` : ''}${cache}; 401 UNAUTHENTICATED is right.`;
  return [LIVE.found('live-data-wrong', { what })];
}

function sessionFindings({ status, headers, text }: Received): Finding[] {
  const isRight = status === 200 && text.replace(/\s/g, '') === '{"user":null}';
  if (isRight && isDiscarded(headers)) return [LIVE.passed('live-session')];
  const what = isRight
    ? '/auth/session may be cached.'
    : `/auth/session answers ${status} to a visitor without a session.`;
  return [LIVE.found('live-session-wrong', { what })];
}

function backchannelFindings(answer: Received): Finding[] {
  const code = codeOf(answer);
  if (answer.status === 400 && code === 'LOGOUT_TOKEN_INVALID') return [LIVE.passed('live-backchannel')];
  const what = `/auth/backchannel-logout answers ${answer.status}${code ? ` ${code}` : ''} to a POST without a token.`;
  return [LIVE.found('live-backchannel-wrong', { what })];
}

/** On the wrong host `/auth/login` leads to the right one, once; asked again there it names the host that it was asked with. */
async function hostFindings(login: Received, facts: LiveFacts, send: Network['send']): Promise<Finding[]> {
  const { canonicalOrigin } = facts.settings.site;
  const target = targetOf(login, facts.url);
  const isAgain = target?.origin === canonicalOrigin && target.pathname.endsWith('/auth/login');
  if (!isAgain) return aboutLogin(login, facts);
  // Without Fetch Metadata a program asks, and gets the two hosts as JSON.
  const again = await send(target.href, { headers: { accept: 'application/json' } }).catch((error: unknown) => ({
    error,
  }));
  if ('error' in again) {
    const what = `${canonicalOrigin}, where a sign-in begins by SSO_REDIRECT_URI: ${unreachable(again.error)}.`;
    return [LIVE.found('live-unreachable', { what })];
  }
  if (codeOf(again) !== 'HOST_MISMATCH') return aboutLogin(again, facts);
  const seen = hostSeen(again.text);
  const what = `The gate sees the host ${seen}, and not ${new URL(canonicalOrigin).host}.`;
  return [LIVE.found('live-host', { what })];
}

function hostSeen(text: string): string {
  const { hosts } = JSON.parse(text) as { readonly hosts?: { readonly seen?: unknown } };
  return typeof hosts?.seen === 'string' ? shown(hosts.seen) : 'of another name';
}

/** A path that no site has, for a site whose rules open none of such paths. */
export const unknownPath = (): string => `/gatehouse-doctor-${randomText(64)}`;
