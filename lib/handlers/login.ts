import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { isForeignFrame, isSubresource } from '../next/request-kind.ts';
import { viewOf } from '../pages/look.ts';
import { askedStepUp } from '../policy/asked-step-up.ts';
import { returnTo as safeReturnTo } from '../policy/return-to.ts';
import { isCanonicalHost, isForeignNavigation, sentHost } from '../policy/same-origin.ts';
import { goOn, seeOther } from '../responses.ts';
import { browserOf } from '../session/browser.ts';
import { createFlow, keepFlow } from '../session/login-flow.ts';
import type { LoginExtras } from '../types/login.ts';
import type { RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';
import { resolveSession, writable } from './current-session.ts';
import { limitRate } from './limit-rate.ts';
import { answerSignedIn, type KnownSession, once, targetOf } from './third-party-login.ts';

/** What `/auth/login` hands on to the provider; nothing else does. Shapes by OIDC Core §3.1.2.1. */
const EXTRAS: Readonly<Record<keyof LoginExtras, RegExp>> = {
  prompt: /^(none|((login|consent|select_account|create)( (?!$)|$)){1,4})$/,
  login_hint: /^[^\p{Cc}]{1,255}$/u,
  max_age: /^\d{1,9}$/,
  // But for what would have to be escaped in a challenge (RFC 9470 §3) and in the flow's cookie.
  acr_values: /^[!#-[\]-~]+( [!#-[\]-~]+)*$/,
  ui_locales: /^[A-Za-z0-9-]+( [A-Za-z0-9-]+)*$/,
};
/** Also of what our own rules ask for: there may be several `acr`, and some of them are long. */
const MAX_EXTRA = 1_024;

type Located = Pick<RequestContext, 'basePath'>;
type Configured = Pick<Deps, 'settings'>;
type Needs = Pick<
  Deps,
  'settings' | 'rules' | 'look' | 'sealer' | 'opened' | 'endedSessions' | 'limiter' | 'provider' | 'now' | 'log'
>;

/** Marks the redirect to the canonical host. A marked request on another host would be redirected without end. */
const REDIRECTED = 'hop';

/**
 * `GET /auth/login`, for a browser that goes there. A `<Link>` that fetches it ahead, an image, a script or another
 * site's frame can finish no sign-in: they would only leave flow cookies behind, and use up the person's limit. The
 * 401 makes Next's client load it as a document.
 */
export async function login(context: RequestContext, deps: Deps): Promise<Response> {
  const parameters = context.url.searchParams;
  const iss = once('iss', parameters);
  const wanted = iss === null ? once('returnTo', parameters) : targetOf(iss, parameters, deps.settings);
  const extras = loginExtras(parameters);
  const { headers } = context.request;
  if (isSubresource(headers) || isForeignFrame(headers))
    throw new RequestError('UNAUTHENTICATED').with({ loginUrl: loginUrl(wanted, context, deps, extras) });
  const isElsewhere = !isCanonicalHost(headers, deps.settings.site.canonicalOrigin);
  if (parameters.has(REDIRECTED) && isElsewhere) throw hostMismatch(context, deps);
  const known = iss !== null || isForeignNavigation(headers) ? await knownSession(context, deps) : null;
  const target = safeReturnTo(wanted, deps.settings.site.canonicalOrigin, context.basePath);
  if (known && iss !== null) {
    // Else a provider that knows the person would go on with the account at hand (OIDC Core §3.1.2.1, `prompt`).
    const url = loginUrl(target, context, deps, { prompt: 'select_account', ...extras });
    return answerSignedIn(known, target, { hint: extras.login_hint, url }, context, deps);
  }
  if (known) return seeOther(new URL(target, deps.settings.site.canonicalOrigin), known.cookies);
  await limitRate('/auth/login', context, deps);
  // The canonical host has to see that another site asks.
  if (iss !== null && isElsewhere) return toCanonicalHost(context, hopUrl(context), deps);
  return startLogin(context, wanted, extras, deps);
}

const hopUrl = ({ basePath, url }: RequestContext) => `${basePath}/auth/login${url.search}&${REDIRECTED}=1`;

/**
 * A link on another site must not replace a session, or take a step-up away: login CSRF (RFC 9700 §4.7). Redis is asked, as
 * the strictest rule asks it, because the page that the browser is sent to must not send it back here.
 */
const knownSession = (context: RequestContext, deps: Deps): Promise<KnownSession | null> =>
  resolveSession(context, deps, { alwaysCheck: true }).then(
    (resolved) => (resolved.session ? { ...resolved, cookies: writable(context, resolved) } : null),
    () => ({ session: null, cookies: [] }), // the page itself says that it cannot be known now
  );

/** A proxy in front does not hand the host on, so that no redirect ever arrives at the canonical host. */
function hostMismatch(
  { request, ref }: RequestContext,
  { settings, log }: Configured & Pick<Deps, 'log'>,
): RequestError {
  const hosts = { seen: sentHost(request.headers), expected: new URL(settings.site.canonicalOrigin).host };
  log({ event: 'host_mismatch', ref, ...hosts });
  return new RequestError('HOST_MISMATCH', {
    reason: 'the host of the request is not that of SSO_REDIRECT_URI',
    hosts,
  });
}

/**
 * Sends the browser to the provider with a flow cookie to come back by. On another host than the canonical one it goes
 * to `/auth/login` there first: the flow cookie has to be set on the host that the callback will arrive at.
 *
 * @param returnTo where the person wants to be; anything but a path of this site becomes `/`
 * @param asker who asks, where no rate limit stands before: null for a request without a session. A provider that requires
 *   PAR (RFC 9126 §5) would be called for every such request, so a browser without a session goes by way of `/auth/login`,
 *   which has a limit, and a session has one of its own
 */
export async function startLogin(
  context: RequestContext,
  returnTo: string | null,
  extras: LoginExtras,
  deps: Needs,
  asker?: Session | null,
): Promise<Response> {
  const { headers, method } = context.request;
  const here = loginUrl(returnTo, context, deps, extras);
  if (!isCanonicalHost(headers, deps.settings.site.canonicalOrigin))
    return toCanonicalHost(context, `${here}&${REDIRECTED}=1`, deps);
  // RFC 9110 §9.2.1: HEAD starts no sign-in
  if (method === 'HEAD') return seeOther(new URL(here, deps.settings.site.canonicalOrigin));
  if (asker !== undefined && (await deps.provider.requiresPar(context.waitUntil))) {
    if (asker === null) return seeOther(new URL(here, deps.settings.site.canonicalOrigin));
    await limitRate('/auth/login', context, deps, `session ${asker.sid}`);
  }
  const target = safeReturnTo(returnTo, deps.settings.site.canonicalOrigin, context.basePath);
  const cookieHeader = headers.get('cookie');
  const asked = askedStepUp(deps.settings.provider.authorizationParams, extras, deps.rules);
  const flow = createFlow(target, asked, deps.now() / 1000, await browserOf(cookieHeader, deps));
  const [location, cookies] = await Promise.all([
    deps.provider.authorize(flow, asked, context.waitUntil),
    keepFlow(flow, cookieHeader, deps, context.basePath || '/'),
  ]);
  deps.log({ event: 'login_started', ref: context.ref });
  return seeOther(location, cookies);
}

/**
 * To `/auth/login` on the canonical host. Next makes a `Location` relative when its host is the one that it listens on;
 * a browser that came by another name (127.0.0.1 for localhost) would then stay on that name and be redirected without end, so
 * in that case a page takes it there.
 */
function toCanonicalHost(context: RequestContext, path: string, { settings, look }: Needs): Response {
  const target = new URL(path, settings.site.canonicalOrigin);
  if (context.url.host !== target.host) return seeOther(target);
  return goOn(target, 'signInElsewhere', viewOf(context, look));
}

/** `/auth/login` with the way back and what to ask of the provider; relative, so that it holds on any host. */
export const loginUrl = (wanted: string | null, context: Located, deps: Configured, extras?: LoginExtras): string =>
  context.basePath + loginPath(wanted, context, deps, extras);

/** The same as a path within the site, as Next's client takes it, which puts the base path in front by itself. */
export function loginPath(
  wanted: string | null,
  { basePath }: Located,
  { settings }: Configured,
  extras: LoginExtras = {},
): string {
  const returnTo = safeReturnTo(wanted, settings.site.canonicalOrigin, basePath);
  return `/auth/login?${new URLSearchParams({ returnTo, ...extras })}`;
}

/** The allowed extras; empty means absent, doubled or malformed is refused rather than guessed at. */
function loginExtras(parameters: URLSearchParams): LoginExtras {
  const extras: Record<string, string> = {};
  for (const [name, shape] of Object.entries(EXTRAS)) {
    const value = once(name, parameters);
    if (!value) continue;
    if (value.length > MAX_EXTRA || !shape.test(value))
      throw new RequestError('BAD_REQUEST', { reason: `malformed ${name}` });
    extras[name] = value;
  }
  return extras;
}
