import type { Deps } from '../context.ts';
import { asGateError, type GateError, ProviderError, RequestError } from '../errors.ts';
import { isNavigation } from '../next/request-kind.ts';
import { PROBLEMS } from '../problems.ts';
import { callbackParameters } from '../protocol/authorization.ts';
import type { CheckedCallback } from '../provider/provider.ts';
import { addCookies, seeOther } from '../responses.ts';
import { clearFlow, openFlow } from '../session/login-flow.ts';
import { countCallback } from '../session/loop-guard.ts';
import type { Claim } from '../store/flows.ts';
import { sleep } from '../timers.ts';
import { CLAIM_RETRIES_MS, EXCHANGE_ENDS_MS, EXCHANGE_LEAST_MS, FIRST_CLAIM_RETRY_MS } from '../timing.ts';
import type { Flow, LoginExtras } from '../types/login.ts';
import type { RequestContext } from '../types/request.ts';
import { resolveSession, writable } from './current-session.ts';
import { finish } from './finish-login.ts';
import { limitRate, senderOf } from './limit-rate.ts';
import { loginUrl, startLogin } from './login.ts';

/**
 * `GET` of the redirect URI. Every check stands before the effect that it protects: flow cookie, `iss`, `error`, the
 * flow claimed in Redis, the code spent, the ID token proven, the record stored, the cookie given.
 */
export async function callback(context: RequestContext, deps: Deps): Promise<Response> {
  const { headers } = context.request;
  // A prefetch, a script, an image and a frame finish no sign-in; the 401 makes Next's client load a document.
  if (!isNavigation(headers)) throw new RequestError('UNAUTHENTICATED');
  const [state, ...others] = context.url.searchParams.getAll('state');
  const flow = state && others.length === 0 ? await openFlow(state, headers.get('cookie'), deps) : null;
  return flow ? withFlow(flow, context, deps) : withoutFlow(context, deps);
}

/** Back button, reload, restored tab: with a session a redirect to the start page, otherwise `LOGIN_REJECTED`. */
async function withoutFlow(context: RequestContext, deps: Deps): Promise<Response> {
  let cookies: readonly string[] = [];
  try {
    callbackParameters(context.url);
    const resolved = await resolveSession(context, deps, { renews: false });
    cookies = writable(context, resolved);
    if (resolved.session)
      return seeOther(siteUrl(context.basePath || '/', deps), [...cookies, await counted(context, deps)]);
    throw new RequestError('LOGIN_REJECTED');
  } catch (thrown) {
    // A callback with a valid flow is never refused for these.
    await limitRate('/auth/callback', context, deps);
    throw asGateError(thrown).with({ cookies: [...cookies, await counted(context, deps)] });
  }
}

/**
 * A failure before the code is sent spends the flow too, unless a reload can succeed: Redis or the provider is out of reach,
 * or the address has to wait.
 */
async function withFlow(flow: Flow, context: RequestContext, deps: Deps): Promise<Response> {
  const sender = senderOf(context, deps);
  let claim: Claim | undefined;
  try {
    refuseFailing(sender, deps);
    const checked = await check(flow, context, deps);
    claim = await claimInTurn(flow, checked, sender, context, deps);
    const answer =
      claim.kind === 'ours'
        ? await finish(checked, flow, claim.flow, context, deps)
        : await claimedBefore(claim, flow, context, deps);
    return addCookies(answer, [await clearFlow(flow.state, deps), await counted(context, deps)]);
  } catch (thrown) {
    const error = asGateError(thrown);
    const isMendable = claim === undefined && isPassing(error);
    // What the provider itself has said would only be said again.
    const isOver = !isMendable || (error.code !== 'RATE_LIMITED' && context.url.searchParams.has('error'));
    if (!isMendable) countFailure(sender, claim, context, deps);
    const cookies = [...(isOver ? [await clearFlow(flow.state, deps)] : []), await counted(context, deps)];
    const anew = startAgain(flow, context, deps);
    throw error.with({ cookies, loginUrl: anew, ...(isOver && { retryUrl: anew }) });
  }
}

const isPassing = ({ code }: GateError) => PROBLEMS[code].status === 503 || code === 'RATE_LIMITED';

/** Best effort, behind the answer: until Redis knows of the failure, the callback counts as one that is under way. */
function countFailure(sender: string, claim: Claim | undefined, context: RequestContext, deps: Deps): void {
  const counted = deps.flows.failed(sender, claim?.kind === 'ours' ? claim.flow : undefined);
  const route = '/auth/callback';
  context.waitUntil(counted.catch(() => deps.log({ event: 'rate_limiter_unavailable', ref: context.ref, route })));
}

