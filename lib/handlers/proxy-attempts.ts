import type { Deps } from '../context.ts';
import { GateError, RequestError, UpstreamError } from '../errors.ts';
import { exactAddress } from '../policy/client-address.ts';
import type { StepUp } from '../policy/rules.ts';
import { hasSteppedUp, stepUpAsked } from '../policy/upstream-challenge.ts';
import { forwardedHeaders, sentHeaders } from '../policy/upstream-headers.ts';
import { tokenHeaders, wantsNonce } from '../protocol/dpop.ts';
import type { RequestContext } from '../types/request.ts';
import { askToSignIn } from './ask-to-sign-in.ts';
import { type Resolved, writable } from './current-session.ts';
import { checkAnswer } from './proxy-answer.ts';
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
  let held = await heldFor(upstream, resolved, context, deps);
  for (let isSecond = false; ; isSecond = true) {
    if (held instanceof Response) return held;
    const returned = await withNonce(call, held, context, deps);
    if (returned === 'left') return returned;
    const { status, headers } = returned.response;
    if (status !== 401) return { returned, held };
    returned.discard();
    if (held.token === null && upstream.token !== 'none') return signIn(held.resolved, context, deps);
    const stepUp = held.token && stepUpAsked(headers.get('www-authenticate'));
    const answer = stepUp && (await stepUpAnswer(stepUp, held.resolved, context, deps));
    if (answer) return answer;
    if (held.token === null || stepUp || isSecond || body.kind === 'stream')
      throw new UpstreamError('UPSTREAM_UNAUTHORIZED').with({ cookies: writable(context, held.resolved) });
    held = await heldFor(upstream, held.resolved, context, deps, held.token.accessToken);
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
  if (session && hasSteppedUp(stepUp, session, Math.floor(deps.now() / 1000))) return null;
  const challenge = stepUpChallenge(stepUp);
  return askToSignIn(context, resolved, stepUp, deps, new RequestError('STEP_UP_REQUIRED', { challenge }));
}

/** RFC 9449 §9: an upstream that wants a nonce names it in its refusal, and has not looked at the token. */
async function withNonce(call: Call, held: Held, context: RequestContext, deps: Deps): Promise<Returned | 'left'> {
  const first = await attempt(call, held, context, deps);
  if (first === 'left' || call.body.kind === 'stream' || !held.token || !wantsNonce(first.response)) return first;
  first.discard();
  return attempt(call, held, context, deps);
}

async function attempt(call: Call, held: Held, context: RequestContext, deps: Deps): Promise<Returned | 'left'> {
  const { upstream, url } = call;
  const { canonicalOrigin } = deps.settings.site;
  const { request } = context;
  try {
    const headers = sentHeaders(request.headers, upstream);
    if (!headers.has('x-request-id')) headers.set('x-request-id', context.ref);
    const address = exactAddress(request.headers, deps.settings.site);
    const shown = { method: request.method, url: url.href };
    const token = held.token ? await tokenHeaders(held.token, shown, deps) : {};
    for (const [name, value] of [...forwardedHeaders(address, canonicalOrigin), ...Object.entries(token)])
      headers.set(name, value);
    const returned = await send(call, headers, context, deps);
    if (returned === 'left') return returned;
    if (held.token) deps.dpopNonces.learn(url.href, returned.response.headers);
    checkAnswer({ upstream, url, response: returned.response }, canonicalOrigin + context.basePath);
    return returned;
  } catch (thrown) {
    throw thrown instanceof GateError ? thrown.with({ cookies: writable(context, held.resolved) }) : thrown;
  }
}
