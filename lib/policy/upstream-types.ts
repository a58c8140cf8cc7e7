import type { InvalidRule as Invalid, ValidPath } from './rule-types.ts';
import type { Upstream } from './upstream.ts';

// What an upstream must be to make sense, as far as a type can check: what is written down, not what is computed.

/** A table of upstreams, with an invalid type in the place of each part that makes no sense. */
export type ValidUpstreams<Table extends readonly Upstream[]> = {
  readonly [Place in keyof Table]: ValidUpstream<Table[Place]>;
};

type ValidUpstream<U> = {
  readonly [Part in keyof U]: Part extends 'path'
    ? ValidUpstreamPath<U[Part]>
    : Part extends 'to'
      ? ValidAddress<U[Part]>
      : Part extends 'requestHeaders'
        ? ValidNames<U[Part], NeverRequested>
        : Part extends 'responseHeaders'
          ? ValidNames<U[Part], NeverAnswered>
          : Part extends keyof Others
            ? Others<U[Part]>[Part]
            : Part extends 'token' | 'methods' | 'caching'
              ? unknown
              : Invalid<'there is no such part of an upstream'>;
};

interface Others<Value = unknown> {
  readonly timeout: ValidTimeout<Value>;
  readonly resource: ValidResource<Value>;
  readonly scope: ValidScope<Value>;
}

type ValidUpstreamPath<Path> = Path extends '/*'
  ? Invalid<'an upstream cannot take the whole site'>
  : Path extends `${string}:${string}`
    ? Invalid<'the path of an upstream has no parameters'>
    : `${Lowercase<Path & string>}/` extends `/auth/${string}` | `/_next/${string}`
      ? Invalid<'what is below /auth is the gate, and below /_next is Next'>
      : ValidPath<Path>;

type ValidAddress<To> = To extends string
  ? string extends To
    ? unknown
    : To extends `${string}${'?' | '#' | ' ' | '\\'}${string}`
      ? Invalid<'the address of an upstream has no query or fragment'>
      : Lowercase<To> extends `http${'' | 's'}://${infer Rest}`
        ? ValidAuthority<Rest extends `${infer Authority}/${string}` ? Authority : Rest>
        : Invalid<'the address of an upstream begins with https:// or, in a private network, http://'>
  : unknown;

type ValidAuthority<Authority> = Authority extends '' | `${string}@${string}`
  ? Invalid<'the address of an upstream has a host, and no user information'>
  : unknown;

type ValidTimeout<Seconds> = Seconds extends 300
  ? unknown
  : `${Seconds & number}` extends `-${string}` | `0${string}` | `${string}e${string}` | `${LargeHundred}${string}`
    ? Invalid<'timeout is a number of seconds, from 1 to 300'>
    : unknown;

type LargeHundred = `${'3' | '4' | '5' | '6' | '7' | '8' | '9'}${Digit}${Digit}` | `${Digit}${Digit}${Digit}${Digit}`;
type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

type ValidResource<Uri> = Uri extends string
  ? string extends Uri
    ? unknown
    : Uri extends `${string}${'#' | ' '}${string}`
      ? Invalid<'a resource is an absolute URI without a fragment (RFC 8707)'>
      : Uri extends `${infer Scheme}:${infer Rest}`
        ? '' extends Scheme | Rest
          ? Invalid<'a resource is an absolute URI without a fragment (RFC 8707)'>
          : unknown
        : Invalid<'a resource is an absolute URI without a fragment (RFC 8707)'>
  : unknown;

type ValidScope<Scope> = Scope extends '' | ` ${string}` | `${string} ` | `${string}${'  ' | '"' | '\\'}${string}`
  ? Invalid<'a scope is a list of names, each followed by one space but the last (RFC 6749)'>
  : unknown;

type ValidNames<Names, Never extends string> = {
  readonly [Place in keyof Names]: Names[Place] extends '' | `${string}${NoToken}${string}`
    ? Invalid<'this is no name of a header'>
    : Lowercase<Names[Place] & string> extends Never
      ? Invalid<'this header never passes the gate'>
      : unknown;
};

type NoToken = Characters<' \t\r\n"(),/:;<=>?@[\\]{}'>;
type Characters<Text extends string> = Text extends `${infer First}${infer Rest}` ? First | Characters<Rest> : never;

// `upstream-headers.ts` has these names and more as expressions.

type OfConnection =
  | `proxy-${string}`
  | `trailer${'' | 's'}`
  | 'connection'
  | 'content-encoding'
  | 'content-length'
  | 'keep-alive'
  | 'te'
  | 'transfer-encoding'
  | 'upgrade'
  | 'via';

type OfPlatform =
  | `next-${string}`
  | `x-${'action' | 'gatehouse' | 'invoke' | 'matched' | 'middleware' | 'nextjs' | 'now' | 'prerender' | 'vercel'}-${string}`
  | 'rsc';

type NeverRequested =
  | OfConnection
  | OfPlatform
  | `${'' | 'x-'}${'forwarded' | 'original' | 'rewrite'}-${string}`
  | `sec-${string}`
  | 'accept-encoding'
  | 'authorization'
  | 'cookie'
  | 'dpop'
  | 'expect'
  | 'forwarded'
  | 'host'
  | 'origin'
  | 'x-real-ip';

type NeverAnswered =
  | OfConnection
  | OfPlatform
  | `${'access-control' | 'clear-site' | 'content-security' | 'cross-origin' | 'permissions' | 'reporting' | 'sec' | 'service-worker' | 'set' | 'speculation' | 'strict-transport'}-${string}`
  | `${'' | `${string}-`}cache-${string}`
  | `${'' | 'x-'}sourcemap`
  | `alt-${string}`
  | `x-${'accel' | 'forwarded' | 'frame' | 'powered' | 'sendfile'}-${string}`
  | 'age'
  | 'authorization'
  | 'content-location'
  | 'cookie'
  | 'date'
  | 'dpop-nonce'
  | 'expires'
  | 'link'
  | 'location'
  | 'nel'
  | 'pragma'
  | 'referrer-policy'
  | 'refresh'
  | 'report-to'
  | 'server'
  | 'vary'
  | 'www-authenticate'
  | 'x-content-type-options'
  | 'x-request-id';
