import type { Rule } from './rule.ts';

// What a rule must be to make sense, as far as a type can check: what is written down, not what is computed.

/** In the place of what makes no sense, so that the compiler's message says why. */
export interface InvalidRule<Why extends string> {
  readonly invalid: Why;
}

/** A table of rules, with `InvalidRule` in the place of each part that makes none. */
export type ValidRules<Table extends readonly Rule[]> = { readonly [Place in keyof Table]: ValidRule<Table[Place]> };

// A type parameter takes whatever else an object has, where `Rule` would refuse it; so misspelt names are refused here.
type ValidRule<R> = {
  readonly [Part in keyof R]: Part extends 'path'
    ? ValidPath<R[Part]>
    : Part extends 'allow'
      ? ValidAllow<R[Part]>
      : Known<Part, 'methods' | 'alwaysCheck' | 'cookies'>;
};

type ValidAllow<Allow> = Allow extends string
  ? unknown
  : {
      readonly [Name in keyof Allow]: Name extends 'claims'
        ? ValidClaims<Allow[Name]>
        : Name extends 'maxAge'
          ? ValidAge<Allow[Name]>
          : Name extends 'acr'
            ? ValidAcr<Allow[Name]>
            : Known<Name, 'roles' | 'permissions' | 'scopes'>;
    };

type Known<Name, Names> = Name extends Names ? unknown : InvalidRule<'there is no such part of a rule'>;

type ValidClaims<Tests> = keyof Tests extends never ? InvalidRule<'claims without a test require nothing'> : unknown;

type ValidAge<Age> = Age extends number
  ? `${Age}` extends `${string}${'-' | '.'}${string}`
    ? InvalidRule<'maxAge is a whole number of seconds'>
    : unknown
  : unknown;

type ValidAcr<Values> = {
  readonly [Place in keyof Values]: Values[Place] extends '' | `${string} ${string}`
    ? InvalidRule<'acr is a list of values without spaces'>
    : unknown;
};

/** Paths are compared decoded and resolved, so nothing that a decoded and resolved path cannot be would ever match. */
export type ValidPath<Path> = Path extends '/' | '/*'
  ? unknown
  : Path extends `${string}/`
    ? InvalidRule<'a path has no slash at its end: /* stands for it and everything below'>
    : Path extends `${string}${'?' | '#' | '%' | '\\' | '[' | ']'}${string}`
      ? InvalidRule<'a path is decoded and has no query: :name stands for one segment'>
      : Path extends `${infer Front}/*`
        ? ValidSegments<Front>
        : ValidSegments<Path>;

type ValidSegments<Path> = Path extends `/${infer Segment}/${infer Rest}`
  ? ValidSegment<Segment, ValidSegments<`/${Rest}`>>
  : Path extends `/${infer Segment}`
    ? ValidSegment<Segment, unknown>
    : unknown;

type ValidSegment<Segment extends string, Others> = Segment extends '' | '.' | '..'
  ? InvalidRule<'a path has no empty segment and no dot segment'>
  : Segment extends `${string}*${string}`
    ? InvalidRule<'* stands at the end of a path, as /*'>
    : Segment extends `:${infer Name}`
      ? ValidName<Name, Others>
      : Segment extends `${string}:${string}`
        ? InvalidRule<'a parameter is a whole segment, as /:name'>
        : Others;

type ValidName<Name extends string, Others> = Name extends ''
  ? InvalidRule<'a parameter has a name, as :name'>
  : OfLetters<Name> extends true
    ? Others
    : InvalidRule<'the name of a parameter is made of letters, digits and _'>;

type OfLetters<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? Lowercase<First> extends Letter
    ? OfLetters<Rest>
    : false
  : true;

type Letter = Characters<'abcdefghijklmnopqrstuvwxyz0123456789_'>;
type Characters<Text extends string> = Text extends `${infer First}${infer Rest}` ? First | Characters<Rest> : never;
