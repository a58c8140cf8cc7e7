import type { PresentableToken } from '../protocol/dpop.ts';
import { RENEWAL_GAP_SECONDS } from '../timing.ts';
import type { SessionRecord, Target } from '../types/record.ts';
import { furtherTarget, furtherToken } from './further-tokens.ts';

/** What a call of an API needs of an access token. */
export interface TokenDemand {
  /** Another token than that of the sign-in. */
  readonly target?: Target | undefined;
  /**
   * How long it should be good for, at least: one with less is renewed first. Where the provider gives shorter-lived ones, or a
   * renewal is not possible now, a token that lives is given all the same.
   */
  readonly minTtlSeconds?: number | undefined;
  /**
   * An access token that the API has refused: another one is needed. The same one comes back when there is none, and when it is
   * younger than ten seconds: another one would be refused too.
   */
  readonly refused?: string | undefined;
  /**
   * What this isolate read of the session before, in ms since the epoch, does not count. For callers that have not asked whether
   * the session lives.
   */
  readonly since?: number | undefined;
  /** `false`: a token for a target that is due is left so, because nothing can go on behind the answer. */
  readonly renewsDue?: boolean | undefined;
}

export interface AccessToken extends PresentableToken {
  readonly scope: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The token that a record has for a demand, whatever it is worth. */
export function tokenOf(record: SessionRecord, { target }: TokenDemand): AccessToken | undefined {
  const wanted = furtherTarget(target, record);
  const found = wanted ? furtherToken(record, wanted) : record.tokens;
  if (!found) return undefined;
  const { accessToken, tokenType = 'Bearer', scope, issuedAt, expiresAt } = found;
  return { accessToken, tokenType, key: record.dpopKey, scope, issuedAt, expiresAt };
}

/** Whether it was obtained so lately that no other one is asked for: a provider counts requests. */
export const isYoung = ({ issuedAt }: { readonly issuedAt: number }, now: number): boolean =>
  now < issuedAt + RENEWAL_GAP_SECONDS;

/** Whether a token is what a demand asks for, or as near to it as it gets. @param now seconds since the epoch */
export const isGood = (
  token: AccessToken | undefined,
  { refused, minTtlSeconds = 0 }: TokenDemand,
  now: number,
): token is AccessToken =>
  token !== undefined &&
  (isYoung(token, now) || (token.accessToken !== refused && token.expiresAt - now >= Math.max(minTtlSeconds, 1)));