/**
 * Checks the answer, and fetches the provider's keys before the code is spent: if they cannot be had now, the person
 * loses nothing and can reload; after the exchange the same failure would cost the whole sign-in.
 */
async function check(flow: Flow, context: RequestContext, deps: Deps): Promise<CheckedCallback> {
  const parameters = callbackParameters(context.url);
  const checked = await deps.provider.checkCallback(parameters, flow.state, context.waitUntil);
  // What took so long is known now, so the reload will be quick.
  if (deps.now() - context.startedAt > EXCHANGE_ENDS_MS - EXCHANGE_LEAST_MS)
    throw new ProviderError('PROVIDER_UNAVAILABLE', { reason: 'no time is left for the code', retryAfterSeconds: 1 });
  return checked;
}

/**
 * The flow, claimed for this callback or known to belong to another one. While ten callbacks of an address are pending,
 * further ones retry their claim; one whose time is up goes ahead, while the exchange still has all of its own.
 *
 * @throws {RequestError} `RATE_LIMITED` when too many callbacks of this address failed, before Redis or the provider is
 *   asked where this isolate knows of it
 */
async function claimInTurn(
  flow: Flow,
  { parameters }: CheckedCallback,
  sender: string,
  context: RequestContext,
  deps: Deps,
): Promise<Claim> {
  const endsAt = Math.min(deps.now() + CLAIM_RETRIES_MS, context.startedAt + EXCHANGE_ENDS_MS - EXCHANGE_LEAST_MS);
  for (let turnMs = FIRST_CLAIM_RETRY_MS; ; turnMs *= 2) {
    refuseFailing(sender, deps);
    const isLast = deps.now() + turnMs >= endsAt;
    const claim = await deps.flows.claim(flow, parameters.get('code') ?? '', sender, context.waitUntil, isLast);
    if (claim.kind === 'limited') throw limited(claim.waitMs, 'failed callbacks');
    if (claim.kind !== 'busy') return claim;
    if (isLast) throw limited(FIRST_CLAIM_RETRY_MS, 'pending callbacks');
    await sleep(turnMs * (0.75 + Math.random() / 2));
  }
}

/** @throws {RequestError} when this isolate knows that too many callbacks of the address failed */
function refuseFailing(sender: string, { flows }: Pick<Deps, 'flows'>): void {
  const knownMs = flows.knownWaitMs(sender);
  if (knownMs > 0) throw limited(knownMs, 'failed callbacks');
}

const limited = (waitMs: number, reason: string) =>
  new RequestError('RATE_LIMITED', { reason, retryAfterSeconds: Math.max(Math.ceil(waitMs / 1000), 1) });

/**
 * A flow that another callback has claimed. In a browser with a session it goes on to its page. Without one a second code
 * says that the person pressed the provider's button twice, and the browser gave up the first answer: another redirect
 * to the provider costs them nothing. The same code again is a replay.
 */
async function claimedBefore(
  claim: Exclude<Claim, { readonly kind: 'ours' }>,
  flow: Flow,
  context: RequestContext,
  deps: Deps,
): Promise<Response> {
  if (claim.kind === 'ended') throw new RequestError('SIGNED_OUT_MEANWHILE');
  const resolved = await resolveSession(context, deps, { renews: false });
  const cookies = writable(context, resolved);
  if (resolved.session) return seeOther(siteUrl(flow.returnTo, deps), cookies);
  if (claim.kind === 'used' && !claim.sameCode)
    return addCookies(await startLogin(context, flow.returnTo, stepUpOf(flow), deps, null), cookies);
  throw new RequestError('LOGIN_USED').with({ cookies });
}

const siteUrl = (path: string, { settings }: Pick<Deps, 'settings'>) => new URL(path, settings.site.canonicalOrigin);

/** What the flow asked of the sign-in, to be asked again. */
const stepUpOf = ({ acrValues, maxAge }: Flow): LoginExtras => ({
  ...(acrValues !== undefined && { acr_values: acrValues }),
  ...(maxAge !== undefined && { max_age: String(maxAge) }),
});

/** Another sign-in for the same page, asked to prove the same. */
const startAgain = (flow: Flow, context: RequestContext, deps: Deps): string =>
  loginUrl(flow.returnTo, context, deps, stepUpOf(flow));

/** The loop guard counts every callback, whatever becomes of it. */
const counted = ({ request }: RequestContext, deps: Deps) =>
  countCallback(request.headers.get('cookie'), Math.floor(deps.now() / 1000), deps);
