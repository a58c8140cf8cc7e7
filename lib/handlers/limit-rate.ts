import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { clientAddress } from '../policy/client-address.ts';
import { type LimitedRoute, perMinuteOf } from '../routes.ts';
import type { RequestContext } from '../types/request.ts';

type Needs = Pick<Deps, 'settings' | 'limiter' | 'log'>;

/** What the requests of one client are counted under. */
export const senderOf = ({ request }: RequestContext, { settings }: Pick<Deps, 'settings'>): string =>
  `address ${clientAddress(request.headers, settings.site)}`;

/**
 * Counts the request for its sender's address, or for what is given instead. When the limiter is down the request passes
 * (fail open): an outage of the limiter must not be an outage of the site.
 *
 * @throws {RequestError} `RATE_LIMITED`
 */
export async function limitRate(
  route: LimitedRoute,
  context: RequestContext,
  deps: Needs,
  caller = senderOf(context, deps),
): Promise<void> {
  const seconds = await deps.limiter.take({ route, perMinute: perMinuteOf(route) }, caller);
  if (seconds === null) deps.log({ event: 'rate_limiter_unavailable', ref: context.ref, route });
  else if (seconds > 0) throw new RequestError('RATE_LIMITED', { reason: route, retryAfterSeconds: seconds });
}
