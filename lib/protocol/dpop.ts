import { createBoundedMap } from '../bounded-map.ts';
import type { PrivateJwk, TokenType } from '../types/record.ts';

const MAX_ORIGINS = 100;

/** Nonces that servers want in DPoP proofs (RFC 9449 §8, §9): the latest of each origin, shared by all sessions of an isolate. */
export interface DpopNonces {
  of(url: string): string | undefined;
  /** Keeps the nonce of a response, if it has one. */
  learn(url: string, headers: Headers): void;
}

export function createDpopNonces(): DpopNonces {
  const latest = createBoundedMap<string, string>(MAX_ORIGINS);
  return {
    of: (url) => latest.get(new URL(url).origin),
    learn(url, headers) {
      const nonce = headers.get('dpop-nonce');
      if (nonce) latest.set(new URL(url).origin, nonce);
    },
  };
}

/** An access token, and what it takes to present it. */
export interface PresentableToken {
  readonly accessToken: string;
  readonly tokenType: TokenType;
  /** The key that a DPoP token is bound to. */
  readonly key?: PrivateJwk | undefined;
}

interface Presented {
  readonly method: string;
  readonly url: string;
}

interface Deps {
  readonly dpopNonces: DpopNonces;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The headers that present an access token to a resource (RFC 6750 §2.1; with a proof, RFC 9449 §7.1). */
export async function tokenHeaders(
  { accessToken, tokenType }: PresentableToken,
  _request: Presented,
  _deps: Deps,
): Promise<Readonly<Record<string, string>>> {
  return { authorization: `${tokenType} ${accessToken}` };
}

/** Whether a resource refuses a proof for the want of a nonce alone (RFC 9449 §9): the token was not looked at. */
export const wantsNonce = ({ status, headers }: Response): boolean =>
  status === 401 && /^DPoP\b.*\berror="use_dpop_nonce"/i.test(headers.get('www-authenticate') ?? '');
