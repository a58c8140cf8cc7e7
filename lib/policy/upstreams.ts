import { UPSTREAM_FIRST_BYTE_MS } from '../timing.ts';
import { isBelow } from './path.ts';
import type { ResolvedUpstream, Upstream, Upstreams } from './upstream.ts';

/**
 * A site's table of upstreams: APIs that the gate calls in the name of the person. The rules of the site apply first.
 *
 * @example const upstreams = defineUpstreams([{ path: '/api/backend/*', to: env('BACKEND_API_URL'), token: 'user' }]);
 */
export const defineUpstreams = <const Table extends readonly Upstream[]>(upstreams: Table): Upstreams =>
  upstreams as unknown as Upstreams;

type Env = Readonly<Record<string, string | undefined>>;

/** The upstreams with the values of the environment, in their order. */
export const resolveUpstreams = (upstreams: readonly Upstream[], env: Env): readonly ResolvedUpstream[] =>
  upstreams.map((upstream) => {
    const { path, to, token, methods, resource, scope, timeout, requestHeaders = [], responseHeaders = [] } = upstream;
    const isOpenEnded = path.endsWith('/*');
    const base = typeof to === 'string' ? to : (env[to.variable] ?? '');
    return {
      prefix: isOpenEnded ? path.slice(0, -2) : path,
      isOpenEnded,
      base: base.replace(/\/+$/, ''),
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

/** The first upstream that all readings of a path belong to. */
export const upstreamFor = (
  upstreams: readonly ResolvedUpstream[],
  readings: readonly string[],
): ResolvedUpstream | undefined =>
  upstreams.find(({ prefix, isOpenEnded }) =>
    readings.every((path) => (isOpenEnded ? isBelow(path, prefix || '/') : path === prefix)),
  );
