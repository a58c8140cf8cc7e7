import { cookieNames } from '../session/cookies.ts';
import { type Finding, shown, shownUrl } from './finding.ts';
import type { LiveFacts } from './live.ts';
import { LIVE } from './live-findings.ts';
import type { Received } from './network.ts';

/** What nginx gives all headers of an answer by default, less the largest session cookie and its attributes. */
const ROOM_BYTES = 4_096 - 3_072;

/** Whether no cache keeps an answer, and none shares it. */
export const isDiscarded = (headers: Headers): boolean =>
  ['no-store', 'private'].every((word) => headers.get('cache-control')?.includes(word));

/** Where an answer leads: by a redirect, or by a page that goes on by itself, which the gate sends on a loopback host. */
export const targetOf = ({ headers }: Received, base: string): URL | undefined => {
  const [, refreshed = ''] = /^0; url=(.+)$/.exec(headers.get('refresh') ?? '') ?? [];
  const location = headers.get('location') ?? refreshed;
  return location && URL.canParse(location, base) ? new URL(location, base) : undefined;
};

const isRedirect = ({ status, headers }: Received) => status === 303 || status === 302 || headers.has('refresh');

/** The answer for a page that no rule opens, to a visitor without a session. */
export function aboutProtected(answer: Received, facts: LiveFacts): Finding[] {
  const { url, closedPath } = facts;
  const at = url + closedPath;
  if (answer.status < 300 && !isRedirect(answer))
    return [LIVE.found('live-open', { what: `${at} answers ${answer.status} without a session.` })];
  if (answer.status === 503) return [LIVE.found('live-misconfigured', { what: `${at} answers 503.` })];
  const target = targetOf(answer, url);
  if (!isRedirect(answer) || !target)
    return [LIVE.found('live-redirect', { what: `${at} answers ${led(answer, target)}.` })];
  const isOurs =
    target.pathname.endsWith('/auth/login') ||
    target.searchParams.has('code_challenge') ||
    target.searchParams.has('request_uri');
  if (!isOurs) return [LIVE.found('live-redirect', { what: `${at} answers ${led(answer, target)}.` })];
  // A sign-in of a browser with four more flows of its own, and a session: what counts is the rest of the headers.
  const others =
    answer.headerBytes - bytesOf(answer.headers.getSetCookie()) - (answer.headers.get('location')?.length ?? 0);
  return [
    isDiscarded(answer.headers)
      ? LIVE.passed(
          'live-protected',
          `A protected page leads to the sign-in (${answer.status}, ${answer.headerBytes} bytes of headers).`,
        )
      : LIVE.found('live-cached', {
          what: `${at} has Cache-Control ${shown(answer.headers.get('cache-control') ?? 'none')}.`,
        }),
    ...(others > ROOM_BYTES
      ? [LIVE.found('live-headers-large', { what: `The headers of the site have ${others} bytes without cookies.` })]
      : []),
  ];
}

const bytesOf = (lines: readonly string[]) => lines.reduce((bytes, line) => bytes + line.length + 14, 0);

const led = ({ status }: Received, target: URL | undefined) =>
  `${status}${target ? `, to ${shownUrl(target.href)}` : ''}`;

/** The answer of `/auth/login`: where it leads, with what, and the cookie that finishes it. */
export function aboutLogin(answer: Received, facts: LiveFacts): Finding[] {
  const { url } = facts;
  const target = targetOf(answer, url);
  if (answer.status === 503) return [LIVE.found('live-misconfigured', { what: '/auth/login answers 503.' })];
  if (!isRedirect(answer) || !target)
    return [LIVE.found('live-redirect', { what: `/auth/login answers ${led(answer, target)}.` })];
  const different = differences(target, facts);
  return [
    different.length > 0
      ? LIVE.found('live-client', { what: `/auth/login leads to the provider with ${different.join(', ')}.` })
      : LIVE.passed('live-sign-in'),
    ...(isDiscarded(answer.headers) ? [] : [LIVE.found('live-cached', { what: '/auth/login may be cached.' })]),
    ...flowFindings(answer.headers.getSetCookie(), facts),
  ];
}

/** Values of the authorization request that are others than those of the environment. A pushed request shows the client alone. */
function differences(
  { origin, pathname, searchParams }: URL,
  { settings, authorizationEndpoint }: LiveFacts,
): string[] {
  const { clientId, redirectUri } = settings.provider;
  const expected = authorizationEndpoint ? new URL(authorizationEndpoint) : undefined;
  const isThere = !expected || origin + pathname === expected.origin + expected.pathname;
  const uri = searchParams.get('redirect_uri');
  return [
    ...(isThere ? [] : [`the endpoint ${shown(origin + pathname)}`]),
    ...(searchParams.get('client_id') === clientId ? [] : [`client_id=${shown(searchParams.get('client_id') ?? '')}`]),
    ...(uri === redirectUri || searchParams.has('request_uri') ? [] : [`redirect_uri=${shown(uri ?? '')}`]),
  ];
}

function flowFindings(lines: readonly string[], { settings }: LiveFacts): Finding[] {
  const { flow } = cookieNames(settings);
  const line = lines.find((one) => one.startsWith(flow));
  if (!line) {
    const names = lines.map((one) => shown(one.split('=')[0] ?? '')).join(', ') || 'none';
    return [LIVE.found('live-flow-cookie', { what: `/auth/login sets no cookie ${flow}<id> (it sets ${names}).` })];
  }
  const attributes = line
    .split(';')
    .slice(1)
    .map((one) => one.trim().toLowerCase());
  const wanted = ['httponly', 'samesite=lax', 'path=/', ...(settings.session.secureCookies ? ['secure'] : [])];
  const missing = wanted.filter((one) => !attributes.includes(one));
  const hasDomain = attributes.some((one) => one.startsWith('domain='));
  if (missing.length === 0 && !hasDomain)
    return [LIVE.passed('live-flow-cookie-right', `The cookie ${flow}<id> has its prefix and attributes.`)];
  const what = `The cookie ${flow}<id> ${[...missing.map((one) => `lacks ${one}`), ...(hasDomain ? ['has a Domain'] : [])].join(', ')}.`;
  return [LIVE.found('live-flow-cookie', { what })];
}
