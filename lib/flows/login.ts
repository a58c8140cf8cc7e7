import { page, seeOther } from '../answers';
import type { Deps } from '../deps';
import { RequestError } from '../errors';
import { hopPage } from '../pages/hop';
import { isForeignFrame, isSubresource } from '../policy/request-kind';
import { returnTo as safeReturnTo } from '../policy/return-to';
import { isCanonicalHost } from '../policy/same-origin';
import { authorizationUrl } from '../protocol/authorization';
import { createFlow, keepFlow } from '../session/flow';
import type { LoginExtras, Visit } from '../types';
import { limitRate } from './limit';

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

type Located = Pick<Visit, 'basePath'>;
type Configured = Pick<Deps, 'config'>;
type Needs = Pick<Deps, 'config' | 'sealer' | 'metadata' | 'fetch' | 'now' | 'log'>;

/**
 * `GET /auth/login`, for a browser that goes there. A `<Link>` that fetches it ahead, an image, a script or another
 * site's frame cannot sign anybody in: they would only leave flow cookies behind, and use up the person's limit. The
 * 401 makes Next's client load it as a document.
 */
export async function login(visit: Visit, deps: Needs & Pick<Deps, 'limiter'>): Promise<Response> {
  const parameters = visit.url.searchParams;
  if (parameters.getAll('returnTo').length > 1) throw new RequestError('BAD_REQUEST', { reason: 'doubled parameter' });
  const wanted = parameters.get('returnTo');
  const extras = loginExtras(parameters);
  const { headers } = visit.request;
  if (isSubresource(headers) || isForeignFrame(headers))
    throw new RequestError('UNAUTHENTICATED').with({ loginUrl: loginUrl(wanted, visit, deps, extras) });
  await limitRate('/auth/login', visit, deps);
  return startLogin(visit, wanted, extras, deps);
}

/**
 * Sends the browser to the provider with a flow cookie to come back by. On another host than the canonical one it goes
 * to `/auth/login` there first: the flow cookie has to be set on the host that the callback will arrive at.
 *
 * @param returnTo where the person wants to be; anything but a path of this site becomes `/`
 */
export async function startLogin(
  visit: Visit,
  returnTo: string | null,
  extras: LoginExtras,
  deps: Needs,
): Promise<Response> {
  const { headers } = visit.request;
  if (!isCanonicalHost(headers, deps.config.canonicalOrigin))
    return hop(visit, loginUrl(returnTo, visit, deps, extras), deps);
  const metadata = await deps.metadata(visit.waitUntil);
  const target = safeReturnTo(returnTo, deps.config.canonicalOrigin, visit.basePath);
  const flow = createFlow(target, extras, Math.floor(deps.now() / 1000));
  const [location, cookies] = await Promise.all([
    authorizationUrl(flow, extras, metadata, deps),
    keepFlow(flow, headers.get('cookie'), deps, visit.basePath || '/'),
  ]);
  deps.log({ event: 'login_started', ref: visit.ref });
  return seeOther(location, cookies);
}

/**
 * To `/auth/login` on the canonical host. Next makes a `Location` relative when its host is the one that it listens on;
 * a browser that came by another name (127.0.0.1 for localhost) would then stay on that name and go round for ever, so
 * in that case a page takes it there.
 */
function hop({ url }: Visit, path: string, { config }: Needs): Response {
  const target = new URL(path, config.canonicalOrigin);
  if (url.host !== target.host) return seeOther(target);
  const response = page((nonce) => hopPage({ nonce, url: target.href }));
  response.headers.set('refresh', `0; url=${target.href}`);
  return response;
}

/** `/auth/login` with the way back and what to ask of the provider; relative, so that it holds on any host. */
export const loginUrl = (wanted: string | null, visit: Located, deps: Configured, extras?: LoginExtras): string =>
  visit.basePath + loginPath(wanted, visit, deps, extras);

/** The same as a path within the site, as Next's client takes it: that one puts the base path in front by itself. */
export function loginPath(
  wanted: string | null,
  { basePath }: Located,
  { config }: Configured,
  extras: LoginExtras = {},
): string {
  const returnTo = safeReturnTo(wanted, config.canonicalOrigin, basePath);
  return `/auth/login?${new URLSearchParams({ returnTo, ...extras })}`;
}

/** The allowed extras; empty means absent, doubled or malformed is refused rather than guessed at. */
function loginExtras(parameters: URLSearchParams): LoginExtras {
  const extras: Record<string, string> = {};
  for (const [name, shape] of Object.entries(EXTRAS)) {
    const [value, ...more] = parameters.getAll(name);
    if (more.length > 0) throw new RequestError('BAD_REQUEST', { reason: `doubled ${name}` });
    if (!value) continue;
    if (value.length > MAX_EXTRA || !shape.test(value))
      throw new RequestError('BAD_REQUEST', { reason: `malformed ${name}` });
    extras[name] = value;
  }
  return extras;
}
