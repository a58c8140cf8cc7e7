import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import type { ResolvedUpstream } from '../policy/upstream.ts';
import type { RequestContext } from '../types/request.ts';
import type { Resolved } from './current-session.ts';

/**
 * Sends a request that the rules have let through to an upstream, with the access token of its person, and its answer back.
 */
export async function proxy(
  _upstream: ResolvedUpstream,
  _resolved: Resolved,
  _context: RequestContext,
  _deps: Deps,
): Promise<Response> {
  throw new RequestError('NOT_FOUND');
}
