import type { Code } from '../problems.ts';
import type { Way } from './problem.ts';

/** Pages of the site that take the place of the gate's own, as paths without base path and locale; rules have to open them. */
export interface OwnPages {
  /** For a session that does not meet a rule (403); without it `problem` is shown. */
  readonly forbidden?: string;
  /** For everything else that can go wrong, but for a faulty configuration and defects. */
  readonly problem?: string;
}

/** What such a page is told of. */
export interface ShownProblem {
  /** See docs/errors.md. */
  readonly code: Code;
  /** Of the answer. */
  readonly status: number;
  /** In the language of the request, as the gate's own page would say it. */
  readonly title: string;
  readonly detail: string;
  /** Reference of the request, as in the log and in `x-request-id`. */
  readonly ref: string;
  /** The provider's own reference. */
  readonly supportRef?: string;
  /** The way forward, and perhaps a second one; for `<a>`. An empty `href` is the address that failed: "try again". */
  readonly ways: readonly [Way, Way?];
  /** For `HOST_MISMATCH`. */
  readonly hosts?: { readonly seen: string; readonly expected: string };
  /** Where signing in starts, where that is the way forward. */
  readonly loginUrl?: string;
  /** Of the texts, as a BCP 47 tag. */
  readonly language: string;
}

/** The header of a request by which the page of the site is told. */
export const PROBLEM_HEADER = 'x-gatehouse-problem';
