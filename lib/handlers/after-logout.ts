import type { Deps } from '../context.ts';
import { randomText } from '../crypto/random.ts';
import { RequestError } from '../errors.ts';
import { isNavigation, requestKind } from '../next/request-kind.ts';
import { viewOf } from '../pages/look.ts';
import { pathOf, returnTo } from '../policy/return-to.ts';
import { isCanonicalHost } from '../policy/same-origin.ts';
import { goOn, json, seeOther } from '../responses.ts';
import type { RequestContext } from '../types/request.ts';

/** Asks to go on to the provider after a sign-out that a script made; its value is a reference to the ID token. */
export const CONTINUE = 'continue';
/** In place of a reference, when there is no ID token to hint at, or Redis cannot keep it. */
const WITHOUT_HINT = 'without-hint';

/**
 * The way to the provider, as the request's kind can take it. A script cannot follow a redirect to another origin, so it
 * gets a path of this site, to which it sends the browser; a page that goes on by itself does the same.
 */
export async function goOnFrom(
  idToken: string | undefined,
  context: RequestContext,
  deps: Deps,
  cookies: readonly string[],
): Promise<Response> {
  const isData = requestKind(context.request) === 'data';
  if (!isData && deps.settings.site.formRedirects === 'redirect')
    return seeOther(await afterLogout(idToken, context, deps), cookies);
  const reference = (idToken && (await deps.hints.keep(idToken).catch(() => null))) || WITHOUT_HINT;
  const location = `${context.basePath}/auth/logout?${CONTINUE}=${reference}`;
  if (isData) return json({ location }, cookies);
  const target = new URL(location, deps.settings.site.canonicalOrigin);
  return goOn(target, 'signingOutThere', viewOf(context, deps.look), cookies);
}

/** The site's own page after a logout, as the request's kind can take it. */
export function stayHere({ request }: RequestContext, { settings }: Deps, cookies: readonly string[]): Response {
  const page = new URL(settings.provider.postLogoutUri);
  return requestKind(request) === 'data'
    ? json({ location: page.pathname + page.search }, cookies)
    : seeOther(page, cookies);
}

/**
 * `GET /auth/logout?continue=…`. A reference can be used once; one that is over leads to the page after the logout.
 *
 * @throws {RequestError} `UNAUTHENTICATED` to what is no navigation
 */
export async function resumeLogout(reference: string, context: RequestContext, deps: Deps): Promise<Response> {
  if (!isNavigation(context.request.headers)) throw new RequestError('UNAUTHENTICATED');
  if (reference === WITHOUT_HINT) return seeOther(await afterLogout(undefined, context, deps));
  const hint = await deps.hints.take(reference).catch(() => undefined); // without Redis the provider asks the person
  return seeOther(
    hint === null ? new URL(deps.settings.provider.postLogoutUri) : await afterLogout(hint, context, deps),
  );
}

/** The provider's end-session endpoint; straight to the site's own page when it has none or does not answer. */
async function afterLogout(idTokenHint: string | undefined, { waitUntil }: RequestContext, deps: Deps): Promise<URL> {
  const state = SIGNED_OUT + randomText(192);
  const url = await deps.provider.endSession({ idTokenHint, state }, waitUntil);
  return url ?? new URL(deps.settings.provider.postLogoutUri);
}

/** Of a `state` that a sign-out has sent along; a parameter of the site's own has another shape. */
const SIGNED_OUT = 'signed-out-';
const RETURNED = /(^\?|&)state=signed-out-[\w-]{32}(?=&|$)/g;

/**
 * The provider hands `state` back (RP-Initiated Logout §3), and a person would keep it in bookmarks and history: the page after
 * the sign-out is opened once more without it. A `state` of the site's own in the same query stays. Null for every other request,
 * and where that page is none that `returnTo` takes, or has another host than the sign-out led to: it is answered as it is.
 */
export function withoutState({ request, url, basePath }: RequestContext, { settings }: Deps): Response | null {
  if (!request.url.includes(`state=${SIGNED_OUT}`) || requestKind(request) !== 'document') return null;
  const { canonicalOrigin } = settings.site;
  const clean = new URL(url);
  clean.search = url.search.replace(RETURNED, '').replace(/^&/, '');
  const page = pathOf(clean);
  const isOther = page !== pathOf(url) && page === returnTo(page, canonicalOrigin, basePath);
  return isOther && isCanonicalHost(request.headers, canonicalOrigin) ? seeOther(new URL(page, canonicalOrigin)) : null;
}
