import type { Method } from './rule.ts';

/** The shapes of upstreams: APIs that the gate calls as the person. */

/** A value that the environment has, by the name of its variable; see `env`. */
export interface FromEnvironment {
  readonly variable: string;
}

/**
 * A value of the configuration that is read from the environment at run time, because one build serves several environments.
 *
 * @param variable its name
 * @example { path: '/api/backend/*', to: env('BACKEND_API_URL'), token: 'user' }
 */
export const env = (variable: string): FromEnvironment => ({ variable });

export type Upstream = {
  /** A path of this site without parameters; `/*` at its end stands for the path before it and everything below. */
  readonly path: `/${string}`;
  /** The URL that takes the place of the path before `/*`: https, or http to a host of a private network. */
  readonly to: string | FromEnvironment;
  /** Without it all methods that the gate proxies. */
  readonly methods?: readonly [Method, ...Method[]];
  /** Seconds until the first byte of the answer, 1 to 300; 20 by default. */
  readonly timeout?: number;
  /** Names of request headers that go on beside those of the gate's own list. */
  readonly requestHeaders?: readonly string[];
  /** Names of response headers that go back beside those of the gate's own list. */
  readonly responseHeaders?: readonly string[];
  /** `upstream`: what the upstream says of caching goes back. By default its answers are `private, no-store`. */
  readonly caching?: 'upstream';
} & (
  | {
      /** `user`: the session's access token, always. `optional`: that, where there is a session. */
      readonly token: 'user' | 'optional';
      /** The audience of an access token for this upstream alone (RFC 8707). */
      readonly resource?: string;
      /** The scope of an access token for this upstream alone, space separated (RFC 6749 §6). */
      readonly scope?: string;
    }
  | { readonly token: 'none'; readonly resource?: never; readonly scope?: never }
);

/** Upstreams that make sense, as far as a type can check; `defineUpstreams` alone makes them, and the mark is in no value. */
export type Upstreams = readonly Upstream[] & { readonly '~checked': true };

/** An upstream with the values of the environment. */
export interface ResolvedUpstream {
  /** Without `/*`, and without a slash at its end; `''` for the whole site. */
  readonly prefix: string;
  /** Whether paths below the prefix belong to it. */
  readonly isOpenEnded: boolean;
  /** Origin and path of the upstream, without a slash at the end. */
  readonly base: string;
  readonly token: 'user' | 'optional' | 'none';
  readonly methods: readonly string[] | undefined;
  readonly resource: string | undefined;
  readonly scope: string | undefined;
  readonly timeoutMs: number;
  /** Lower-case names. */
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  readonly caching: 'private, no-store' | 'upstream';
}
