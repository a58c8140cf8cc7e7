import { UPSTREAM_FIRST_BYTE_MS } from '../timing.ts';
import { isBelow } from './path.ts';
import type { ResolvedUpstream, Upstream, Upstreams } from './upstream.ts';
import type { ValidUpstreams } from './upstream-types.ts';

/**
 * A site's table of upstreams: APIs that the gate calls in the name of the person. The rules of the site apply first. An upstream
 * that makes no sense does not compile; at run time the gate checks the same, and the addresses (`upstreamFaults`).
 *
 * @example const upstreams = defineUpstreams([{ path: '/api/backend/*', to: env('BACKEND_API_URL'), token: 'user' }]);
 */
export const defineUpstreams = <const Table extends readonly Upstream[]>(
  upstreams: Table & ValidUpstreams<Table>,
): Upstreams => upstreams as unknown as Upstreams;

type Env = Readonly<Record<string, string | undefined>>;

/** Upstreams that are in order (`upstreamFaults`) with the values of the environment, in their order. */
export const resolveUpstreams = (upstreams: readonly Upstream[], env: Env): readonly ResolvedUpstream[] =>
  upstreams.map((upstream) => {
    const { path, to, token, methods, resource, scope, timeout, requestHeaders = [], responseHeaders = [] } = upstream;
    const isOpenEnded = path.endsWith('/*');
    // Without spaces, dot segments and default ports: what the address of a request is compared with.
    const { origin, pathname } = new URL(typeof to === 'string' ? to : (env[to.variable] ?? ''));
    return {
      prefix: isOpenEnded ? path.slice(0, -2) : path,
      isOpenEnded,
      base: (origin + pathname).replace(/\/+$/, ''),
      token,
      methods,
      resource,
      scope,
      timeoutMs: timeout === undefined ? UPSTREAM_FIRST_BYTE_MS : timeout * 1000,
      requestHeaders: requestHeaders.map((name) => name.toLowerCase()),
      responseHeaders: responseHeaders.map((name) => name.toLowerCase()),
      caching: upstream.caching ?? 'private, no-store',
    };
  });

/**
 * The first upstream that a path belongs to. `unreadable` when the path does so in one reading and not in another: it would
 * be the upstream's for the rules and the site's for Next, or the other way round.
 */
export function upstreamFor(
  upstreams: readonly ResolvedUpstream[],
  readings: readonly string[],
): ResolvedUpstream | 'unreadable' | undefined {
  const belongs =
    ({ prefix, isOpenEnded }: ResolvedUpstream) =>
    (path: string) =>
      isOpenEnded ? isBelow(path, prefix || '/') : path === prefix;
  const found = upstreams.find((upstream) => readings.some(belongs(upstream)));
  return found && !readings.every(belongs(found)) ? 'unreadable' : found;
}
