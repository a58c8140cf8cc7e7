import type { Deps } from '../context.ts';
import { GateError, RequestError, UpstreamError } from '../errors.ts';
import { exactAddress } from '../policy/client-address.ts';
import type { StepUp } from '../policy/rules.ts';
import { hasSteppedUp, stepUpAsked } from '../policy/upstream-challenge.ts';
import { forwardedHeaders, sentHeaders } from '../policy/upstream-headers.ts';
import { answering, tokenHeaders, wantsNonce } from '../protocol/dpop.ts';
import { activeTrace } from '../spans.ts';
import { UPSTREAM_LEAST_MS } from '../timing.ts';
import type { RequestContext } from '../types/request.ts';
import { askToSignIn } from './ask-to-sign-in.ts';
import { type Resolved, writable } from './current-session.ts';
import { answerFault } from './proxy-answer.ts';
import { type Call, type Returned, send } from './proxy-call.ts';
import { type Held, heldFor, signIn } from './proxy-token.ts';
import { stepUpChallenge } from './refuse-access.ts';

/** An answer of the upstream, and the session as it is by then. */
export interface Accepted {
  readonly returned: Returned;
  readonly held: Held;
}

/**
 * Calls the upstream, with an access token where it takes one. A refused token is replaced once, where the body can be sent
 * again: the upstream may have revoked it, or its clock differs.
 *
 * @returns the upstream's answer; the gate's own when the person has to sign in
 * @throws {UpstreamError} also when the second token is refused
 */
export async function present(
  call: Call,
  resolved: Resolved,
  context: RequestContext,
  deps: Deps,
): Promise<Accepted | Response | 'left'> {
  const { upstream, body } = call;
  let { timeoutMs } = call;
  let held = await heldFor(upstream, resolved, context, deps);
  for (let isSecond = false; ; isSecond = true) {
    if (held instanceof Response) return held;
    const startedAt = deps.now();
    const returned = await withNonce({ ...call, timeoutMs }, held, context, deps);
    if (returned === 'left') return returned;
    timeoutMs = Math.max(timeoutMs - (deps.now() - startedAt), UPSTREAM_LEAST_MS);
    const { status, headers } = returned.response;
    if (status !== 401) return { returned, held };
    returned.discard();
    if (held.token === null && upstream.token !== 'none') return signIn(held.resolved, context, deps);
    const stepUp = held.token && stepUpAsked(headers.get('www-authenticate'));
    const answer = stepUp && (await stepUpAnswer(stepUp, held.resolved, context, deps));
    if (answer) return answer;
    const refused = held.token?.accessToken;
    const mayRenew: boolean = refused !== undefined && !stepUp && !isSecond;
    const renewed = mayRenew ? heldFor(upstream, held.resolved, context, deps, refused) : held;
    // An upload cannot be sent again: the next request has the renewed token.
    if (body.kind === 'stream') context.waitUntil(Promise.resolve(renewed).catch(() => {}));
    const next: Held | Response = body.kind === 'stream' ? held : await renewed;
    // The same token again, where no other is to be had now, would be refused again.
    if (!(next instanceof Response) && next.token?.accessToken === refused)
      throw new UpstreamError('UPSTREAM_UNAUTHORIZED').with({ cookies: writable(context, next.resolved) });
    held = next;
  }
}

/** RFC 9470: null when the session has what is asked for already. */
function stepUpAnswer(
  stepUp: StepUp,
  resolved: Resolved,
  context: RequestContext,
  deps: Deps,
): Promise<Response> | null {
  const { session } = resolved;
  const tolerance = deps.settings.provider.clockToleranceSeconds;
  if (session && hasSteppedUp(stepUp, session, Math.floor(deps.now() / 1000), tolerance)) return null;
  const challenge = stepUpChallenge(stepUp);
  return askToSignIn(context, resolved, stepUp, deps, new RequestError('STEP_UP_REQUIRED', { challenge }));
}

/** RFC 9449 §9: an upstream that wants a nonce names it in its refusal, and has not looked at the token. */
async function withNonce(call: Call, held: Held, context: RequestContext, deps: Deps): Promise<Returned | 'left'> {
  const first = await attempt(call, held, context, deps);
  const proves = held.token?.tokenType === 'DPoP' && call.body.kind !== 'stream';
  if (first === 'left' || !proves || !wantsNonce(first.response)) return first;
  first.discard();
  return attempt(call, held, context, answering(first.response, deps));
}

async function attempt(call: Call, held: Held, context: RequestContext, deps: Deps): Promise<Returned | 'left'> {
  const { upstream, url } = call;
  try {
    const returned = await send(call, await outgoingHeaders(call, held, context, deps), context, deps);
    if (returned === 'left') return returned;
    const { response } = returned;
    if (held.token) deps.dpopNonces.learn(url.href, response.headers);
    const reason = answerFault({ upstream, url, response }, deps.settings.site.canonicalOrigin + context.basePath);
    if (reason === null) return returned;
    returned.discard();
    throw new UpstreamError('UPSTREAM_RESPONSE_INVALID', { reason });
  } catch (thrown) {
    throw thrown instanceof GateError ? thrown.with({ cookies: writable(context, held.resolved) }) : thrown;
  }
}

async function outgoingHeaders({ upstream, url }: Call, { token }: Held, context: RequestContext, deps: Deps) {
  const { request, ref } = context;
  const { site } = deps.settings;
  const headers = sentHeaders(request.headers, upstream);
  if (!headers.has('x-request-id')) headers.set('x-request-id', ref);
  const written = token ? await tokenHeaders(token, { method: request.method, url: url.href }, deps) : {};
  const trace = activeTrace(); // in place of the caller's, whose child it is
  if (trace) headers.delete('tracestate');
  const forwarded = forwardedHeaders(exactAddress(request.headers, site), site.canonicalOrigin);
  for (const [name, value] of [...forwarded, ...Object.entries({ ...written, ...trace })]) headers.set(name, value);
  return headers;
}
