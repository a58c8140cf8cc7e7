import { isLoopback } from '../loopback.ts';
import { isObject, type Members } from '../objects.ts';
import { hasOnly, isListOf, isPattern, METHODS } from './check-rules.ts';
import { isBelow } from './path.ts';
import { MAX_TARGETS, targetFault, targetKey, targetOf } from './target.ts';
import { NEVER_RETURNED, NEVER_SENT } from './upstream-headers.ts';

// What the types of upstreams say (`upstream-types.ts`), checked at run time, with the addresses that the environment has.

const PARTS = [
  'path',
  'to',
  'methods',
  'timeout',
  'requestHeaders',
  'responseHeaders',
  'caching',
  'token',
  'resource',
  'scope',
];

/** RFC 9110 §5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/**
 * Hosts of a private network: a name of one label, as containers have, a name of a zone that is not in the public DNS
 * (RFC 6762, RFC 8375, `.internal`, the services of Kubernetes), and addresses of RFC 1918 and RFC 4193.
 */
const PRIVATE =
  /^([^.[\]]+|.+\.(internal|local|localhost|svc|home\.arpa)|(10|172\.(1[6-9]|2\d|3[01])|192\.168)(\.\d+){2,3}|\[f[cd][\da-f]{2}:.*\])$/;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What is wrong with a table of upstreams, by the place of the upstream, or by the variable that has its address; empty when it
 * is in order. Texts name members and never hold a value.
 *
 * @param env without it variables are not looked at
 * @example upstreamFaults([{ path: '/api/*', to: env('API_URL'), token: 'user' }], {}) // { API_URL: 'is required' }
 */
export function upstreamFaults(upstreams: unknown, env?: Env): Readonly<Record<string, string>> {
  if (!Array.isArray(upstreams)) return { upstreams: 'must be a list, as defineUpstreams makes it' };
  const faults = upstreams.flatMap((upstream: unknown, place) => {
    const earlier = upstreams.slice(0, place);
    const own = upstream as Members;
    const fault = upstreamFault(upstream) ?? hiddenFault(own, earlier) ?? crowdFault(own, earlier);
    if (fault !== undefined) return [[`upstreams[${place}]`, fault]];
    const { variable } = (upstream as { readonly to: { readonly variable?: string } }).to;
    const wrong = variable === undefined || !env ? undefined : addressFault(env[variable]?.trim() ?? '');
    return wrong === undefined ? [] : [[variable, wrong]];
  });
  return Object.fromEntries(faults);
}

function upstreamFault(upstream: unknown): string | undefined {
  if (!isObject(upstream)) return 'must be an object';
  if (!hasOnly(upstream, PARTS)) return 'has an unknown member';
  const { path, to, token, methods, timeout = 1, caching = 'upstream' } = upstream;
  if (typeof path !== 'string' || !isPattern(path) || /:|^\/\*$/.test(path))
    return 'path must be a path without parameters, or one with /* at its end';
  if (/^\/(auth|_next)(\/|$)/i.test(path)) return 'path must not lie below /auth or /_next';
  if (typeof to === 'string') {
    const fault = addressFault(to.trim());
    if (fault !== undefined) return `to ${fault}`;
  } else if (!isObject(to) || typeof to.variable !== 'string' || !/^\w+$/.test(to.variable))
    return "to must be a URL, or env('NAME')";
  if (methods !== undefined && !isListOf(methods, (one) => METHODS.includes(String(one))))
    return 'methods must be a list of methods';
  if (!(Number(timeout) >= 1 && Number(timeout) <= 300 && typeof timeout === 'number'))
    return 'timeout must be a number of seconds, from 1 to 300';
  if (caching !== 'upstream') return "caching must be 'upstream'";
  return namesFault(upstream) ?? tokenFault(token, upstream);
}

function namesFault({ requestHeaders = [], responseHeaders = [] }: Members): string | undefined {
  for (const [member, names, never] of [
    ['requestHeaders', requestHeaders, NEVER_SENT],
    ['responseHeaders', responseHeaders, NEVER_RETURNED],
  ] as const) {
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && TOKEN.test(name)))
      return `${member} must be a list of names of headers`;
    if (names.some((name) => never.test(name.toLowerCase())))
      return `${member} has a header that never passes the gate`;
  }
  return undefined;
}

function tokenFault(token: unknown, { resource, scope }: Members): string | undefined {
  if (token !== 'user' && token !== 'optional' && token !== 'none') return 'token must be user, optional or none';
  if (token === 'none') return (resource ?? scope) === undefined ? undefined : 'resource and scope need a token';
  return targetFault({ resource, scope });
}

function crowdFault(upstream: Members, earlier: readonly unknown[]): string | undefined {
  const keyOf = (entry: unknown) => {
    const target = isObject(entry) ? targetOf(entry) : undefined;
    return target && targetKey(target);
  };
  const own = keyOf(upstream);
  const taken = new Set(earlier.map(keyOf).filter(Boolean));
  return own === undefined || taken.has(own) || taken.size < MAX_TARGETS
    ? undefined
    : 'has a ninth pair of resource and scope: a session keeps 8 tokens';
}

/** The first upstream that fits takes the request, so one that lies within an earlier one is never reached. */
function hiddenFault({ path }: Members, earlier: readonly unknown[]): string | undefined {
  const own = String(path).replace(/\/\*$/, '');
  const isOpenEnded = own !== path;
  const at = earlier.findIndex((other) => {
    const taken = isObject(other) ? String(other.path) : '';
    const prefix = taken.replace(/\/\*$/, '');
    return taken === prefix ? !isOpenEnded && own === prefix : isBelow(own, prefix);
  });
  return at < 0 ? undefined : `is never reached, because upstreams[${at}] comes first`;
}

function addressFault(text: string): string | undefined {
  if (text === '') return 'is required';
  if (!URL.canParse(text)) return 'is not an absolute URL';
  const url = new URL(text);
  // Access tokens do not travel through the internet in the clear.
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (isLoopback(url) || PRIVATE.test(url.hostname))))
    return 'must be https, or http to a host of a private network';
  if (url.username || url.password || /[?#\\]/.test(text))
    return 'must not have user information, a query or a fragment';
  return undefined;
}
