import type { Rule } from '../types';

// What a rule must be to make sense, as far as a type can tell: what is written down, not what is computed.

/** In the place of what makes no sense, so that the compiler's message says why. */
interface Nonsense<Why extends string> {
  readonly nonsense: Why;
}

/** A table of rules, with `Nonsense` in the place of each part that makes none. */
export type SoundRules<Table extends readonly Rule[]> = { readonly [Place in keyof Table]: SoundRule<Table[Place]> };

// A type parameter takes whatever else an object has, where `Rule` would refuse it; so misspelt names are refused here.
type SoundRule<R> = {
  readonly [Part in keyof R]: Part extends 'path'
    ? SoundPath<R[Part]>
    : Part extends 'allow'
      ? SoundAllow<R[Part]>
      : Known<Part, 'methods' | 'fresh' | 'cookies'>;
};

type SoundAllow<Allow> = Allow extends string
  ? unknown
  : {
      readonly [Name in keyof Allow]: Name extends 'claims'
        ? SoundClaims<Allow[Name]>
        : Name extends 'maxAge'
          ? SoundAge<Allow[Name]>
          : Name extends 'acr'
            ? SoundAcr<Allow[Name]>
            : Known<Name, 'roles' | 'permissions' | 'scopes'>;
    };

type Known<Name, Names> = Name extends Names ? unknown : Nonsense<'there is no such part of a rule'>;

type SoundClaims<Tests> = keyof Tests extends never ? Nonsense<'claims without a test demand nothing'> : unknown;

type SoundAge<Age> = Age extends number
  ? `${Age}` extends `${string}${'-' | '.'}${string}`
    ? Nonsense<'maxAge is a whole number of seconds'>
    : unknown
  : unknown;

type SoundAcr<Values> = {
  readonly [Place in keyof Values]: Values[Place] extends '' | `${string} ${string}`
    ? Nonsense<'acr is a list of values without spaces'>
    : unknown;
};

/** Paths are compared decoded and resolved, so nothing that a decoded and resolved path cannot be would ever match. */
type SoundPath<Path> = Path extends '/' | '/*'
  ? unknown
  : Path extends `${string}/`
    ? Nonsense<'a path has no slash at its end: /* stands for it and everything below'>
    : Path extends `${string}${'?' | '#' | '%' | '\\' | '[' | ']'}${string}`
      ? Nonsense<'a path is decoded and has no query: :name stands for one segment'>
      : Path extends `${infer Front}/*`
        ? SoundSegments<Front>
        : SoundSegments<Path>;

type SoundSegments<Path> = Path extends `/${infer Segment}/${infer Rest}`
  ? SoundSegment<Segment, SoundSegments<`/${Rest}`>>
  : Path extends `/${infer Segment}`
    ? SoundSegment<Segment, unknown>
    : unknown;

type SoundSegment<Segment extends string, Others> = Segment extends '' | '.' | '..'
  ? Nonsense<'a path has no empty segment and no dot segment'>
  : Segment extends `${string}*${string}`
    ? Nonsense<'* stands at the end of a path, as /*'>
    : Segment extends `:${infer Name}`
      ? SoundName<Name, Others>
      : Segment extends `${string}:${string}`
        ? Nonsense<'a parameter is a whole segment, as /:name'>
        : Others;

type SoundName<Name extends string, Others> = Name extends ''
  ? Nonsense<'a parameter has a name, as :name'>
  : OfLetters<Name> extends true
    ? Others
    : Nonsense<'the name of a parameter is made of letters, digits and _'>;

type OfLetters<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? Lowercase<First> extends Letter
    ? OfLetters<Rest>
    : false
  : true;

type Letter = Characters<'abcdefghijklmnopqrstuvwxyz0123456789_'>;
type Characters<Text extends string> = Text extends `${infer First}${infer Rest}` ? First | Characters<Rest> : never;
