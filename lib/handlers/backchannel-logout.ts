import type { Deps } from '../context.ts';
import { asGateError, ProviderError, StoreError } from '../errors.ts';
import { refused } from '../protocol/logout-token.ts';
import { retry } from '../store/retry.ts';
import { withDeadline } from '../timers.ts';
import { BACKCHANNEL_ANSWER_MS, BACKCHANNEL_FORM_MS, BEST_EFFORT_MS } from '../timing.ts';
import type { RequestContext } from '../types/request.ts';
import { formOf } from './form-body.ts';
import { limitRate } from './limit-rate.ts';
import { announceEnded } from './revoke-ended.ts';

/**
 * `POST /auth/backchannel-logout` (OpenID Connect Back-Channel Logout 1.0): the token proven, the sessions that it is about ended,
 * then the answer, and behind it the revocation. Neither cookies nor the origin say anything here: the token is the proof.
 *
 * A provider waits a few seconds and seldom asks twice, so the answer never waits for Redis or the provider longer than two;
 * what is under way then goes on behind a 503, and a repetition of the token finds what was done.
 *
 * @throws {RequestError} `LOGOUT_TOKEN_INVALID`, `RATE_LIMITED`
 */
export async function backchannelLogout(context: RequestContext, deps: Deps): Promise<Response> {
  const token = await tokenOf(context.request);
  const progress = { isProven: false };
  const revocations: Promise<unknown>[] = [];
  const work = endByToken(
    token,
    progress,
    { ...context, waitUntil: (one: Promise<unknown>) => void revocations.push(one) },
    deps,
  );
  // The revocations may begin when the answer has left, and then no other work would keep the isolate for them.
  context.waitUntil(
    work.then(
      () => Promise.all(revocations),
      () => {},
    ),
  );
  await withDeadline(work, BACKCHANNEL_ANSWER_MS - (deps.now() - context.startedAt), () => late(progress));
  return new Response(null); // §2.8: 200, and not cached
}

async function endByToken(
  token: string,
  progress: { isProven: boolean },
  context: RequestContext,
  deps: Deps,
): Promise<void> {
  const { provider, sessionIndex, settings } = deps;
  const logout = await provider.verifyLogout(token, context.waitUntil);
  progress.isProven = true;
  await limitRate('/auth/backchannel-logout', context, deps);
  const wholePerson = settings.provider.backchannelScope === 'sub';
  const ended = await retry(() => sessionIndex.endByProvider({ ...logout, wholePerson }), BEST_EFFORT_MS, deps.now);
  if (ended === undefined) throw new StoreError('the sessions were not ended');
  if (ended === 'mismatch') throw refused('sid and sub do not belong together');
  if (ended !== 'repeated') announceEnded(ended, 'backchannel_logout', context, deps);
}

function late({ isProven }: { readonly isProven: boolean }): never {
  const reason = 'no answer within two seconds';
  if (isProven) throw new StoreError(reason);
  throw new ProviderError('PROVIDER_UNAVAILABLE', { reason, retryAfterSeconds: 5 });
}

/** §2.5: of the form one parameter counts; others may be there. What is no such form is refused as any other wrong token is. */
async function tokenOf(request: Request): Promise<string> {
  const form = await formOf(request, BACKCHANNEL_FORM_MS).catch((thrown: unknown) => {
    const { details, code } = asGateError(thrown);
    throw refused(details.reason ?? code, thrown);
  });
  const [token, ...others] = form.getAll('logout_token');
  if (!token || others.length > 0) throw refused('no logout_token, or several');
  return token;
}
