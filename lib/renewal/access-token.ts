import type { Deps } from '../context.ts';
import type { PresentableToken } from '../protocol/dpop.ts';
import type { SessionRecord, Target } from '../types/record.ts';
import type { RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';

/** What a call of an API needs of an access token. */
export interface TokenDemand {
  /** Another token than that of the sign-in. */
  readonly target?: Target | undefined;
  /** How long it has to be good for, at least. */
  readonly minTtlSeconds?: number;
  /** An access token that the API has refused: another one is needed. */
  readonly refused?: string | undefined;
}

export interface AccessToken extends PresentableToken {
  readonly scope: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * An access token of a session, or why there is none. `gone`: the session is over. `withheld`: as in `Tokens`. `over`: the
 * access token is over and cannot be renewed, so that only a new sign-in brings another. `denied`: the provider gives none for
 * this target. With a token comes the session, newer than it was if its tokens were renewed.
 */
export type Access =
  | { readonly kind: 'token'; readonly token: AccessToken; readonly session: Session }
  | { readonly kind: 'gone' | 'withheld' | 'over' }
  | { readonly kind: 'denied'; readonly reason: string };

/**
 * A valid access token of a session; one call to Redis, and none where this isolate has seen the token. A token that is over or
 * missing is asked of the provider, once for all requests of all isolates.
 *
 * @param session as {@link currentTokens} left it
 * @throws {StoreError | ProviderError} 503, when a token is needed and cannot be had now
 */
export async function accessToken(
  session: Session,
  _demand: TokenDemand,
  _context: Pick<RequestContext, 'ref' | 'startedAt' | 'waitUntil'>,
  deps: Deps,
): Promise<Access> {
  const record = await deps.records.peek(session);
  return record ? { kind: 'token', token: ofSignIn(record), session } : { kind: 'gone' };
}

const ofSignIn = ({ tokens, dpopKey }: SessionRecord): AccessToken => ({
  accessToken: tokens.accessToken,
  tokenType: tokens.tokenType ?? 'Bearer',
  key: dpopKey,
  scope: tokens.scope,
  issuedAt: tokens.issuedAt,
  expiresAt: tokens.expiresAt,
});
