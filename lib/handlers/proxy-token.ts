import type { Deps } from '../context.ts';
import { RequestError, UpstreamError } from '../errors.ts';
import { targetOf } from '../policy/target.ts';
import type { ResolvedUpstream } from '../policy/upstream.ts';
import { type AccessToken, accessToken } from '../renewal/access-token.ts';
import type { RequestContext } from '../types/request.ts';
import { askToSignIn } from './ask-to-sign-in.ts';
import { adopt, forget, type Resolved, withhold } from './current-session.ts';

/** A session with the access token for an upstream, or with none where the upstream does without. */
export interface Held {
  readonly resolved: Resolved;
  readonly token: AccessToken | null;
}

/**
 * What a request shows the upstream, or the answer to a request that has to sign in for it.
 *
 * @param refused the access token that the upstream has refused
 * @throws {UpstreamError} `UPSTREAM_TOKEN_DENIED`
 * @throws {StoreError | ProviderError} 503
 */
export async function heldFor(
  upstream: ResolvedUpstream,
  resolved: Resolved,
  context: RequestContext,
  deps: Deps,
  refused?: string,
): Promise<Held | Response> {
  const { session } = resolved;
  const without = (left: Resolved) =>
    upstream.token === 'user' ? signIn(left, context, deps) : { resolved: left, token: null };
  if (upstream.token === 'none') return { resolved, token: null };
  if (session === null) return without(resolved);
  const access = await accessToken(session, { target: targetOf(upstream), refused }, context, deps);
  switch (access.kind) {
    case 'token': {
      const isNewer = access.session.generation !== session.generation;
      const left = isNewer ? await adopt(access.session, context, deps) : resolved;
      return left.session === null ? without(left) : { resolved: left, token: access.token };
    }
    case 'gone':
      return without(forget(context, deps));
    case 'withheld':
      return without(withhold(context, deps));
    case 'over':
      return without(resolved);
    case 'denied':
      throw new UpstreamError('UPSTREAM_TOKEN_DENIED', {
        reason: `resource or scope of the upstream: ${access.reason}`,
      });
  }
}

export const signIn = (resolved: Resolved, context: RequestContext, deps: Deps): Promise<Response> =>
  askToSignIn(context, resolved, {}, deps, new RequestError('UNAUTHENTICATED'));
