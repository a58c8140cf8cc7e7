import type { Code, Note } from '../problems.ts';

/** What usually lies behind a problem: what the person can do about it, and what the operator of the site can. */
export interface Causes {
  readonly person: readonly string[];
  readonly operator: readonly string[];
}

/**
 * The codes that people meet most, with causes that lead to exactly this code. The environment is named by variable, never
 * by value: a page that any visitor may open says nothing about this deployment.
 */
export type ExplainedCode = 'LOGIN_REJECTED' | 'LOGIN_LOOP' | 'HOST_MISMATCH' | 'CODE_REJECTED' | 'CLIENT_REJECTED';

/** Why the browser goes on by itself. */
export type OnwardPhrase = 'signInFirst' | 'signInElsewhere' | 'signedOutHere' | 'signingOutThere';

type Phrase =
  | Note
  | OnwardPhrase
  | 'signIn'
  | 'signInAgain'
  | 'tryAgain'
  | 'startPage'
  | 'signOut'
  | 'useOther'
  | 'openAnyway'
  | 'usualCauses'
  | 'forPerson'
  | 'forOperator'
  | 'hostSeen'
  | 'hostExpected'
  | 'passOn'
  | 'reference'
  | 'supportReference'
  | 'code'
  | 'signOutTitle'
  /** With `{name}` where the name of the person stands. */
  | 'signedInAs'
  | 'signedIn'
  | 'endsSession'
  | 'staySignedIn'
  | 'otherTitle'
  | 'otherAsked'
  | 'signInOther'
  | 'oneMoment'
  | 'goOn';

/**
 * Everything that the gate says to people, in one language. A language of the site has all of it by its type; what it does
 * not have at run time is said in English.
 *
 * @example
 * // gatehouse.config.ts
 * import { de } from './texts/de';
 *
 * export default { rules, texts: { de } } satisfies GatehouseConfig;
 */
export interface Texts {
  /** By code; see docs/errors.md. */
  readonly problems: Readonly<Record<Code, readonly [title: string, sentence: string]>>;
  readonly causes: Readonly<Record<ExplainedCode, Causes>>;
  readonly phrases: Readonly<Record<Phrase, string>>;
}
