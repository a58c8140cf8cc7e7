import type { PublicSession } from '../types/session.ts';

export type Status = 'loading' | 'signed-in' | 'signed-out' | 'unavailable';

/** What is known of the session. While the server cannot be asked, the last session that it told of stays. */
export interface Known {
  readonly status: Status;
  readonly session: PublicSession | null;
}

/** What is known from an answer of the server, or from a value that it rendered; `undefined` is none. */
export const knownFrom = (
  session: PublicSession | null | undefined,
  status: Status = session ? 'signed-in' : session === null ? 'signed-out' : 'loading',
): Known => ({ status, session: session ?? null });
