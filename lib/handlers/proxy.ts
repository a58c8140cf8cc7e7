import type { Deps } from '../context.ts';
import { type GateError, RequestError, UpstreamError } from '../errors.ts';
import type { UpstreamFailure } from '../events.ts';
import { sentQuery } from '../next/sent-query.ts';
import { pathOf } from '../policy/return-to.ts';
import { isForeignNavigation, isSameOrigin } from '../policy/same-origin.ts';
import type { ResolvedUpstream } from '../policy/upstream.ts';
import { upstreamUrl } from '../policy/upstream-path.ts';
import type { Proxied, RequestContext } from '../types/request.ts';
import { type Resolved, writable } from './current-session.ts';
import type { Headers as HeaderList } from './pass-on.ts';
import { browserAnswer } from './proxy-answer.ts';
import { present } from './proxy-attempts.ts';
import { outgoingBody } from './proxy-body.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** RFC 9110 §9.2.1 */
const SAFE = ['GET', 'HEAD', 'OPTIONS'];
/** Destinations of what a page runs, or is styled by (Fetch §2.2.5). */
const RUNS = /^(script|style|xslt|.*work(er|let))$/;
/** The client closed its connection, so this goes nowhere; nginx writes it into its log. */
const CLIENT_CLOSED = 499;

/**
 * Sends a request that the rules have let through to an upstream, with the access token of its person, and its answer back.
 *
 * @param anonymous headers of the answer to a visitor without a session
 */
export async function proxy(
  upstream: ResolvedUpstream,
  resolved: Resolved,
  anonymous: HeaderList,
  context: RequestContext,
  deps: Deps,
): Promise<Response | Proxied> {
  // `next start` runs the middleware for an upgrade, drops its answer, and serves the request as an ordinary one then.
  if (asksForUpgrade(context.request.headers)) return new Response(null, { status: 400 });
  checkRequest(upstream, context, deps);
  const url = upstreamUrl(upstream, context.pathname, sentQuery(context.request, context.url));
  if (url === null) throw new RequestError('BAD_PATH');
  const body = await outgoingBody(context.request);
  const failed = (why: UpstreamFailure, status?: number) =>
    deps.log({
      event: 'upstream_failed',
      ref: context.ref,
      upstream: upstream.prefix + (upstream.isOpenEnded ? '/*' : ''),
      why,
      ...(status !== undefined && { status }),
    });
  const call = { upstream, url, body, timeoutMs: upstream.timeoutMs };
  const answer = await present(call, resolved, context, deps).catch((error: GateError) => {
    if (error instanceof UpstreamError) failed(error.code.slice('UPSTREAM_'.length).toLowerCase() as UpstreamFailure);
    throw error;
  });
  if (answer === 'left') return { proxied: new Response(null, { status: CLIENT_CLOSED }) };
  if (answer instanceof Response) return answer;
  const { returned, held } = answer;
  const { response } = returned;
  if (response.status >= 500) failed('status', response.status);
  const dressing = {
    cookies: writable(context, held.resolved),
    hasSession: held.resolved.session !== null,
    anonymous,
  };
  const site = deps.settings.site.canonicalOrigin + context.basePath;
  return { proxied: browserAnswer({ upstream, url, response, body: returned.body(failed) }, dressing, site) };
}

/** RFC 9110 §7.8. Many an nginx says `Connection: upgrade` with every request, where there is no `Upgrade`. */
const asksForUpgrade = (headers: Headers): boolean =>
  /\bupgrade\b/i.test(headers.get('connection') ?? '') && headers.has('upgrade');

function checkRequest(upstream: ResolvedUpstream, { request, url }: RequestContext, { settings }: Deps): void {
  const { method, headers } = request;
  const named = upstream.methods ?? METHODS;
  const methods = named.includes('GET') && !named.includes('HEAD') ? [...named, 'HEAD'] : named;
  if (!methods.includes(method)) throw new RequestError('METHOD_NOT_ALLOWED', { allow: methods.join(', ') });
  const isSafe = SAFE.includes(method);
  if (!isSafe && !isSameOrigin(headers, settings.site.canonicalOrigin)) throw new RequestError('CSRF_REJECTED');
  // A document that had to sign in for it comes from the provider, as a link on another site would: the person decides.
  if (isSafe && headers.get('sec-fetch-mode') === 'navigate' && isForeignNavigation(headers))
    throw new RequestError('CSRF_REJECTED', { note: 'ledHere' }).with({ retryUrl: pathOf(url) });
  // A script of the upstream would run in pages of this site, or answer for them (Service Workers §4.1, `Service-Worker`), and a
  // `script-src 'self'` of theirs would let it.
  if (headers.has('service-worker') || RUNS.test(headers.get('sec-fetch-dest') ?? ''))
    throw new RequestError('BAD_REQUEST', { reason: 'a script or style of an upstream' });
}
