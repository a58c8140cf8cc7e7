'use client';

import { useState, useSyncExternalStore } from 'react';
import type { PublicSession } from '../types/session.ts';
import { store } from './browser.ts';
import { type Known, knownFrom } from './known.ts';
import { useSecondsLeft } from './use-seconds-left.ts';

/** What a component knows of the session, and can do about it. */
export interface SessionState extends Known {
  /**
   * Until the session ends unless it is used; null without a session, and in what the server renders. A component that reads it
   * renders once a second.
   */
  readonly secondsLeft: number | null;
  /** Renews tokens that are due, and asks the server. */
  readonly refresh: () => Promise<unknown>;
  /** Moves the idle end as far as it goes. `expiresAt` stays. */
  readonly staySignedIn: () => Promise<unknown>;
  /** Signs out here and at the provider, to whom the browser then goes. */
  readonly signOut: () => Promise<unknown>;
}

/**
 * The session, in a client component. All components of a document share what is known, so they cost one request together; with
 * a value from the server they cost none.
 *
 * @param initial of `getSession()`, where a server component has asked for it; null says that there is no session
 * @example
 * const { status, session } = useSession();
 * if (status === 'signed-out') return <SignIn returnTo="/dashboard" />;
 */
export function useSession(initial?: PublicSession | null): SessionState {
  const [own] = useState(() => ({
    first: knownFrom(initial),
    isShown: false,
    subscribe: (changed: () => void) => store.subscribe(changed, initial),
  }));
  const known = useSyncExternalStore(
    own.subscribe,
    () => store.known() ?? own.first,
    () => own.first,
  );
  const secondsLeft = useSecondsLeft(Infinity, () => own.isShown);
  return {
    ...known,
    get secondsLeft() {
      own.isShown = true;
      return secondsLeft;
    },
    ...store.actions,
  };
}
