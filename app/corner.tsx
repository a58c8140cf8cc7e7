'use client';

import type { Session } from 'next-gatehouse/client';
import { SessionCountdown, SignIn, SignOut, useSession } from 'next-gatehouse/client';

interface CornerProps {
  /** From a page that is rendered on request. A prerendered one leaves it out, and the browser asks. */
  readonly initial?: Session | null;
  /** Where a sign-in leads back to. */
  readonly returnTo: string;
}

/** Who is signed in, the way in or out, and a word before the session ends. The name has a place of its own, so nothing moves. */
export function Corner({ initial, returnTo }: CornerProps) {
  const { status, session } = useSession(initial);
  const user = session?.user;
  const shown = String(user?.name || user?.email || user?.sub || '');
  return (
    <>
      <span className="person" role="status">
        {status === 'signed-out' ? 'Signed out' : <bdi title={shown}>{shown}</bdi>}
      </span>
      {status === 'signed-out' ? (
        <SignIn className="button" returnTo={returnTo} />
      ) : (
        <SignOut className="button plain" />
      )}
      <SessionCountdown className="card countdown" />
    </>
  );
}
